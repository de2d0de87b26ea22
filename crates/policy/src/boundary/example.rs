//! One concrete request that shows what is missing.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::catalogue;
use crate::{Field, Level, Object};

/// What a request says about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// Key-value pairs.
    Pairs(Vec<(String, String)>),
}

/// A request that one actor may make and another one may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "BTreeMap<String, Value>")]
pub struct CounterExample {
    /// Where.
    pub level: Level,
    /// What is acted upon.
    pub subject: &'static str,
    /// What is done to it.
    pub action: &'static str,
    /// What the object is like. Fields that do not matter are left out.
    pub facts: Vec<(Field, Fact)>,
    /// Fields that matter, and of which the request says nothing.
    pub unknown: Vec<Field>,
    /// The question "somewhere at all?", as lists ask it, instead of one object.
    pub anywhere: bool,
}

impl CounterExample {
    /// Asks about the object of the request.
    pub fn with_object<T>(&self, ask: impl FnOnce(&Object<'_>) -> T) -> T {
        if self.anywhere {
            return ask(&Object::any());
        }
        let mut texts: Vec<(Field, &str)> = Vec::new();
        let mut lists: Option<Vec<&str>> = None;
        let mut pairs: Option<Vec<(&str, &str)>> = None;
        for (field, fact) in &self.facts {
            match fact {
                Fact::Text(text) => texts.push((*field, text)),
                Fact::List(list) => lists = Some(list.iter().map(String::as_str).collect()),
                Fact::Pairs(list) => {
                    pairs = Some(list.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect());
                }
            }
        }
        // What every request names, and makes no difference here.
        let subject = catalogue::subject_named(self.level, self.subject);
        for &field in subject.map_or(&[][..], |subject| subject.always_known()) {
            if !texts.iter().any(|(known, _)| *known == field) {
                texts.push((field, if field == Field::SecretPath { "/" } else { "any" }));
            }
        }
        let mut object = Object::plain().with_facts(&texts);
        object.secret_tags = lists.as_deref();
        object.metadata = pairs.as_deref();
        ask(&object)
    }

    /// The request in words, such as `create on secrets where environment is 'prod'`.
    pub fn in_words(&self) -> String {
        let facts = self.facts.iter().map(|(field, fact)| in_words(*field, fact));
        let unknown = self.unknown.iter().map(|field| format!("{} is not known", field.name()));
        let all: Vec<String> = facts.chain(unknown).collect();
        let place = match (self.anywhere, all.is_empty()) {
            (true, _) => " somewhere".to_owned(),
            (false, true) => String::new(),
            (false, false) => format!(" where {}", all.join(" and ")),
        };
        format!("{} on {}{place}", self.action, self.subject)
    }
}

fn in_words(field: Field, fact: &Fact) -> String {
    let name = field.name();
    let quoted = |texts: &[String]| {
        let all: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
        all.join(" and ")
    };
    match fact {
        Fact::Text(text) => format!("{name} is '{text}'"),
        Fact::List(list) if list.is_empty() => format!("{name} is empty"),
        Fact::Pairs(list) if list.is_empty() => format!("{name} is empty"),
        Fact::List(list) => format!("{name} has {}", quoted(list)),
        Fact::Pairs(list) => {
            let all: Vec<String> = list.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{name} has {}", quoted(&all))
        }
    }
}

impl From<CounterExample> for BTreeMap<String, Value> {
    fn from(example: CounterExample) -> Self {
        let facts = example.facts.iter().map(|(field, fact)| {
            let value = match fact {
                Fact::Text(text) => json!(text),
                Fact::List(list) => json!(list),
                Fact::Pairs(list) => {
                    list.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
                }
            };
            (field.name().to_owned(), value)
        });
        let mut map: Self = facts.collect();
        map.insert("subject".to_owned(), json!(example.subject));
        map.insert("action".to_owned(), json!(example.action));
        map
    }
}
