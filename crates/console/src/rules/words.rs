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

/// A sentence of the API about a rule with the number that lists show: the API counts the rules of a role from 0, people
/// count them from 1.
pub(crate) fn from_one(sentence: &str) -> String {
    let numbers = sentence.match_indices(RULE).filter_map(|(at, _)| {
        let start = at + RULE.len();
        let (digits, said) = sentence[start..].split_once(' ')?;
        let is_about_it = said.starts_with("allows ") || said.starts_with("forbids ");
        let number: usize = digits.parse().ok().filter(|_| is_about_it)?;
        Some((start, start + digits.len(), number.checked_add(1)?))
    });
    // Whatever is quoted in such a sentence stands before it says which rule it is.
    match numbers.last() {
        Some((start, end, number)) => format!("{}{number}{}", &sentence[..start], &sentence[end..]),
        None => sentence.to_owned(),
    }
}

/// What stands before the number of a rule in sentences of the API.
const RULE: &str = ", rule ";

/// The field of a form that the API names, for people: `permissions.0.action` is `rule 1, action`.
pub(crate) fn field_in_words(path: &str) -> String {
    let mut parts = path.split('.');
    let number =
        parts.next().filter(|first| *first == "permissions").and_then(|_| parts.next()?.parse().ok());
    let Some(number) = number.and_then(|number: usize| number.checked_add(1)) else { return path.to_owned() };
    let rest: Vec<&str> = parts.collect();
    let comma = if rest.is_empty() { "" } else { ", " };
    format!("rule {number}{comma}{}", rest.join("."))
}

/// Stored rules in words.
pub(crate) fn in_words(rules: &[Value]) -> Vec<RuleWords> {
    let read = rules.iter().filter_map(|rule| serde_json::from_value::<PermissionRule>(rule.clone()).ok());
    read.map(|rule| RuleWords::from(&rule)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_counted_as_lists_show_them() {
        for (said, told) in [
            (
                "role ops of group night, rule 0 forbids read on secrets (project)",
                "role ops of group night, rule 1 forbids read on secrets (project)",
            ),
            (
                "x, rule 3 allows it may read: privilege p, rule 9 allows it",
                "x, rule 3 allows it may read: privilege p, rule 10 allows it",
            ),
            ("x, rule 3 may not read: none of the 2 rules", "x, rule 3 may not read: none of the 2 rules"),
            ("role a, rule x allows it", "role a, rule x allows it"),
            ("role a, rule 18446744073709551615 ", "role a, rule 18446744073709551615 "),
            ("role a, rule 99999999999999999999 allows it", "role a, rule 99999999999999999999 allows it"),
        ] {
            assert_eq!(from_one(said), told);
        }
    }

    #[test]
    fn fields_of_rules_are_named_with_the_number_of_the_rule() {
        for (path, told) in [
            ("permissions.0.action", "rule 1, action"),
            ("permissions.9.conditions.secretPath.$eq", "rule 10, conditions.secretPath.$eq"),
            ("permissions.2", "rule 3"),
            ("permissions", "permissions"),
            ("permissions.x.action", "permissions.x.action"),
            ("permissions.18446744073709551615", "permissions.18446744073709551615"),
            ("name.0", "name.0"),
        ] {
            assert_eq!(field_in_words(path), told);
        }
    }
}
