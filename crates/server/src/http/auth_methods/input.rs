//! Input of routes whose fields are those of all methods and those of one.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::http::error::ApiResult;
use crate::http::input::{Fields, typed};

/// One object from which two types are read, each the fields that it knows: the types are for the reference, and [`part`]
/// reads them. A mistake is told with its field, as for any other input.
pub(super) struct Both<A, B>(Fields, PhantomData<fn() -> (A, B)>);

impl<A, B> Both<A, B> {
    /// All fields, for whoever reads the two types from them.
    pub(super) fn fields(self) -> Fields {
        self.0
    }
}

/// One of the types that are read from the same fields.
pub(super) fn part<T: DeserializeOwned>(fields: &Fields) -> ApiResult<T> {
    typed(fields.clone())
}

impl<'de, A, B> Deserialize<'de> for Both<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(|fields| Self(fields, PhantomData))
    }
}

impl<A: JsonSchema, B: JsonSchema> JsonSchema for Both<A, B> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}And{}", A::schema_name(), B::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let parts = [A::json_schema(generator), B::json_schema(generator)].map(Schema::to_value);
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            if let Some(Value::Object(fields)) = part.get("properties") {
                properties.extend(fields.clone());
            }
            if let Some(Value::Array(names)) = part.get("required") {
                required.extend(
                    names.iter().filter(|name| !required.contains(*name)).cloned().collect::<Vec<_>>(),
                );
            }
        }
        json_schema!({ "type": "object", "properties": properties, "required": required })
    }
}
