//! One permission rule, as it is stored and goes over the wire.

use serde::{Deserialize, Serialize};

use crate::{Conditions, TemplateUse};

/// Allows (or, inverted, forbids) actions on a subject, under conditions.
///
/// `action` may come in as a string or an array and always goes out as an array. `subject` may come in as an array, of
/// which the first entry counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Incoming")]
pub struct Rule {
    /// What is acted upon.
    pub subject: String,
    /// What is done to it.
    #[serde(rename = "action")]
    pub actions: Vec<String>,
    /// When the rule applies; none: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Forbids instead of allowing.
    pub inverted: bool,
}

impl Rule {
    /// A rule that allows without conditions.
    pub fn allow(subject: &str, actions: &[&str]) -> Self {
        Self {
            subject: subject.to_owned(),
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
            conditions: None,
            inverted: false,
        }
    }

    /// The same rule, forbidding.
    pub fn inverted(self) -> Self {
        Self { inverted: true, ..self }
    }

    /// The same rule, under conditions.
    pub fn when(self, conditions: Conditions) -> Self {
        Self { conditions: Some(conditions), ..self }
    }

    /// What the rule is filled in with.
    pub fn templates(&self) -> TemplateUse {
        self.conditions.as_ref().map_or(TemplateUse::default(), Conditions::templates)
    }

    /// The conditions, unless there is nothing in them.
    pub(crate) fn limits(&self) -> Option<&Conditions> {
        self.conditions.as_ref().filter(|conditions| !conditions.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
struct Incoming {
    subject: OneOrMany,
    action: OneOrMany,
    #[serde(default)]
    conditions: Option<Conditions>,
    #[serde(default)]
    inverted: Option<bool>,
}

impl From<Incoming> for Rule {
    fn from(incoming: Incoming) -> Self {
        Self {
            // Without a subject it is refused when the rules are compiled.
            subject: incoming.subject.into_vec().into_iter().next().unwrap_or_default(),
            actions: incoming.action.into_vec(),
            conditions: incoming.conditions,
            inverted: incoming.inverted.unwrap_or(false),
        }
    }
}
