//! The signed request: taken apart, and built again from the few values that were signed.
//!
//! Nothing is passed on as it came. Method, path and body are fixed, the host is one of the closed list, and every header
//! is one that is known here, with a value of the form that it has.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};
use vouchsafe_api::auth_aws::AwsProof;
use vouchsafe_domain::time::Timestamp;

use super::regions::{Partition, host_of, partition_of, serves};
use crate::reason::{Reason, Refusal};

/// The only bodies that are accepted: the action and its version, in either order.
const BODIES: [&str; 2] =
    ["Action=GetCallerIdentity&Version=2011-06-15", "Version=2011-06-15&Action=GetCallerIdentity"];
/// Longest headers that are read, in bytes of base64. A session token may have 4096.
const MOST_BYTES: usize = 24 * 1024;
/// Longest value of one header.
const MOST_VALUE: usize = 8 * 1024;
/// The header with which a caller says for which server a request was signed.
pub(super) const SERVER_ID: &str = "x-vouchsafe-server-id";
const DEFAULT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A `GetCallerIdentity` that somebody says to have signed.
pub(super) struct SignedRequest {
    pub(super) partition: &'static Partition,
    /// The STS host that the request was signed for.
    pub(super) host: String,
    pub(super) signed_at: Timestamp,
    pub(super) signature: String,
    /// Present only if it was signed.
    pub(super) server_id: Option<String>,
    headers: HeaderMap,
    body: &'static str,
}

fn malformed(why: impl Into<String>) -> Refusal {
    Refusal::new(Reason::Malformed, why)
}

impl SignedRequest {
    /// Takes a proof apart and refuses whatever could not be built again.
    pub(super) fn parse(proof: &AwsProof) -> Result<Self, Refusal> {
        if proof.iam_http_request_method.as_deref().is_some_and(|method| method != "POST") {
            return Err(malformed("iamHttpRequestMethod is not POST"));
        }
        let body = body(&proof.iam_request_body)?;
        let sent = headers(&proof.iam_request_headers)?;
        let authorization = Authorization::parse(sent.get("authorization").map_or("", String::as_str))
            .ok_or_else(|| {
                malformed("the Authorization header is none of Signature Version 4 for the service sts")
            })?;
        let signed_at = date(sent.get("x-amz-date").map_or("", String::as_str), &authorization)?;
        let partition = partition_of(&authorization.region).ok_or_else(|| {
            Refusal::new(Reason::Place, "the region of the credential scope is none of AWS")
        })?;
        let host = match sent.get("host") {
            None => host_of(partition, &authorization.region),
            Some(host) if serves(host, partition, &authorization.region) => host.clone(),
            Some(_) => {
                let why =
                    format!("the Host header is no STS host of AWS for the region {}", authorization.region);
                return Err(Refusal::new(Reason::Place, why));
            }
        };
        let headers = rebuilt(&sent, &authorization, body)?;
        let signs = |name: &str| authorization.signed.iter().any(|signed| signed == name);
        Ok(Self {
            server_id: sent.get(SERVER_ID).filter(|_| signs(SERVER_ID)).cloned(),
            signature: authorization.signature,
            partition,
            host,
            signed_at,
            headers,
            body,
        })
    }

    /// What is sent to STS, but for where.
    pub(super) fn into_parts(self) -> (Method, HeaderMap, Vec<u8>) {
        (Method::POST, self.headers, self.body.as_bytes().to_vec())
    }
}

fn body(encoded: &str) -> Result<&'static str, Refusal> {
    let why = "iamRequestBody is not the base64 of Action=GetCallerIdentity&Version=2011-06-15";
    if encoded.len() > 256 {
        return Err(malformed(why));
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| malformed(why))?;
    BODIES.into_iter().find(|body| body.as_bytes() == decoded).ok_or_else(|| malformed(why))
}

/// The headers as sent, by their names in lower case.
fn headers(encoded: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let why = "iamRequestHeaders is not the base64 of a JSON object of header names to text";
    if encoded.len() > MOST_BYTES {
        return Err(malformed("iamRequestHeaders is too long"));
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| malformed(why))?;
    let object: Map<String, Value> = serde_json::from_slice(&decoded).map_err(|_| malformed(why))?;
    let mut found = BTreeMap::new();
    for (name, value) in object {
        let value = match &value {
            Value::String(text) => text,
            Value::Array(list) => match list.as_slice() {
                [Value::String(text)] => text,
                _ => return Err(malformed("a header has several values, or none")),
            },
            // Content-Length, as some write it; what is not signed is not used, and what is signed has to be text.
            _ => continue,
        };
        if found.insert(name.to_ascii_lowercase(), value.trim().to_owned()).is_some() {
            return Err(malformed("a header is there twice"));
        }
    }
    Ok(found)
}

