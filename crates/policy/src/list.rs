//! Lists of rules from outside: checked to the last value, with the place of what is wrong.

use serde_json::{Map, Value};

use crate::catalogue::{self, Subject};
use crate::error::{Located, RuleListError};
use crate::{Condition, Conditions, Level, Rule};

/// How many rules one list may have.
const MAX_RULES: usize = 500;
/// How many actions one rule may name.
const MAX_ACTIONS: usize = 64;
/// How much memory the patterns of a list may take, in bytes. Those that people write take some kB each.
const MAX_PATTERNS: usize = 32 * 1024 * 1024;
/// How long a list may be, written as JSON, in bytes.
const MAX_LENGTH: usize = 512 * 1024;

/// The rules of one role or privilege. If a value exists, every rule in it can be compiled at its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleList {
    level: Level,
    rules: Vec<Rule>,
}

impl RuleList {
    /// Reads and checks a list. At most 500 rules and 512 kB of JSON, values and patterns of at most 1 kB that take at most
    /// 32 MB of memory together, `$in` of at most 1,000 values. What is nested deeper than conditions are is refused like any other wrong type.
    pub fn parse(level: Level, list: &Value) -> Result<Self, RuleListError> {
        let items = list.as_array().ok_or_else(|| error("", "The permissions must be a list of rules"))?;
        if items.len() > MAX_RULES {
            return Err(error("", format!("The permissions list more than {MAX_RULES} rules")));
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(items.len());
        let mut patterns = 0;
        for (at, item) in items.iter().enumerate() {
            let rule = rule(level, item)
                .map_err(|error| RuleListError { path: format!("[{at}]{}", error.path), ..error })?;
            patterns += rule.conditions.as_ref().map_or(0, Conditions::size);
            if patterns > MAX_PATTERNS {
                let message = "The patterns up to here are too complex together; use fewer or simpler ones";
                return Err(error(&format!("[{at}].conditions"), message));
            }
            rules.push(rule);
        }
        if list.to_string().len() > MAX_LENGTH {
            return Err(error("", format!("The permissions are longer than {} kB", MAX_LENGTH / 1024)));
        }
        Ok(Self { level, rules })
    }

    /// The level that the rules were checked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules, in order.
    pub fn into_rules(self) -> Vec<Rule> {
        self.rules
    }

    /// As it is stored and answered: `action` is always a list, `inverted` always there, conditions as they came.
    pub fn to_json(&self) -> Value {
        self.rules.iter().filter_map(|rule| serde_json::to_value(rule).ok()).collect()
    }
}

fn error(path: &str, message: impl Into<String>) -> RuleListError {
    RuleListError { path: path.to_owned(), message: message.into(), legacy_read: false }
}

fn rule(level: Level, item: &Value) -> Result<Rule, RuleListError> {
    let map = item.as_object().ok_or_else(|| error("", "A rule must be an object"))?;
    let subject = subject(level, map)?;
    let actions = actions(subject, map)?;
    let inverted = match map.get("inverted") {
        None | Some(Value::Null) => false,
        // Without conditions, the contract drops it.
        Some(Value::Bool(inverted)) => *inverted && !subject.fields.is_empty(),
        Some(_) => return Err(error(".inverted", "It must be true or false")),
    };
    let conditions = conditions(subject, map)?;
    Ok(Rule { subject: subject.name.to_owned(), actions, conditions, inverted })
}

fn subject(level: Level, map: &Map<String, Value>) -> Result<&'static Subject, RuleListError> {
    let (path, named) = match map.get("subject") {
        Some(Value::Array(several)) => (".subject[0]", several.first()),
        one => (".subject", one),
    };
    let name = named.and_then(Value::as_str).ok_or_else(|| error(path, "A rule must name its subject"))?;
    catalogue::subject_named(level, name)
        .ok_or_else(|| error(path, format!("Unknown {level} permission subject '{}'", shortened(name))))
}

fn actions(subject: &Subject, map: &Map<String, Value>) -> Result<Vec<String>, RuleListError> {
    let one = |action: &Value, path: String| match action.as_str() {
        None => Err(error(&path, "An action must be a string")),
        Some(action) if subject.actions.contains(&action) => Ok(action.to_owned()),
        Some(action) => {
            let message = format!("Unknown action '{}' on subject '{}'", shortened(action), subject.name);
            Err(error(&path, message))
        }
    };
    let actions = match map.get("action") {
        Some(Value::Array(several)) if several.len() <= MAX_ACTIONS => several
            .iter()
            .enumerate()
            .map(|(at, action)| one(action, format!(".action[{at}]")))
            .collect::<Result<Vec<_>, _>>()?,
        Some(Value::Array(_)) => {
            return Err(error(".action", format!("A rule names more than {MAX_ACTIONS} actions")));
        }
        Some(action) => vec![one(action, ".action".to_owned())?],
        None => Vec::new(),
    };
    if actions.is_empty() {
        return Err(error(".action", "A rule needs at least one action"));
    }
    let names = |wanted: &str| actions.iter().any(|action| action == wanted);
    if subject.name == "secrets" && names("read") && (names("readValue") || names("describeSecret")) {
        let message = "'read' on secrets is a legacy action; 'describeSecret' and 'readValue' replace it and must \
                       not stand beside it";
        return Err(RuleListError { legacy_read: true, ..error(".action", message) });
    }
    Ok(actions)
}

fn conditions(subject: &Subject, map: &Map<String, Value>) -> Result<Option<Conditions>, RuleListError> {
    let fields = match map.get("conditions") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(error(".conditions", "Conditions must be an object")),
    };
    let located =
        |located: Located| error(&format!(".conditions{}", located.path), located.error.to_string());
    let conditions = Conditions::locate(fields).map_err(located)?;
    let foreign = conditions.iter().map(Condition::field).find(|field| !subject.fields.contains(field));
    match foreign {
        None => Ok(Some(conditions)),
        Some(field) => {
            let name = field.name();
            let message = format!("Subject '{}' has no condition on '{name}'", subject.name);
            Err(error(&format!(".conditions.{name}"), message))
        }
    }
}

/// As much of a foreign text as an error shows.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
