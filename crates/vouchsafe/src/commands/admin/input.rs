//! What administrators write: lengths of time, pairs, files of rules and of settings.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vouchsafe_api::common::MetadataInput;
use vouchsafe_domain::time::parse_ms_range;

use crate::failure::{Failure, Outcome};
use crate::input;

/// Largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A length of time in seconds: `90`, `15m`, `1h`, `2 days`; a bare number counts seconds, and 0 means no limit.
pub(crate) fn seconds(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Ok(seconds.into());
    }
    let millis = parse_ms_range(text).map_err(|_| "expected a length of time such as 90, 15m, 1h or 30d")?;
    if millis % 1000 != 0 {
        return Err("expected whole seconds".to_owned());
    }
    i64::try_from(millis / 1000).map_err(|_| "too long".to_owned())
}

/// The length of time of something temporary, as the API takes it.
pub(crate) fn range(text: &str) -> Result<String, String> {
    let is_bare = text.trim().parse::<f64>().is_ok();
    match parse_ms_range(text) {
        Ok(_) if !is_bare => Ok(text.trim().to_owned()),
        _ => Err("expected a length of time with its unit, such as 30m, 2h or 7d".to_owned()),
    }
}

/// `key=value`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("expected key=value".to_owned()),
    }
}

/// Pairs as the API takes metadata; none: it stays as it is.
pub(crate) fn metadata(pairs: Vec<(String, String)>) -> Option<Vec<MetadataInput>> {
    let entries: Vec<_> = pairs.into_iter().map(|(key, value)| MetadataInput { key, value }).collect();
    (!entries.is_empty()).then_some(entries)
}

/// A value: JSON where it reads as JSON, or else text.
pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The rules in a file; `-` is stdin. A list, or an object that has one as `permissions`.
pub(crate) fn rules(file: &str) -> Outcome<Vec<Value>> {
    let wrong = || {
        Failure::usage(format!("`{file}` holds no list of rules, neither in JSON nor in YAML"))
            .hint("a rule is such as {\"subject\": \"secrets\", \"action\": [\"readValue\"], \"conditions\": {\"environment\": \"dev\"}}")
    };
    match parsed(file)?.ok_or_else(wrong)? {
        Value::Array(rules) => Ok(rules),
        Value::Object(mut role) => match role.remove("permissions") {
            Some(Value::Array(rules)) => Ok(rules),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// The fields in a file; `-` is stdin.
pub(crate) fn fields(file: &str) -> Outcome<Map<String, Value>> {
    match parsed(file)? {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err(Failure::usage(format!("`{file}` holds no object, neither in JSON nor in YAML"))),
    }
}

/// JSON or YAML; what the parser says may quote a secret, so it is left out.
fn parsed<T: DeserializeOwned>(file: &str) -> Outcome<Option<T>> {
    let text = input::text(Path::new(file), LARGEST)?;
    Ok(serde_json::from_str(&text).ok().or_else(|| serde_saphyr::from_str(&text).ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lengths_of_time_are_whole_seconds() {
        for (text, want) in [("0", Some(0)), ("90", Some(90)), ("15m", Some(900)), ("2 days", Some(172_800))]
        {
            assert_eq!(seconds(text).ok(), want, "{text}");
        }
        for text in ["", "-1", "soon", "1.5", "100ms", "h"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(range(" 2h ").as_deref(), Ok("2h"));
        assert!(range("7200").is_err() && range("0h").is_err());
    }

    #[test]
    fn values_are_json_where_they_can_be() {
        for (text, want) in
            [("3", json!(3)), ("true", json!(true)), ("[\"a\"]", json!(["a"])), ("a b", json!("a b"))]
        {
            assert_eq!(value(text), want);
        }
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err() && pair("a").is_err());
    }

    #[test]
    fn rules_are_read_from_json_and_yaml() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = |text: &str| {
            let path = folder.path().join("rules");
            std::fs::write(&path, text).unwrap();
            rules(path.to_str().unwrap())
        };
        let want = vec![json!({ "subject": "secrets", "action": ["readValue"] })];
        assert_eq!(file(r#"[{"subject":"secrets","action":["readValue"]}]"#).unwrap(), want);
        assert_eq!(file("permissions:\n- subject: secrets\n  action: [readValue]\n").unwrap(), want);
        for text in ["", "text", "{}", "permissions: no", &"#".repeat(1024 * 1024 + 1)] {
            assert!(file(text).is_err());
        }
    }
}
