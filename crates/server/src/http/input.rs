//! Reading a request's input: one object made of the body (or query) and the path's parameters.
//!
//! Path parameters win over fields of the same name in the body (clients repeat ids there); unknown
//! fields are ignored; a body on GET is ignored.

use axum::body::Body;
use http::request::Parts;
use http::{Method, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{ApiError, ApiResult};

/// Largest accepted body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// Deepest accepted nesting of a JSON body.
pub const DEPTH_LIMIT: usize = 32;
/// Longest accepted query string, in bytes.
const QUERY_LIMIT: usize = 16 * 1024;

/// The fields of a request before they are given their types.
pub type Fields = Map<String, Value>;

/// Collects query, body and path parameters into one object.
pub async fn collect(parts: &Parts, body: Body, path: Vec<(String, String)>) -> ApiResult<Fields> {
    let mut fields = match parts.method {
        Method::GET | Method::HEAD => query(parts)?,
        Method::DELETE => {
            let mut fields = query(parts)?;
            fields.extend(read_body(parts, body).await?);
            fields
        }
        _ => read_body(parts, body).await?,
    };
    fields.extend(path.into_iter().map(|(name, value)| (name, Value::String(value))));
    for (name, value) in &fields {
        refuse_nul(name, value)?;
    }
    Ok(fields)
}

/// `PostgreSQL` cannot store the character NUL in text, and nothing of ours needs it.
fn refuse_nul(field: &str, value: &Value) -> ApiResult<()> {
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(ApiError::invalid(field, "Expected text without the character NUL"))
        }
        Value::Array(items) => items.iter().try_for_each(|item| refuse_nul(field, item)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
            if name.contains('\0') {
                return Err(ApiError::invalid(field, "Expected keys without the character NUL"));
            }
            refuse_nul(field, item)
        }),
        _ => Ok(()),
    }
}

/// Gives the fields their types, or says which one is not acceptable.
pub fn typed<T: DeserializeOwned>(fields: Fields) -> ApiResult<T> {
    let fields = Value::Object(fields);
    // Keeping track of the place costs time, so it is done only once there is a mistake to tell.
    T::deserialize(&fields).or_else(|_| {
        serde_path_to_error::deserialize(&fields).map_err(|error| {
            let path = error.path().to_string();
            issue(&path, &error.into_inner().to_string())
        })
    })
}

/// Turns a deserializer's message into one that never repeats the value that was sent.
fn issue(path: &str, message: &str) -> ApiError {
    let mut path = if path == "." { String::new() } else { path.replace('[', ".").replace(']', "") };
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(field);
        return ApiError::issue("invalid_type", &path, "Required");
    }
    for prefix in ["invalid type:", "invalid value:", "invalid length", "unknown variant"] {
        if message.starts_with(prefix) {
            let expected = message.rsplit_once("expected ").map_or("another value", |(_, rest)| rest);
            return ApiError::issue("invalid_type", &path, format!("Expected {expected}"));
        }
    }
    ApiError::issue("custom", &path, message)
}

fn query(parts: &Parts) -> ApiResult<Fields> {
    let query = parts.uri.query().unwrap_or("");
    if query.len() > QUERY_LIMIT {
        return Err(ApiError::bad_request(format!("The query string is longer than {QUERY_LIMIT} bytes")));
    }
    Ok(pairs(query.as_bytes()))
}

/// `a=1&b=2`; an empty value counts as absent, as some clients send both names of a thing and leave
/// one empty.
fn pairs(text: &[u8]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
        fields.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    fields
}

async fn read_body(parts: &Parts, body: Body) -> ApiResult<Fields> {
    let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        if std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
        {
            ApiError::too_large(format!("The request body is larger than {BODY_LIMIT} bytes"))
        } else {
            ApiError::bad_request("The request body could not be read to its end")
        }
    })?;
    if bytes.is_empty() {
        return Ok(Fields::new());
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    match kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "application/json" | "" => json_body(&bytes),
        "application/x-www-form-urlencoded" => Ok(pairs(&bytes)),
        _ => Err(ApiError::unsupported_media_type(
            "Expected a body of type application/json or application/x-www-form-urlencoded",
        )),
    }
}

fn json_body(bytes: &[u8]) -> ApiResult<Fields> {
    check_depth(bytes)?;
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Fields::new()),
        Ok(_) => Err(ApiError::issue("invalid_type", "", "Expected a JSON object")),
        Err(error) => Err(ApiError::bad_request(format!(
            "The request body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        ))),
    }
}

fn check_depth(bytes: &[u8]) -> ApiResult<()> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > DEPTH_LIMIT {
                    return Err(ApiError::bad_request(format!(
                        "The request body is nested deeper than {DEPTH_LIMIT} levels"
                    )));
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Sample {
        count: i64,
    }

    #[test]
    fn an_issue_names_the_field_and_never_the_value() {
        let fields = serde_json::from_str::<Fields>(r#"{"count":"s3cr3t"}"#).unwrap();
        let shown = format!("{:?}", typed::<Sample>(fields).unwrap_err());
        assert!(shown.contains("count") && shown.contains("i64"), "{shown}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
        let missing = format!("{:?}", typed::<Sample>(Fields::new()).unwrap_err());
        assert!(missing.contains("count") && missing.contains("Required"), "{missing}");
        let fields = serde_json::from_str::<Fields>(r#"{"count":3,"more":4}"#).unwrap();
        assert_eq!(typed::<Sample>(fields).unwrap().count, 3);
    }

    #[test]
    fn nesting_is_counted_outside_of_strings_only() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(check_depth(deep(DEPTH_LIMIT).as_bytes()).is_ok());
        assert!(check_depth(deep(DEPTH_LIMIT + 1).as_bytes()).is_err());
        assert!(check_depth(format!(r#"{{"a":"\"{}"}}"#, deep(99)).as_bytes()).is_ok());
    }
}
