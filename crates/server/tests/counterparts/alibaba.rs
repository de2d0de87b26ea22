//! An STS of Alibaba Cloud that checks signatures and answers as the real one is documented to.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use url::Url;

use super::fake::{Asked, Fake, Said};

pub(crate) const ACCOUNT: &str = "1968132000123456";
pub(crate) const KEY: &str = "LTAI5tFakeKeyIdOfUser";
pub(crate) const SECRET: &str = "fakeSecretOfUser0123456789abcd";

/// The one user that STS knows.
pub(crate) fn arn() -> String {
    format!("acs:ram::{ACCOUNT}:user/app")
}

/// Percent-encoding as signatures ask for it: everything but letters, digits and `-_.~`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            all.extend(['%'].into_iter().chain(format!("{byte:02X}").chars()));
        }
        all
    })
}

/// The signature of a GET with these parameters.
pub(crate) fn signature(parameters: &BTreeMap<String, String>, secret: &str) -> String {
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let text = format!("GET&{}&{}", encoded("/"), encoded(&query.join("&")));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{secret}&").as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

pub(crate) fn error(status: u16, code: &str) -> Said {
    let body = json!({
        "RequestId": "4B2E29A4-2E2C-5B5A-8B6B-0A4B5D7C1C51", "HostId": "sts.aliyuncs.com", "Code": code,
        "Message": "The request is refused.", "Recommend": "https://api.alibabacloud.com/troubleshoot",
    });
    (status, "application/json;charset=utf-8", body.to_string())
}

pub(crate) fn caller(account: &str, arn: &str) -> Said {
    let body = json!({
        "IdentityType": "RAMUser", "AccountId": account, "RequestId": "2C9BE469-4A35-44D5-9529-CAA280B11603",
        "PrincipalId": "216959339000654321", "UserId": "216959339000654321", "Arn": arn,
    });
    (200, "application/json;charset=utf-8", body.to_string())
}

/// An STS that knows one user.
pub(crate) fn sts() -> Fake {
    let nonces = Mutex::new(Vec::new());
    Fake::plain(move |asked: &Asked| answer(asked, &mut nonces.lock().unwrap()))
}

/// What STS answers: it checks the signature, and takes every nonce once.
fn answer(asked: &Asked, nonces: &mut Vec<String>) -> Said {
    assert_eq!(asked.method, "GET");
    let url: Url = format!("https://sts.aliyuncs.com{}", asked.target).parse().unwrap();
    let mut parameters: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let Some(found) = parameters.remove("Signature") else { return error(400, "MissingSignature") };
    if parameters.get("AccessKeyId").map(String::as_str) != Some(KEY) {
        return error(404, "InvalidAccessKeyId.NotFound");
    }
    if found != signature(&parameters, SECRET) {
        return error(400, "SignatureDoesNotMatch");
    }
    let nonce = parameters["SignatureNonce"].clone();
    if nonces.contains(&nonce) {
        return error(400, "SignatureNonceUsed");
    }
    nonces.push(nonce);
    caller(ACCOUNT, &arn())
}
