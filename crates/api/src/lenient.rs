//! Readers for values that clients send in more than one form: query parameters are text, some
//! clients write `True`, and an empty text means "not given".

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// An optional flag: `true`, `"true"`, `"True"`, `"1"`.
pub fn opt_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    deserializer.deserialize_any(Flag(|text| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }))
}

/// An optional flag that is spelt `true` or `false` and no other way.
pub fn opt_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    deserializer.deserialize_any(Flag(|text| text.parse().ok()))
}

/// Reads a flag; holds what a text means that is not empty.
struct Flag(fn(&str) -> Option<bool>);

impl Visitor<'_> for Flag {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        if value.is_empty() {
            return Ok(None);
        }
        self.0(value).map(Some).ok_or_else(|| E::custom("Expected true or false"))
    }
}

/// An optional whole number, also as text.
pub fn opt_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    struct Int;
    impl Visitor<'_> for Int {
        type Value = Option<i64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Some(value))
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
            i64::try_from(value).map(Some).map_err(|_| E::custom("Expected a smaller whole number"))
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
            // Some JSON writers turn 60 into 60.0; everything else is refused.
            if value.fract() == 0.0 && value.abs() < 9e15 {
                format!("{value:.0}").parse().map(Some).map_err(|_| E::custom("Expected a whole number"))
            } else {
                Err(E::custom("Expected a whole number"))
            }
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
            let value = value.trim();
            if value.is_empty() {
                return Ok(None);
            }
            value.parse().map(Some).map_err(|_| E::custom("Expected a whole number"))
        }
    }
    deserializer.deserialize_any(Int)
}

/// An optional text; an empty one counts as not given.
pub fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty()))
}

/// An optional value that is parsed from its text; an empty text counts as not given.
pub fn opt_parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.trim().is_empty() => text.trim().parse().map(Some).map_err(D::Error::custom),
        _ => Ok(None),
    }
}

/// A field of a change: not sent (`None`: stays), sent as null or empty (`Some(None)`: is cleared), or sent.
pub type Given<T> = Option<Option<T>>;

/// Tells a text that was sent as null or empty from one that was not sent.
pub fn given_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Given<String>, D::Error> {
    opt_text(deserializer).map(Some)
}

/// The same for a whole number.
pub fn given_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Given<i64>, D::Error> {
    opt_int(deserializer).map(Some)
}

/// The same for a flag.
pub fn given_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Given<bool>, D::Error> {
    opt_flag(deserializer).map(Some)
}

/// The same for anything else.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Given<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A value that is parsed from its text, without the blanks around it.
pub fn trimmed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: fmt::Display,
{
    String::deserialize(deserializer)?.trim().parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_flag_is_read_from_what_clients_write() {
        for (value, lenient, strict) in [
            (json!(true), Some(Some(true)), Some(Some(true))),
            (json!("false"), Some(Some(false)), Some(Some(false))),
            (json!("True"), Some(Some(true)), None),
            (json!("0"), Some(Some(false)), None),
            (json!(""), Some(None), Some(None)),
            (Value::Null, Some(None), Some(None)),
            (json!("yes"), None, None),
            (json!(1), None, None),
        ] {
            assert_eq!(opt_bool(&value).ok(), lenient, "{value}");
            assert_eq!(opt_flag(&value).ok(), strict, "{value}");
        }
    }
}
