//! Secrets on their way over the wire.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A text that is never shown in logs: it goes over the wire as it is, and `Debug` hides it.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Concealed(String);

impl Concealed {
    /// Conceals this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The text itself, owned.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[concealed]")
    }
}

impl JsonSchema for Concealed {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Concealed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_over_the_wire_and_not_into_logs() {
        let secret = Concealed::new("hunter2");
        assert_eq!(serde_json::to_value(&secret).ok(), Some("hunter2".into()));
        assert_eq!(format!("{secret:?}"), "[concealed]");
        assert_eq!(secret.reveal(), "hunter2");
    }
}
