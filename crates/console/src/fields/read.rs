//! From what was typed to the input of a route.

use serde_json::{Map, Value, json};

use super::{Field, Kind};
use crate::form::Form;

/// Why a line of a field cannot be read.
const NO_PAIR: &str = "Expected key = value on each line";

/// The input that a form makes, and what is wrong with it. With `is_new`, empty lists are left out, so that what is
/// usual applies; otherwise they empty what is stored. Secrets that are empty are left out: they stay.
pub(crate) fn read(fields: &[Field], form: &mut Form, is_new: bool) -> Map<String, Value> {
    let mut input = Map::new();
    for field in fields {
        let value = match value(field, form) {
            Ok(value) => value,
            Err(problem) => {
                form.refuse(&field.name, problem);
                continue;
            }
        };
        let Some(value) = value else { continue };
        let is_empty = value.as_array().is_some_and(Vec::is_empty) || value == "";
        match field.name.split_once('.') {
            None if is_new && value.is_array() && is_empty => {}
            None => {
                input.insert(field.name.clone(), value);
            }
            // An object is sent whole: what is empty is not in it.
            Some(_) if field.is_inner() && is_empty => {}
            Some((object, name)) => input.entry(object).or_insert_with(|| json!({}))[name] = value,
        }
    }
    input
}

fn value(field: &Field, form: &Form) -> Result<Option<Value>, String> {
    let typed = form.text(&field.name);
    let lines = || typed.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Some(match &field.kind {
        Kind::Line | Kind::Text => Value::from(typed.trim()),
        Kind::Tick => Value::from(form.is_on(&field.name)),
        Kind::Secret(cleared) => return Ok(secret(field, cleared.as_ref(), form)),
        Kind::Number if typed.trim().is_empty() => return Ok(None),
        Kind::Number => Value::from(typed.trim().parse::<i64>().map_err(|_| "Expected a whole number")?),
        Kind::Choice(_) if typed.is_empty() => return Ok(None),
        Kind::Choice(_) => Value::from(typed),
        Kind::Lines => lines().collect(),
        Kind::Pems => pems(typed).into(),
        Kind::Wrapped(name) => lines().map(|line| json!({ name: line })).collect(),
        Kind::Pairs => {
            let pairs = pairs(typed)?.into_iter();
            pairs.map(|(key, value)| json!({ "key": key, "value": value })).collect()
        }
        Kind::Map => {
            let mut map = Map::new();
            for (key, value) in pairs(typed)? {
                if map.insert(key.to_owned(), Value::from(value)).is_some() {
                    return Err(format!("{key} is there twice"));
                }
            }
            Value::Object(map)
        }
    }))
}

fn secret(field: &Field, cleared: Option<&Value>, form: &Form) -> Option<Value> {
    let typed = form.text(&field.name);
    if !typed.is_empty() {
        return Some(Value::from(typed));
    }
    let is_cleared = field.clear().is_some_and(|name| form.is_on(&name));
    cleared.filter(|_| is_cleared).cloned()
}

/// Lines of keys and values. Values may have the sign in them, keys may not.
pub(crate) fn pairs(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (key, value) = line.split_once('=').ok_or(NO_PAIR)?;
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() { Err(NO_PAIR.to_owned()) } else { Ok((key, value)) }
        })
        .collect()
}

/// Texts in PEM, each up to the end of its last line.
fn pems(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.lines() {
        let Some(last) = found.last_mut() else { continue };
        last.push_str(line.trim_end());
        last.push('\n');
        if line.trim_start().starts_with("-----END ") {
            found.push(String::new());
        }
    }
    let found = found.into_iter().map(|pem| pem.trim().to_owned());
    found.filter(|pem| !pem.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fill;
    use super::*;

    fn field(name: &str, kind: Kind) -> Field {
        let (label, help) = (String::new(), String::new());
        Field { name: name.to_owned(), label, help, required: false, default: None, kind }
    }

    fn typed(pairs: &[(&str, &str)]) -> Form {
        pairs.iter().fold(Form::default(), |form, (name, value)| form.with(name, *value))
    }

    fn all() -> Vec<Field> {
        vec![
            field("line", Kind::Line),
            field("on", Kind::Tick),
            field("number", Kind::Number),
            field("choice", Kind::Choice(vec![("a".to_owned(), "A".to_owned())])),
            field("lines", Kind::Lines),
            field("keys", Kind::Pems),
            field("ips", Kind::Wrapped("ipAddress".to_owned())),
            field("pairs", Kind::Pairs),
            field("map", Kind::Map),
            field("secret", Kind::Secret(Some(Value::Null))),
            field("inner.text", Kind::Text),
        ]
    }

    #[test]
    fn what_was_typed_becomes_the_input_and_comes_back() {
        let pem = "-----BEGIN X-----\nAA\n-----END X-----";
        let mut form = typed(&[
            ("line", " a "),
            ("on", "true"),
            ("number", "60"),
            ("choice", "a"),
            ("lines", "x\n\n y "),
            ("keys", &format!("{pem}\n{pem}\n")),
            ("ips", "10.0.0.0/8\n::1"),
            ("pairs", "k = a = b"),
            ("map", "iss = x"),
            ("secret", "s3cret"),
            ("inner.text", "{}"),
        ]);
        let input = read(&all(), &mut form, true);
        assert!(!form.is_refused());
        let expected = json!({
            "line": "a", "on": true, "number": 60, "choice": "a", "lines": ["x", "y"], "keys": [pem, pem],
            "ips": [{ "ipAddress": "10.0.0.0/8" }, { "ipAddress": "::1" }],
            "pairs": [{ "key": "k", "value": "a = b" }], "map": { "iss": "x" }, "secret": "s3cret",
            "inner": { "text": "{}" },
        });
        assert_eq!(Value::Object(input.clone()), expected);
        let (mut again, kept) = fill(&all(), &input);
        assert_eq!((again.text("secret"), kept.as_slice()), ("", &["secret".to_owned()][..]));
        let mut expected = expected;
        expected.as_object_mut().unwrap().remove("secret");
        assert_eq!(Value::Object(read(&all(), &mut again, false)), expected);
    }

    #[test]
    fn what_is_left_empty_stays_or_is_emptied() {
        let new = read(&all(), &mut Form::default(), true);
        assert_eq!(Value::Object(new), json!({ "line": "", "on": false, "map": {} }));
        let changed = read(&all(), &mut typed(&[("secret.clear", "true")]), false);
        let expected = json!({
            "line": "", "on": false, "lines": [], "keys": [], "ips": [], "pairs": [], "map": {}, "secret": null,
        });
        assert_eq!(Value::Object(changed), expected);
    }

    #[test]
    fn problems_are_at_their_fields() {
        for (name, value) in
            [("number", "ten"), ("pairs", "no sign"), ("map", "a = 1\na = 2"), ("map", "= 1")]
        {
            let mut form = typed(&[(name, value)]);
            read(&all(), &mut form, true);
            assert!(form.problem(name).is_some(), "{name}");
        }
    }
}
