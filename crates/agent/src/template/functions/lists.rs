//! Functions on lists and dictionaries. Nothing is changed in place: each answers something new.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::arguments::{Arguments, Outcome, Pure, is_empty, number, text_of};

type Dictionary = BTreeMap<Arc<str>, Value>;

/// Longest list of numbers.
const LONGEST: i64 = 100_000;

pub(super) const ALL: &[(&str, Pure)] = &[
    ("list", |a| Ok(listed(a.all.to_vec()))),
    ("tuple", |a| Ok(listed(a.all.to_vec()))),
    ("first", |a| a.exactly().and_then(|[list]| Ok(a.list(list)?.first().cloned().unwrap_or(Value::Nil)))),
    ("last", |a| a.exactly().and_then(|[list]| Ok(a.list(list)?.last().cloned().unwrap_or(Value::Nil)))),
    ("rest", |a| a.exactly().and_then(|[list]| Ok(listed(a.list(list)?.iter().skip(1).cloned().collect())))),
    ("initial", |a| {
        let [list] = a.exactly()?;
        let list = a.list(list)?;
        Ok(listed(list[..list.len().saturating_sub(1)].to_vec()))
    }),
    ("append", |a| {
        a.exactly().and_then(|[list, one]| Ok(listed([a.list(list)?, std::slice::from_ref(one)].concat())))
    }),
    ("prepend", |a| {
        a.exactly().and_then(|[list, one]| Ok(listed([std::slice::from_ref(one), a.list(list)?].concat())))
    }),
    ("concat", |a| Ok(listed(a.all.iter().map(|list| a.list(list)).collect::<Outcome<Vec<_>>>()?.concat()))),
    ("reverse", |a| a.exactly().and_then(|[list]| Ok(listed(a.list(list)?.iter().rev().cloned().collect())))),
    ("compact", |a| a.exactly().and_then(|[list]| kept(a, list, |value| !is_empty(value)))),
    ("without", |a| a.first().and_then(|(list, omitted)| kept(a, list, |value| !omitted.contains(value)))),
    ("has", |a| a.exactly().and_then(|[one, list]| Ok(Value::Bool(a.list(list)?.contains(one))))),
    ("uniq", uniq),
    ("join", join),
    ("splitList", |a| a.texts().map(|[by, text]| listed(text.split(by).map(text_of).collect()))),
    ("split", split),
    ("sortAlpha", sort_alpha),
    ("toStrings", |a| a.exactly().map(|[list]| listed(texts(list).into_iter().map(text_of).collect()))),
    ("until", |a| {
        a.exactly().and_then(|[end]| steps(a, 0, number(end), if number(end) < 0 { -1 } else { 1 }))
    }),
    ("untilStep", |a| a.exactly().and_then(|[from, to, by]| steps(a, number(from), number(to), number(by)))),
    ("dict", |a| Ok(dict(a.all))),
    ("get", |a| {
        a.exactly().and_then(|[from, key]| {
            Ok(dictionary(a, from)?.get(a.text(key)?).cloned().unwrap_or_else(|| text_of("")))
        })
    }),
    ("hasKey", |a| {
        a.exactly().and_then(|[from, key]| Ok(Value::Bool(dictionary(a, from)?.contains_key(a.text(key)?))))
    }),
    ("keys", |a| {
        a.exactly()
            .and_then(|[from]| Ok(listed(dictionary(a, from)?.keys().cloned().map(Value::String).collect())))
    }),
    ("values", |a| {
        a.exactly().and_then(|[from]| Ok(listed(dictionary(a, from)?.values().cloned().collect())))
    }),
    ("pick", |a| chosen(a, true)),
    ("omit", |a| chosen(a, false)),
    ("merge", merge),
    ("dig", dig),
];

pub(super) fn listed(values: Vec<Value>) -> Value {
    Value::List(values.into())
}

fn kept(a: &Arguments<'_>, list: &Value, is_kept: impl Fn(&Value) -> bool) -> Outcome {
    let Value::List(list) = list else { return Err(a.wrong("expected a list")) };
    Ok(listed(list.iter().filter(|value| is_kept(value)).cloned().collect()))
}

