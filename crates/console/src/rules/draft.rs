//! Rules while they are put together in a form. The form holds all of them; nothing is kept on the server.

use serde_json::{Map, Value, json};
use vouchsafe_policy::{ElemMatch, Field};

use super::check::Problems;
use crate::form::Form;

/// Rules that a form may hold. The API refuses fewer already.
const MOST_RULES: usize = 600;
/// Conditions that a rule may have in a form: more than its fields have operators.
const MOST_CONDITIONS: usize = 50;
/// Actions that a rule may have in a form. The API refuses fewer already.
const MOST_ACTIONS: usize = 100;

/// Rules as a form shows them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Draft {
    pub(crate) rules: Vec<DraftRule>,
}

/// A rule, perhaps not complete.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DraftRule {
    pub(crate) subject: String,
    pub(crate) actions: Vec<String>,
    pub(crate) forbids: bool,
    pub(crate) conditions: Vec<DraftCondition>,
}

/// One test on one field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DraftCondition {
    /// The field; of pairs with the part that is tested, such as `metadata.key`.
    pub(crate) field: String,
    /// Such as `$in`.
    pub(crate) operator: String,
    /// The value; of `$in` one on each line.
    pub(crate) value: String,
    /// Written as a plain text instead of `{"$eq": …}`; it stays so.
    pub(crate) is_plain: bool,
}

/// The names that a field has in forms: one for each part of its pairs, or its own.
pub(super) fn places(field: Field) -> Vec<String> {
    if field.operators() == ["$elemMatch"] {
        ElemMatch::PARTS.iter().map(|part| format!("{}.{part}", field.name())).collect()
    } else {
        vec![field.name().to_owned()]
    }
}

/// The operators that a place takes.
pub(super) fn operators(place: &str) -> &'static [&'static str] {
    match place.split_once('.') {
        Some(_) => ElemMatch::operators(),
        None => Field::from_name(place).map_or(&[], Field::operators),
    }
}

impl DraftCondition {
    /// A new one on a place, with the first operator that it takes.
    pub(crate) fn on(place: &str) -> Self {
        let operator = operators(place).first().copied().unwrap_or("$eq").to_owned();
        Self { field: place.to_owned(), operator, ..Self::default() }
    }

    /// Where problems with it are, below the conditions of its rule.
    pub(super) fn path(&self) -> String {
        let place = match self.field.split_once('.') {
            Some((field, part)) => format!("{field}.$elemMatch.{part}"),
            None => self.field.clone(),
        };
        if self.is_plain && self.operator == "$eq" { place } else { format!("{place}.{}", self.operator) }
    }

    fn json(&self) -> Value {
        if self.operator == "$in" {
            let values = self.value.lines().map(str::trim).filter(|value| !value.is_empty());
            return values.collect();
        }
        json!(self.value)
    }
}

impl Draft {
    /// Reads the fields `permissions.0.subject` and so on.
    pub(crate) fn read(form: &Form) -> Self {
        let mut draft = Self::default();
        for (name, value) in form.iter() {
            if let Some(path) = name.strip_prefix("permissions.") {
                let path: Vec<&str> = path.split('.').collect();
                draft.take(&path, value);
            }
        }
        draft
    }

