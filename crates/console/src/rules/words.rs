//! Rules in words.

use serde_json::Value;
use vouchsafe_api::roles::PermissionRule;
use vouchsafe_policy::Conditions;

/// A rule, to be told: who holds it may do something, or may not.
pub(crate) struct RuleWords {
    /// Forbids instead of allowing.
    pub(crate) forbids: bool,
    pub(crate) actions: Vec<String>,
    pub(crate) subject: String,
    /// Each such as `environment is 'dev'`; all of them must hold.
    pub(crate) conditions: Vec<String>,
}

impl From<&PermissionRule> for RuleWords {
    fn from(rule: &PermissionRule) -> Self {
        Self {
            forbids: rule.inverted,
            actions: rule.action.clone(),
            subject: rule.subject.clone(),
            conditions: rule.conditions.as_ref().map(conditions).unwrap_or_default(),
        }
    }
}

/// Conditions that this version does not know are shown as they are.
fn conditions(given: &Value) -> Vec<String> {
    let read = given.as_object().map(Conditions::parse);
    match read {
        Some(Ok(conditions)) => conditions.iter().map(ToString::to_string).collect(),
        _ => vec![given.to_string()],
    }
}

/// Subjects that are named where rules are told in short.
const MOST_NAMED: usize = 6;

/// What rules are about, in short.
#[derive(Default)]
pub(crate) struct About {
    pub(crate) subjects: Vec<String>,
    /// Subjects that are not named.
    pub(crate) more: usize,
}

impl About {
    /// Of stored rules.
    pub(crate) fn of(rules: &[Value]) -> Self {
        let mut subjects: Vec<String> = Vec::new();
        for rule in in_words(rules) {
            if !subjects.contains(&rule.subject) {
                subjects.push(rule.subject);
            }
        }
        let more = subjects.len().saturating_sub(MOST_NAMED);
        subjects.truncate(MOST_NAMED);
        Self { subjects, more }
    }
}

/// Stored rules in words.
pub(crate) fn in_words(rules: &[Value]) -> Vec<RuleWords> {
    let read = rules.iter().filter_map(|rule| serde_json::from_value::<PermissionRule>(rule.clone()).ok());
    read.map(|rule| RuleWords::from(&rule)).collect()
}
