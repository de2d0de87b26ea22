//! From what the API shows to what stands in a form.

use serde_json::{Map, Value};

use super::{Field, Kind};
use crate::form::Form;

/// A form with these values. Secrets are left out of it; the second part names those of which there is a value.
pub(crate) fn fill(fields: &[Field], shown: &Map<String, Value>) -> (Form, Vec<String>) {
    let (mut form, mut kept) = (Form::default(), Vec::new());
    for field in fields {
        let value = at(shown, &field.name);
        if value.is_null() || *value == Value::Bool(false) {
            continue;
        }
        match field.kind {
            Kind::Secret(_) if value.as_str() == Some("") => {}
            Kind::Secret(_) => kept.push(field.name.clone()),
            _ => form = form.with(&field.name, text(&field.kind, value)),
        }
    }
    (form, kept)
}

fn at<'v>(shown: &'v Map<String, Value>, name: &str) -> &'v Value {
    let mut parts = name.split('.');
    let first = parts.next().and_then(|part| shown.get(part)).unwrap_or(&Value::Null);
    parts.fold(first, |value, part| &value[part])
}

fn text(kind: &Kind, value: &Value) -> String {
    let lines = |line: &dyn Fn(&Value) -> String| {
        let lines: Vec<String> = value.as_array().into_iter().flatten().map(line).collect();
        lines.join("\n")
    };
    match kind {
        Kind::Wrapped(name) => lines(&|one| wrapped(one, name)),
        Kind::Pairs => lines(&|one| format!("{} = {}", plain(&one["key"]), plain(&one["value"]))),
        Kind::Map => {
            let pairs = value.as_object().into_iter().flatten();
            let lines: Vec<String> = pairs.map(|(key, value)| format!("{key} = {}", plain(value))).collect();
            lines.join("\n")
        }
        Kind::Lines | Kind::Pems => lines(&plain),
        _ => plain(value),
    }
}

/// Networks are shown with their prefix beside them.
fn wrapped(one: &Value, name: &str) -> String {
    let text = plain(&one[name]);
    one["prefix"].as_u64().map_or(text.clone(), |prefix| format!("{text}/{prefix}"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.trim_end().to_owned())
}