    fn take(&mut self, path: &[&str], value: &str) -> Option<()> {
        let (at, path) = path.split_first()?;
        let rule = entry(&mut self.rules, at, MOST_RULES)?;
        match path {
            ["subject"] => value.clone_into(&mut rule.subject),
            ["action"] if rule.actions.len() < MOST_ACTIONS => rule.actions.push(value.to_owned()),
            ["inverted"] => rule.forbids = true,
            ["conditions", at, part] => {
                let condition = entry(&mut rule.conditions, at, MOST_CONDITIONS)?;
                match *part {
                    "field" => value.clone_into(&mut condition.field),
                    "operator" => value.clone_into(&mut condition.operator),
                    "value" => value.trim().clone_into(&mut condition.value),
                    "plain" => condition.is_plain = true,
                    _ => {}
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Stored rules as a form shows them; `None` if the form cannot show all that they say.
    pub(crate) fn of(rules: &[Value]) -> Option<Self> {
        let draft = Self { rules: rules.iter().map(DraftRule::of).collect::<Option<_>>()? };
        let shown = draft.to_json().ok()?;
        let told: Vec<Value> = rules.iter().cloned().map(without_empty_conditions).collect();
        (shown == told).then_some(draft)
    }

    /// As JSON, whether they are complete or not. What cannot be written is told with its place.
    pub(crate) fn to_json(&self) -> Result<Vec<Value>, Problems> {
        let mut problems = Problems::new();
        let one = |(at, rule): (usize, &DraftRule)| rule.json(&format!("permissions.{at}"), &mut problems);
        let rules = self.rules.iter().enumerate().map(one).collect();
        if problems.is_empty() { Ok(rules) } else { Err(problems) }
    }
}

/// The entry with this number, made if it is missing.
fn entry<'e, T: Clone + Default>(entries: &'e mut Vec<T>, at: &str, most: usize) -> Option<&'e mut T> {
    let at: usize = at.parse().ok().filter(|at| *at < most)?;
    if entries.len() <= at {
        entries.resize(at + 1, T::default());
    }
    entries.get_mut(at)
}

fn without_empty_conditions(mut rule: Value) -> Value {
    if let Some(rule) = rule.as_object_mut()
        && rule.get("conditions").is_some_and(|conditions| conditions.as_object().is_some_and(Map::is_empty))
    {
        rule.remove("conditions");
    }
    rule
}

impl DraftRule {
    fn of(rule: &Value) -> Option<Self> {
        let mut conditions = Vec::new();
        for (field, tests) in rule["conditions"].as_object().into_iter().flatten() {
            match tests.get("$elemMatch").and_then(Value::as_object) {
                None => read_tests(field, tests, &mut conditions)?,
                Some(pair) => {
                    for (part, tests) in pair {
                        read_tests(&format!("{field}.{part}"), tests, &mut conditions)?;
                    }
                }
            }
        }
        let actions = rule["action"].as_array()?.iter().map(|action| action.as_str().map(str::to_owned));
        Some(Self {
            subject: rule["subject"].as_str()?.to_owned(),
            actions: actions.collect::<Option<_>>()?,
            forbids: rule["inverted"] == true,
            conditions,
        })
    }

    /// Whether no other condition tests the same.
    fn is_alone(&self, condition: &DraftCondition) -> bool {
        self.conditions.iter().filter(|other| other.field == condition.field).count() == 1
    }

    fn json(&self, path: &str, problems: &mut Problems) -> Value {
        let mut conditions = Map::new();
        for condition in &self.conditions {
            let value = condition.json();
            let below = |message: &str| {
                (format!("{path}.conditions.{}", condition.path()), format!("{}: {message}", condition.field))
            };
            if value.as_str().is_some_and(|value| value.contains('\n')) {
                problems.push(below("Expected one value; “is one of” takes several, one on each line"));
            }
            let tests = match condition.field.split_once('.') {
                None => conditions.entry(condition.field.clone()),
                Some((field, part)) => {
                    let pair = conditions.entry(field).or_insert_with(|| json!({ "$elemMatch": {} }));
                    let Some(pair) = pair["$elemMatch"].as_object_mut() else { continue };
                    pair.entry(part)
                }
            };
            if condition.is_plain && condition.operator == "$eq" && self.is_alone(condition) {
                tests.or_insert(value);
            } else if let Some(tests) = tests.or_insert_with(|| json!({})).as_object_mut()
                && tests.insert(condition.operator.clone(), value).is_some()
            {
                problems.push(below("The same is asked twice; “is one of” takes several values"));
            }
        }
        let mut rule = json!({ "subject": self.subject, "action": self.actions, "inverted": self.forbids });
        if !conditions.is_empty() {
            rule["conditions"] = Value::Object(conditions);
        }
        rule
    }
}

/// A text of a condition, if the field of a form can hold it: white space at its ends could not be seen.
fn shown(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.trim() == *text && !text.contains('\r')).map(str::to_owned)
}

fn read_tests(place: &str, tests: &Value, conditions: &mut Vec<DraftCondition>) -> Option<()> {
    let mut push = |operator: &str, value: String, is_plain| {
        let (field, operator) = (place.to_owned(), operator.to_owned());
        conditions.push(DraftCondition { field, operator, value, is_plain });
    };
    if tests.is_string() {
        push("$eq", shown(tests)?, true);
        return Some(());
    }
    for (operator, value) in tests.as_object()? {
        let value = match value {
            Value::Array(values) => values.iter().map(shown).collect::<Option<Vec<_>>>()?.join("\n"),
            one => shown(one)?,
        };
        push(operator, value, false);
    }
    Some(())
}

/// A form knows no order of actions: a rule that says the same as one of `old` is written as that one is.
pub(crate) fn keep_order(old: &[Value], new: &mut [Value]) {
    let sorted = |rule: &Value| {
        let mut rule = rule.clone();
        if let Some(actions) = rule["action"].as_array_mut() {
            actions.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            actions.dedup();
        }
        rule
    };
    let told: Vec<(Value, &Value)> = old.iter().map(|rule| (sorted(rule), rule)).collect();
    for rule in new {
        let same = sorted(rule);
        if let Some((_, old)) = told.iter().find(|(told, _)| *told == same) {
            rule.clone_from(old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_operator() -> Vec<Value> {
        vec![
            json!({ "subject": "secrets", "action": ["readValue"], "inverted": true, "conditions": {
                "environment": { "$eq": "dev", "$ne": "prod" }, "secretPath": { "$glob": "/a/**" },
                "secretName": { "$in": ["A", "B C"] }, "secretTags": { "$in": ["x"] } } }),
            json!({ "subject": "dynamic-secrets", "action": ["lease"], "inverted": false, "conditions": {
                "environment": "dev",
                "metadata": { "$elemMatch": { "key": "team", "value": { "$ne": "x", "$in": ["y", "z"] } } } } }),
            json!({ "subject": "role", "action": ["read", "edit"], "inverted": false }),
        ]
    }

    /// The fields that a browser would send of a form that shows this.
    fn sent(draft: &Draft) -> Form {
        let mut form = Form::default();
        for (at, rule) in draft.rules.iter().enumerate() {
            form = form.with(&format!("permissions.{at}.subject"), rule.subject.as_str());
            for action in &rule.actions {
                form = form.with(&format!("permissions.{at}.action"), action.as_str());
            }
            if rule.forbids {
                form = form.with(&format!("permissions.{at}.inverted"), "true");
            }
            for (row, condition) in rule.conditions.iter().enumerate() {
                let path = format!("permissions.{at}.conditions.{row}");
                form = form.with(&format!("{path}.field"), condition.field.as_str());
                form = form.with(&format!("{path}.operator"), condition.operator.as_str());
                form = form.with(&format!("{path}.value"), condition.value.as_str());
                if condition.is_plain {
                    form = form.with(&format!("{path}.plain"), "true");
                }
            }
        }
        form
    }

    #[test]
    fn what_a_form_shows_comes_back_as_it_was() {
        let draft = Draft::of(&every_operator()).unwrap();
        assert_eq!(draft.rules[0].conditions.len(), 5);
        let read = Draft::read(&sent(&draft));
        assert_eq!(read, draft);
        assert_eq!(read.to_json().unwrap(), every_operator());
    }

    #[test]
    fn what_a_form_cannot_hold_is_not_shown_in_one() {
        for value in [json!("a\nb"), json!(" a"), json!({ "$in": ["a\nb"] }), json!({ "$in": ["a "] })] {
            let rule = json!({ "subject": "secrets", "action": ["edit"], "inverted": false,
                "conditions": { "environment": value } });
            assert_eq!(Draft::of(&[rule]), None);
        }
        let empty = json!({ "subject": "secrets", "action": ["edit"], "inverted": false, "conditions": {} });
        assert!(Draft::of(&[empty]).unwrap().rules[0].conditions.is_empty());
    }

    #[test]
    fn what_cannot_be_written_says_where_it_is() {
        let on = |operator: &str, value: &str| DraftCondition {
            operator: operator.to_owned(),
            value: value.to_owned(),
            ..DraftCondition::on("environment")
        };
        let with = |conditions: Vec<DraftCondition>| {
            let rule = DraftRule { subject: "secrets".to_owned(), conditions, ..DraftRule::default() };
            Draft { rules: vec![rule] }.to_json().map_err(|problems| problems[0].0.clone())
        };
        let at = Err("permissions.0.conditions.environment.$eq".to_owned());
        assert_eq!(with(vec![on("$eq", "a"), on("$eq", "b")]), at);
        assert_eq!(with(vec![on("$eq", "a\nb")]), at);
        // Beside another test, a plain text becomes an object.
        let plain = DraftCondition { is_plain: true, ..on("$eq", "a") };
        let both = with(vec![plain, on("$ne", "b")]).unwrap();
        assert_eq!(both[0]["conditions"], json!({ "environment": { "$eq": "a", "$ne": "b" } }));
    }

    #[test]
    fn the_order_of_actions_is_no_change() {
        let old = every_operator();
        let mut new = old.clone();
        new[2]["action"] = json!(["edit", "read"]);
        keep_order(&old, &mut new);
        assert_eq!(new, old);
    }
}