/// The `Authorization` header of Signature Version 4.
struct Authorization {
    access_key: String,
    date: String,
    region: String,
    signed: Vec<String>,
    signature: String,
}

impl Authorization {
    fn parse(text: &str) -> Option<Self> {
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in text.strip_prefix("AWS4-HMAC-SHA256 ")?.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed,
                "Signature" => &mut signature,
                _ => return None,
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let scope: Vec<&str> = credential?.split('/').collect();
        let &[access_key, date, region, "sts", "aws4_request"] = scope.as_slice() else { return None };
        let is_key = (16..=128).contains(&access_key.len())
            && access_key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = (1..=20).contains(&region.len())
            && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let signature = signature.filter(|text| text.len() == 64 && text.bytes().all(is_lower_hex))?;
        let signed: Vec<String> = signed?.split(';').map(str::to_owned).collect();
        // In order and each once, as they have to be.
        let is_sorted = signed.windows(2).all(|pair| pair[0] < pair[1]);
        (is_key && is_date && is_region && is_sorted).then(|| Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            signed,
            signature: signature.to_owned(),
        })
    }

    /// The header, from its parts.
    fn text(&self) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{}/{}/sts/aws4_request, SignedHeaders={}, Signature={}",
            self.access_key,
            self.date,
            self.region,
            self.signed.join(";"),
            self.signature
        )
    }
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// When the request was signed: `X-Amz-Date`, of the day of the credential scope.
fn date(text: &str, authorization: &Authorization) -> Result<Timestamp, Refusal> {
    let why = || {
        malformed(
            "X-Amz-Date is missing, or is not of the form 20260131T102030Z and of the day that was signed for",
        )
    };
    let is_form = text.len() == 16 && text.is_ascii() && text.starts_with(&authorization.date);
    if !is_form || text.as_bytes()[8] != b'T' || text.as_bytes()[15] != b'Z' {
        return Err(why());
    }
    let part = |from: usize, to: usize| &text[from..to];
    let readable = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    );
    readable.parse().map_err(|_| why())
}

/// The headers to send: those that were signed, each of a form that is known, and those that need no signature.
fn rebuilt(
    sent: &BTreeMap<String, String>,
    authorization: &Authorization,
    body: &str,
) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for name in ["host", "x-amz-date"] {
        if !authorization.signed.iter().any(|signed| signed == name) {
            return Err(malformed(format!("the header {name} is not among those that are signed")));
        }
    }
    if sent.contains_key("x-amz-security-token")
        && !authorization.signed.iter().any(|name| name == "x-amz-security-token")
    {
        return Err(malformed("the header x-amz-security-token is not among those that are signed"));
    }
    for name in &authorization.signed {
        // These two are made for the connection.
        if name == "host"
            || (name == "content-length"
                && sent.get(name).is_none_or(|value| *value == body.len().to_string()))
        {
            continue;
        }
        let value = sent.get(name).map_or("", String::as_str);
        if !is_known(name, value, body) {
            let what: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err(malformed(format!(
                "the header {what} is signed, and is missing, unknown here or not of its usual form"
            )));
        }
        insert(&mut headers, name, value)?;
    }
    insert(&mut headers, "authorization", &authorization.text())?;
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(DEFAULT_TYPE));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(headers)
}