fn uniq(a: &Arguments<'_>) -> Outcome {
    let [list] = a.exactly()?;
    let list = a.list(list)?;
    if list.len() > 10_000 {
        return Err(a.wrong("the list is longer than 10,000"));
    }
    let mut seen: Vec<Value> = Vec::new();
    for value in list {
        if !seen.contains(value) {
            seen.push(value.clone());
        }
    }
    Ok(listed(seen))
}

/// The entries of a list as texts, less those that are nil; anything else is a list of one.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(list) => {
            list.iter().filter(|value| !matches!(value, Value::Nil)).map(ToString::to_string).collect()
        }
        Value::Nil => Vec::new(),
        other => vec![other.to_string()],
    }
}

fn join(a: &Arguments<'_>) -> Outcome {
    let [by, list] = a.exactly()?;
    a.made(texts(list).join(a.text(by)?))
}

fn split(a: &Arguments<'_>) -> Outcome {
    let [by, text] = a.texts()?;
    let parts = text.split(by).enumerate();
    Ok(mapped(parts.map(|(index, part)| (format!("_{index}").into(), text_of(part))).collect()))
}

fn sort_alpha(a: &Arguments<'_>) -> Outcome {
    let [list] = a.exactly()?;
    let mut texts = texts(list);
    texts.sort_unstable();
    Ok(listed(texts.into_iter().map(text_of).collect()))
}

fn steps(a: &Arguments<'_>, from: i64, to: i64, by: i64) -> Outcome {
    let is_endless = by == 0 || (by > 0) != (to > from);
    if is_endless {
        return Ok(listed(Vec::new()));
    }
    if to.abs_diff(from) / by.unsigned_abs() > LONGEST.unsigned_abs() {
        return Err(a.wrong("the list would be longer than 100,000"));
    }
    let mut numbers = Vec::new();
    let mut next = Some(from);
    while let Some(number) = next.filter(|number| if by > 0 { *number < to } else { *number > to }) {
        numbers.push(Value::Int(number));
        next = number.checked_add(by);
    }
    Ok(listed(numbers))
}

fn mapped(dictionary: Dictionary) -> Value {
    Value::Map(Arc::new(dictionary))
}

fn dictionary<'a>(a: &Arguments<'_>, value: &'a Value) -> Outcome<&'a Dictionary> {
    match value {
        Value::Map(dictionary) => Ok(dictionary),
        other => Err(a.wrong(&format!("expected a dictionary, found {}", other.type_name()))),
    }
}

/// Keys and values in turns; a key without a value has an empty text.
fn dict(pairs: &[Value]) -> Value {
    let pair =
        |pair: &[Value]| (pair[0].to_string().into(), pair.get(1).cloned().unwrap_or_else(|| text_of("")));
    mapped(pairs.chunks(2).map(pair).collect())
}

/// The entries with these keys, or the others.
fn chosen(a: &Arguments<'_>, is_kept: bool) -> Outcome {
    let (from, keys) = a.first()?;
    let keys = keys.iter().map(|key| a.text(key)).collect::<Outcome<Vec<_>>>()?;
    let entries = dictionary(a, from)?.iter().filter(|(key, _)| keys.contains(&&***key) == is_kept);
    Ok(mapped(entries.map(|(key, value)| (Arc::clone(key), value.clone())).collect()))
}

/// All entries; the first dictionary that has a key wins, also inside of dictionaries.
fn merge(a: &Arguments<'_>) -> Outcome {
    let mut merged = Dictionary::new();
    for from in a.all {
        add(&mut merged, dictionary(a, from)?);
    }
    Ok(mapped(merged))
}

fn add(to: &mut Dictionary, from: &Dictionary) {
    for (key, value) in from {
        match (to.get_mut(key), value) {
            (None, value) => drop(to.insert(Arc::clone(key), value.clone())),
            (Some(Value::Map(inner)), Value::Map(other)) => add(Arc::make_mut(inner), other),
            (Some(found), value) if is_empty(found) => *found = value.clone(),
            (Some(_), _) => {}
        }
    }
}

/// What is found along these keys, or else the last argument but one.
fn dig(a: &Arguments<'_>) -> Outcome {
    let [keys @ .., instead, from] = a.all else {
        return Err(a.wrong("expected keys, a default and a dictionary"));
    };
    let mut found = from;
    for key in keys {
        match dictionary(a, found)?.get(a.text(key)?) {
            Some(value) => found = value,
            None => return Ok(instead.clone()),
        }
    }
    Ok(found.clone())
}
