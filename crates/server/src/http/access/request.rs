//! A request that is only asked about: an action on a subject, and what is said of the object.

use std::collections::BTreeMap;

use serde_json::Value;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{CounterExample, Decision, Fact, Field, Level, Need, Permissions, catalogue};

use crate::http::error::{ApiError, ApiResult};

/// How long a value may be, in bytes.
const LONGEST: usize = 4096;
/// How many tags or pairs an object may have.
const MOST_PARTS: usize = 100;

/// A request that somebody could make.
pub(super) struct Asked {
    need: Need,
    made: CounterExample,
}

impl Asked {
    /// Checks the words against those that the level has.
    pub(super) fn read(
        level: Level,
        subject: &str,
        action: &str,
        resource: Option<&BTreeMap<String, Value>>,
    ) -> ApiResult<Self> {
        let known = catalogue::subject_named(level, subject.trim()).ok_or_else(|| {
            let names: Vec<&str> = catalogue::subjects(level).iter().map(|subject| subject.name).collect();
            ApiError::invalid("subject", format!("Expected one of {}", names.join(", ")))
        })?;
        let action =
            known.actions.iter().copied().find(|known| *known == action.trim()).ok_or_else(|| {
                ApiError::invalid(
                    "action",
                    format!("Expected one of {} on {}", known.actions.join(", "), known.name),
                )
            })?;
        let given = resource.filter(|resource| !resource.is_empty());
        let mut facts = Vec::new();
        for (name, value) in given.into_iter().flatten() {
            facts.push(fact(known, name, value)?);
        }
        let is_known = |field: Field| facts.iter().any(|(known, _)| *known == field);
        let in_folder = known.fields.contains(&Field::SecretPath);
        for field in [Field::Environment, Field::SecretPath] {
            if in_folder && given.is_some() && !is_known(field) {
                let message =
                    format!("Every request on {} names it; leave all out to ask about any", known.name);
                return Err(ApiError::invalid(&format!("resource.{}", field.name()), message));
            }
        }
        let anywhere = given.is_none() && !known.fields.is_empty();
        let need = Need { level, subject: known.name, action };
        let made =
            CounterExample { level, subject: known.name, action, facts, unknown: Vec::new(), anywhere };
        Ok(Self { need, made })
    }

    /// What is decided for somebody who holds this.
    pub(super) fn decide(&self, held: &Permissions) -> Decision {
        self.made.with_object(|object| held.explain(self.need, object))
    }

    /// Only whether it is allowed, which is quicker.
    pub(super) fn is_allowed(&self, held: &Permissions) -> bool {
        self.made.with_object(|object| held.allows(self.need, object))
    }

    /// Such as `readValue on secrets where environment is 'prod'`.
    pub(super) fn in_words(&self) -> String {
        self.made.in_words()
    }

    /// What is asked for.
    pub(super) fn need(&self) -> Need {
        self.need
    }
}

fn fact(subject: &catalogue::Subject, name: &str, value: &Value) -> ApiResult<(Field, Fact)> {
    let field = Field::from_name(name).filter(|field| subject.fields.contains(field)).ok_or_else(|| {
        let known: Vec<&str> = subject.fields.iter().map(|field| field.name()).collect();
        let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        ApiError::invalid("resource", format!("Of {} there can be said: {known}", subject.name))
    })?;
    let place = format!("resource.{}", field.name());
    let wrong = |expected: &str| ApiError::invalid(&place, format!("Expected {expected}"));
    let text = |value: &Value| {
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= LONGEST);
        text.map(str::to_owned).ok_or_else(|| wrong(&format!("a text of 1 to {LONGEST} bytes")))
    };
    let list = |value: &Value, what: &str| {
        let list = value.as_array().filter(|list| list.len() <= MOST_PARTS);
        list.cloned().ok_or_else(|| wrong(&format!("a list of at most {MOST_PARTS} {what}")))
    };
    let fact = match field {
        Field::SecretTags => {
            Fact::List(list(value, "slugs of tags")?.iter().map(text).collect::<ApiResult<_>>()?)
        }
        Field::Metadata => {
            let pair = |pair: &Value| Ok((text(&pair["key"])?, text(&pair["value"])?));
            Fact::Pairs(list(value, "pairs of key and value")?.iter().map(pair).collect::<ApiResult<_>>()?)
        }
        // As the routes that are asked about read it.
        Field::SecretPath => {
            let path = SecretPath::parse(&text(value)?);
            Fact::Text(path.map_err(|error| ApiError::invalid(&place, error.to_string()))?.to_string())
        }
        _ => Fact::Text(text(value)?),
    };
    Ok((field, fact))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(subject: &str, action: &str, resource: Value) -> Result<String, String> {
        let resource: BTreeMap<String, Value> = serde_json::from_value(resource).unwrap();
        Asked::read(Level::Project, subject, action, Some(&resource))
            .map(|asked| asked.in_words())
            .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn a_request_is_read_as_routes_read_it() {
        let secret = json!({ "environment": "dev", "secretPath": "app/", "secretTags": ["a"] });
        assert_eq!(
            read("secrets", "readValue", secret).unwrap(),
            "readValue on secrets where environment is 'dev' and secretPath is '/app' and secretTags has 'a'"
        );
        assert_eq!(read("secrets", "readValue", json!({})).unwrap(), "readValue on secrets somewhere");
        assert_eq!(read("role", "read", json!({})).unwrap(), "read on role");
    }

    #[test]
    fn what_no_request_says_is_refused_with_its_place() {
        for (subject, action, resource, place) in [
            ("secret", "readValue", json!({}), "subject"),
            ("secrets", "look", json!({}), "action"),
            ("secrets", "readValue", json!({ "environment": "dev" }), "secretPath"),
            ("secrets", "readValue", json!({ "environment": 1, "secretPath": "/" }), "environment"),
            ("secrets", "readValue", json!({ "environment": "dev", "secretPath": "/a//b" }), "secretPath"),
            ("secrets", "readValue", json!({ "identityId": "x" }), "resource"),
            ("role", "read", json!({ "environment": "dev" }), "nothing"),
        ] {
            let refused = read(subject, action, resource).unwrap_err();
            assert!(refused.contains(place), "{refused}");
        }
    }
}
