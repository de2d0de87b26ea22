//! Functions on texts, with the names and the order of arguments of Sprig.

use std::fmt::Write as _;

use gotmpl::Value;

use super::arguments::{Arguments, LARGEST, Outcome, Pure, number, text_of};

pub(super) const ALL: &[(&str, Pure)] = &[
    ("upper", |a| a.texts().map(|[text]| text_of(text.to_uppercase()))),
    ("lower", |a| a.texts().map(|[text]| text_of(text.to_lowercase()))),
    ("title", |a| a.texts().map(|[text]| text_of(title(text)))),
    ("trim", |a| a.texts().map(|[text]| text_of(text.trim()))),
    ("trimAll", |a| a.texts().map(|[set, text]| text_of(text.trim_matches(|c| set.contains(c))))),
    ("trimPrefix", |a| a.texts().map(|[cut, text]| text_of(text.strip_prefix(cut).unwrap_or(text)))),
    ("trimSuffix", |a| a.texts().map(|[cut, text]| text_of(text.strip_suffix(cut).unwrap_or(text)))),
    ("nospace", |a| a.texts().map(|[text]| text_of(text.split_whitespace().collect::<String>()))),
    ("contains", |a| a.texts().map(|[part, text]| Value::Bool(text.contains(part)))),
    ("hasPrefix", |a| a.texts().map(|[part, text]| Value::Bool(text.starts_with(part)))),
    ("hasSuffix", |a| a.texts().map(|[part, text]| Value::Bool(text.ends_with(part)))),
    ("replace", replace),
    ("repeat", repeat),
    ("substr", substr),
    ("trunc", trunc),
    ("indent", |a| indent(a, "")),
    ("nindent", |a| indent(a, "\n")),
    ("quote", |a| each(a, quoted)),
    ("squote", |a| each(a, |text| format!("'{text}'"))),
    ("cat", |a| each(a, str::to_owned)),
    ("plural", plural),
    ("toString", |a| a.exactly().map(|[value]| text_of(value.to_string()))),
];

/// Every word begins with a capital; letters, digits and underscores make words.
fn title(text: &str) -> String {
    let mut inside = false;
    let capital = |c: char| {
        let upper = if inside { vec![c] } else { c.to_uppercase().collect() };
        inside = c.is_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace());
        upper
    };
    text.chars().flat_map(capital).collect()
}

fn replace(a: &Arguments<'_>) -> Outcome {
    let [old, new, text] = a.texts()?;
    if (text.len() + 1).saturating_mul(new.len().max(1)) > LARGEST {
        return Err(a.wrong("the text would be larger than 8 MiB"));
    }
    Ok(text_of(text.replace(old, new)))
}

fn repeat(a: &Arguments<'_>) -> Outcome {
    let [count, text] = a.exactly()?;
    let (count, text) = (a.count(count)?, a.text(text)?);
    let count = usize::try_from(count).map_err(|_| a.wrong("expected a number that is not negative"))?;
    if count.saturating_mul(text.len()) > LARGEST {
        return Err(a.wrong("the text would be larger than 8 MiB"));
    }
    Ok(text_of(text.repeat(count)))
}

/// From a byte to another; what is negative is the beginning or the end.
fn substr(a: &Arguments<'_>) -> Outcome {
    let [start, end, text] = a.exactly()?;
    let (start, end, text) = (a.count(start)?, a.count(end)?, a.text(text)?);
    let start = usize::try_from(start).unwrap_or(0);
    let end = usize::try_from(end).map_or(text.len(), |end| end.min(text.len()));
    let part = text.get(start..end).ok_or_else(|| a.wrong("there is no such part of the text"))?;
    Ok(text_of(part))
}

/// So many bytes, from the end if negative.
fn trunc(a: &Arguments<'_>) -> Outcome {
    let [count, text] = a.exactly()?;
    let (count, text) = (a.count(count)?, a.text(text)?);
    let length = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(text.len());
    let part = if count < 0 { text.get(text.len() - length..) } else { text.get(..length) };
    part.map(text_of).ok_or_else(|| a.wrong("it would cut a character into pieces"))
}

fn indent(a: &Arguments<'_>, before: &str) -> Outcome {
    let [count, text] = a.exactly()?;
    let (count, text) = (a.count(count)?, a.text(text)?);
    let count = usize::try_from(count).ok().filter(|count| *count <= 1000);
    let pad = " ".repeat(count.ok_or_else(|| a.wrong("expected a number from 0 to 1000"))?);
    let lines = text.matches('\n').count() + 1;
    if lines.saturating_mul(pad.len()).saturating_add(text.len()) > LARGEST {
        return Err(a.wrong("the text would be larger than 8 MiB"));
    }
    Ok(text_of(format!("{before}{pad}{}", text.replace('\n', &format!("\n{pad}")))))
}

/// All arguments as texts with spaces between them, less those that are nil.
fn each(a: &Arguments<'_>, of: fn(&str) -> String) -> Outcome {
    let there = a.all.iter().filter(|value| !matches!(value, Value::Nil));
    a.made(there.map(|value| of(&value.to_string())).collect::<Vec<_>>().join(" "))
}

/// As Go writes a text in its source.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            // Writing to a string does not fail.
            c if c.is_ascii_control() => drop(write!(out, "\\x{:02x}", u32::from(c))),
            c if c.is_control() => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn plural(a: &Arguments<'_>) -> Outcome {
    let [one, many, count] = a.exactly()?;
    Ok(text_of(a.text(if number(count) == 1 { one } else { many })?))
}