/// Whether a signed header is one that can be built again, and its value of the form that it has.
fn is_known(name: &str, value: &str, body: &str) -> bool {
    let within = |most: usize, extra: &[u8]| {
        (1..=most).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
    };
    match name {
        "x-amz-date" => within(16, b""),
        "x-amz-security-token" => within(MOST_VALUE, b"+/=-_"),
        "x-amz-content-sha256" => value == hex(digest(&SHA256, body.as_bytes()).as_ref()),
        "content-type" => {
            let lower = value.to_ascii_lowercase().replace(' ', "");
            matches!(
                lower.as_str(),
                "application/x-www-form-urlencoded" | "application/x-www-form-urlencoded;charset=utf-8"
            )
        }
        "accept" => value == "application/json",
        // Made anew by the official SDKs for every attempt; they mean nothing.
        "amz-sdk-invocation-id" => within(64, b"-"),
        "amz-sdk-request" => within(128, b"=; "),
        SERVER_ID => (1..=256).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic()),
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Refusal> {
    let name =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("a header has no possible name"))?;
    let mut value = HeaderValue::from_str(value).map_err(|_| malformed("a header has no possible value"))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AUTH: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/eu-west-1/sts/aws4_request, \
                        SignedHeaders=content-type;host;x-amz-date, \
                        Signature=e032c6eae5e819b6b0dd26e6784b082437b7ad08403b1fa29ef78f4f32632ca7";

    fn sent() -> Value {
        json!({
            "Authorization": AUTH,
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Host": "sts.eu-west-1.amazonaws.com",
            "X-Amz-Date": "20261124T000000Z",
            "User-Agent": "whatever",
        })
    }

    fn proof_of(headers: &Value, body: &str) -> AwsProof {
        AwsProof {
            iam_http_request_method: None,
            iam_request_body: BASE64_STANDARD.encode(body),
            iam_request_headers: BASE64_STANDARD.encode(headers.to_string()),
        }
    }

    fn reason(headers: &Value) -> Option<Reason> {
        SignedRequest::parse(&proof_of(headers, BODIES[0])).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn a_request_is_built_again_from_what_was_signed() {
        let request = SignedRequest::parse(&proof_of(&sent(), BODIES[1])).unwrap();
        assert_eq!((request.host.as_str(), request.partition.name), ("sts.eu-west-1.amazonaws.com", "aws"));
        assert_eq!(request.signed_at.to_string(), "2026-11-24T00:00:00.000Z");
        let (method, headers, body) = request.into_parts();
        assert_eq!((method, body.as_slice()), (Method::POST, BODIES[1].as_bytes()));
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "authorization", "content-type", "x-amz-date"]);
        assert_eq!(headers["authorization"], AUTH);
    }

    #[test]
    fn a_host_is_taken_only_from_the_list() {
        let mut headers = sent();
        for host in
            ["evil.example", "sts.eu-west-1.amazonaws.com.evil.example", "sts.us-east-1.amazonaws.com", ""]
        {
            headers["Host"] = json!(host);
            assert_eq!(reason(&headers), Some(Reason::Place), "{host}");
        }
        headers.as_object_mut().unwrap().remove("Host");
        assert_eq!(reason(&headers), None);
        headers["Authorization"] = json!(AUTH.replace("eu-west-1", "eu-west-9"));
        assert_eq!(reason(&headers), Some(Reason::Place));
    }

    #[test]
    fn what_cannot_be_built_again_is_refused() {
        let without = |name: &str| {
            let mut headers = sent();
            headers.as_object_mut().unwrap().remove(name);
            headers
        };
        let with = |name: &str, value: Value| {
            let mut headers = sent();
            headers[name] = value;
            headers
        };
        let signing =
            |names: &str| with("Authorization", json!(AUTH.replace("content-type;host;x-amz-date", names)));
        for headers in [
            without("Authorization"),
            without("X-Amz-Date"),
            without("Content-Type"),
            with("Content-Type", json!("text/plain")),
            with("content-type", json!("application/x-www-form-urlencoded")),
            with("X-Amz-Date", json!("20261125T000000Z")),
            with("X-Amz-Date", json!("20261124T000000")),
            with("X-Amz-Date", json!("20261124T250000Z")),
            with("X-Amz-Date", json!(["20261124T000000Z", "20261124T000000Z"])),
            with("Authorization", json!(AUTH.replace("/sts/", "/s3/"))),
            with("Authorization", json!(AUTH.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"))),
            with("Authorization", json!(format!("{AUTH}, Signature=00"))),
            with("X-Amz-Security-Token", json!("FwoGZXIvYXdzEXAMPLE")),
            signing("content-type;x-amz-date"),
            signing("content-type;host"),
            signing("host;content-type;x-amz-date"),
            signing("content-type;host;x-amz-date;x-forwarded-host"),
            signing("connection;host;x-amz-date"),
            signing("content-type;host;x-amz-date;x-amz-target"),
        ] {
            assert_eq!(reason(&headers), Some(Reason::Malformed), "{headers}");
        }
        for body in ["", "Action=AssumeRole&Version=2011-06-15", &format!("{}&X=1", BODIES[0])] {
            assert!(SignedRequest::parse(&proof_of(&sent(), body)).is_err(), "{body}");
        }
        let get =
            AwsProof { iam_http_request_method: Some("GET".to_owned()), ..proof_of(&sent(), BODIES[0]) };
        assert!(SignedRequest::parse(&get).is_err());
    }

    #[test]
    fn an_unsigned_server_id_says_nothing() {
        let mut headers = sent();
        headers["X-Vouchsafe-Server-Id"] = json!("vault.example");
        assert_eq!(SignedRequest::parse(&proof_of(&headers, BODIES[0])).unwrap().server_id, None);
        headers["Authorization"] = json!(AUTH.replace("x-amz-date,", "x-amz-date;x-vouchsafe-server-id,"));
        let request = SignedRequest::parse(&proof_of(&headers, BODIES[0])).unwrap();
        assert_eq!(request.server_id.as_deref(), Some("vault.example"));
        assert_eq!(request.into_parts().1[SERVER_ID], "vault.example");
    }
}
