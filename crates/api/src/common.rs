//! Types that several resources share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub struct Nothing {}

/// A sentence for people.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MessageReply {
    /// The sentence.
    pub message: String,
}

impl MessageReply {
    /// This sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// One key and value of metadata, as sent.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MetadataInput {
    /// At least one character.
    pub key: String,
    /// At least one character.
    pub value: String,
}

/// One key and value of metadata, as stored.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MetadataEntry {
    /// Id of the entry.
    pub id: String,
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// `asc` or `desc`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}
