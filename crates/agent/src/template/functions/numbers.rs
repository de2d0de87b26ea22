//! Functions on numbers, and on what is there and what is not.

use gotmpl::{TemplateError, Value};

use super::arguments::{Arguments, Outcome, Pure, fraction, is_empty, number};

pub(super) const ALL: &[(&str, Pure)] = &[
    ("minus", |a| two_counts(a, i64::checked_sub)),
    ("add", |a| two_counts(a, i64::checked_add)),
    ("add1", |a| a.exactly().and_then(|[n]| fits(a, number(n).checked_add(1)))),
    ("sub", |a| two(a, i64::checked_sub)),
    ("div", |a| two(a, i64::checked_div)),
    ("mod", |a| two(a, i64::checked_rem)),
    ("mul", |a| several(a, i64::checked_mul)),
    ("max", |a| several(a, |x, y| Some(x.max(y)))),
    ("min", |a| several(a, |x, y| Some(x.min(y)))),
    ("floor", |a| a.exactly().map(|[n]| Value::Float(fraction(n).floor()))),
    ("ceil", |a| a.exactly().map(|[n]| Value::Float(fraction(n).ceil()))),
    ("int", |a| a.exactly().map(|[n]| Value::Int(number(n)))),
    ("int64", |a| a.exactly().map(|[n]| Value::Int(number(n)))),
    ("float64", |a| a.exactly().map(|[n]| Value::Float(fraction(n)))),
    ("atoi", |a| a.texts().map(|[text]| Value::Int(text.parse().unwrap_or_default()))),
    ("default", default),
    ("empty", |a| a.exactly().map(|[value]| Value::Bool(is_empty(value)))),
    ("coalesce", |a| Ok(a.all.iter().find(|value| !is_empty(value)).cloned().unwrap_or(Value::Nil))),
    ("all", |a| Ok(Value::Bool(!a.all.iter().any(is_empty)))),
    ("any", |a| Ok(Value::Bool(!a.all.iter().all(is_empty)))),
    ("ternary", ternary),
    ("fail", |a| {
        a.texts().and_then(|[text]| Err(TemplateError::Exec(format!("the template fails: {text}"))))
    }),
];

fn fits(a: &Arguments<'_>, result: Option<i64>) -> Outcome {
    result.map(Value::Int).ok_or_else(|| a.wrong("the result is no number that fits"))
}

fn two_counts(a: &Arguments<'_>, of: fn(i64, i64) -> Option<i64>) -> Outcome {
    let [x, y] = a.exactly()?;
    fits(a, of(a.count(x)?, a.count(y)?))
}

fn two(a: &Arguments<'_>, of: fn(i64, i64) -> Option<i64>) -> Outcome {
    let [x, y] = a.exactly()?;
    fits(a, of(number(x), number(y)))
}

fn several(a: &Arguments<'_>, of: fn(i64, i64) -> Option<i64>) -> Outcome {
    let (first, rest) = a.first()?;
    fits(a, rest.iter().try_fold(number(first), |sum, value| of(sum, number(value))))
}

fn default(a: &Arguments<'_>) -> Outcome {
    let (instead, given) = a.first()?;
    Ok(given.first().filter(|value| !is_empty(value)).unwrap_or(instead).clone())
}

fn ternary(a: &Arguments<'_>) -> Outcome {
    match a.exactly()? {
        [yes, _, Value::Bool(true)] => Ok(yes.clone()),
        [_, no, Value::Bool(false)] => Ok(no.clone()),
        _ => Err(a.wrong("expected true or false last")),
    }
}
