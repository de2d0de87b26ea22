//! Alibaba Cloud: a signed `GetCallerIdentity` (signature version 1.0 of its RPC APIs).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::given::Identity;
use super::{NoProof, Proof, Source, Surroundings, Trail};

const KEY_ID: [&str; 2] = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY"];
const KEY_SECRET: [&str; 2] = ["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY"];
/// What stays as it is when a text is encoded (RFC 3986 section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The access key of a user, from variables. The login has no place for the token of temporary credentials.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AliCloud {
    /// Who logs in.
    pub identity: Identity,
}

impl AliCloud {
    /// Whether the variables are set.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        around.variable(&KEY_ID).is_some() && around.variable(&KEY_SECRET).is_some()
    }
}

impl Source for AliCloud {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let mut find = |names: &[&'static str]| {
            let Some((name, value)) = around.variable(names) else {
                trail.passed(names.join(", "), "not set");
                return Err(NoProof::new(format!(
                    "{} is not set",
                    names.first().copied().unwrap_or_default()
                )));
            };
            trail.took(name, "set");
            Ok(value.to_owned())
        };
        let (id, secret) = (find(&KEY_ID)?, find(&KEY_SECRET)?);
        let nonce = hex::encode(rand::random::<[u8; 16]>());
        let at = jiff::Timestamp::try_from(around.now()).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ");
        let mut fields = vec![
            ("AccessKeyId", id),
            ("Action", "GetCallerIdentity".to_owned()),
            ("Format", "JSON".to_owned()),
            ("SignatureMethod", "HMAC-SHA1".to_owned()),
            ("SignatureNonce", nonce),
            ("SignatureVersion", "1.0".to_owned()),
            ("Timestamp", at.to_string()),
            ("Version", "2015-04-01".to_owned()),
        ];
        let signature = signature(&fields, &secret);
        fields.push(("Signature", signature));
        let fields: serde_json::Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        self.identity.proof("alicloud-auth", &fields, around, trail)
    }
}

/// The signature of a GET with these parameters, which are in the order of their names.
fn signature(fields: &[(&str, String)], secret: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let message = format!("GET&%2F&{}", encode(&query.join("&")));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{secret}&").as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's hmac and urllib from the documented rules.
    #[test]
    fn requests_are_signed_as_documented() {
        let fields = [
            ("AccessKeyId", "testid"),
            ("Action", "GetCallerIdentity"),
            ("Timestamp", "2026-01-31T10:20:30Z"),
        ];
        let fields = fields.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(signature(&fields, "testsecret"), "4QHzAViNh3dbz5xzro1bxm11T1I=");
    }
}
