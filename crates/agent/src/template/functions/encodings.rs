//! Functions that write values in other ways, and read them.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gotmpl::Value;
use serde_json::{Number, Value as Json};

use super::arguments::{Arguments, Outcome, Pure, text_of};

pub(super) const ALL: &[(&str, Pure)] = &[
    ("toJson", |a| write_json(a, |json| serde_json::to_string(json).map(|text| escape(&text)))),
    ("mustToJson", |a| write_json(a, |json| serde_json::to_string(json).map(|text| escape(&text)))),
    ("toPrettyJson", |a| write_json(a, |json| serde_json::to_string_pretty(json).map(|text| escape(&text)))),
    ("toRawJson", |a| write_json(a, serde_json::to_string)),
    ("fromJson", |a| {
        a.texts().map(|[text]| serde_json::from_str(text).map_or(Value::Nil, |json| read(&json)))
    }),
    ("mustFromJson", |a| {
        let [text] = a.texts()?;
        // The words of the parser would quote the text.
        serde_json::from_str(text).map(|json| read(&json)).map_err(|_| a.wrong("the text is no JSON"))
    }),
    ("toYaml", to_yaml),
    ("b64enc", encode),
    ("base64Encode", encode),
    ("b64dec", decode),
    ("base64Decode", decode),
    ("sha1sum", |a| hash(a, &digest::SHA1_FOR_LEGACY_USE_ONLY)),
    ("sha256sum", |a| hash(a, &digest::SHA256)),
    ("sha512sum", |a| hash(a, &digest::SHA512)),
];

fn encode(a: &Arguments<'_>) -> Outcome {
    a.texts().and_then(|[text]| a.made(STANDARD.encode(text)))
}

fn decode(a: &Arguments<'_>) -> Outcome {
    let [text] = a.texts()?;
    let bytes = STANDARD.decode(text).map_err(|_| a.wrong("the text is no base64"))?;
    String::from_utf8(bytes).map(text_of).map_err(|_| a.wrong("what is encoded is no text"))
}

fn hash(a: &Arguments<'_>, by: &'static digest::Algorithm) -> Outcome {
    a.texts().map(|[text]| text_of(hex::encode(digest::digest(by, text.as_bytes()))))
}

fn write_json(a: &Arguments<'_>, of: fn(&Json) -> serde_json::Result<String>) -> Outcome {
    let [value] = a.exactly()?;
    a.made(of(&json(a, value)?).map_err(|_| a.wrong("the value cannot be written as JSON"))?)
}

fn to_yaml(a: &Arguments<'_>) -> Outcome {
    let [value] = a.exactly()?;
    let text = serde_saphyr::to_string(&json(a, value)?);
    let text = text.map_err(|_| a.wrong("the value cannot be written as YAML"))?;
    a.made(text.trim_end_matches('\n').to_owned())
}

/// Go writes these so that JSON can stand in HTML.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

#[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
fn json(a: &Arguments<'_>, value: &Value) -> Outcome<Json> {
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Bool(is) => Json::Bool(*is),
        Value::Int(number) => Json::from(*number),
        Value::Uint(number) => Json::from(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Json::from(*number as i64),
        Value::Float(number) => {
            Number::from_f64(*number).map(Json::Number).ok_or_else(|| a.wrong("the number is not finite"))?
        }
        Value::String(text) => Json::from(&**text),
        Value::List(list) => Json::Array(list.iter().map(|value| json(a, value)).collect::<Outcome<_>>()?),
        Value::Map(map) => {
            let entry = |(key, value): (&std::sync::Arc<str>, &Value)| Ok((key.to_string(), json(a, value)?));
            Json::Object(map.iter().map(entry).collect::<Outcome<_>>()?)
        }
        Value::Function(_) => return Err(a.wrong("a function cannot be written")),
    })
}

/// Numbers have fractions, as in Go.
fn read(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        Json::String(text) => text_of(text.as_str()),
        Json::Array(list) => Value::List(list.iter().map(read).collect()),
        Json::Object(map) => Value::Map(std::sync::Arc::new(
            map.iter().map(|(key, value)| (key.as_str().into(), read(value))).collect(),
        )),
    }
}
