//! Signature version 4 of AWS, for requests without a query.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};

use super::Credentials;

/// A request, with the headers to sign: names in lower case and in order.
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    pub(super) path: &'r str,
    pub(super) headers: &'r [(&'static str, String)],
    pub(super) body: &'r [u8],
}

/// The `Authorization` header.
pub(super) fn authorization(
    request: &Request<'_>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: jiff::Timestamp,
) -> String {
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let day = at.strftime("%Y%m%d").to_string();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        at.strftime("%Y%m%dT%H%M%SZ"),
        hash(canonical(request, &names).as_bytes())
    );
    let first = format!("AWS4{}", credentials.secret.reveal());
    let key = [day.as_str(), region, service, "aws4_request"]
        .iter()
        .fold(first.into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex::encode(mac(&key, text.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.key_id
    )
}

fn canonical(request: &Request<'_>, names: &str) -> String {
    let mut text = format!("{}\n{}\n\n", request.method, request.path);
    for (name, value) in request.headers {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{}", hash(request.body));
    text
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn mac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use vouchsafe_api::concealed::Concealed;

    use super::*;

    fn example() -> Credentials {
        Credentials {
            key_id: "AKIDEXAMPLE".to_owned(),
            secret: Concealed::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: None,
        }
    }

    /// `get-vanilla` and `post-x-www-form-urlencoded` of the test suite that AWS published for signature version 4.
    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        let at: jiff::Timestamp = "2015-08-30T12:36:00Z".parse().unwrap();
        let date = ("x-amz-date", "20150830T123600Z".to_owned());
        let host = ("host", "example.amazonaws.com".to_owned());
        let headers = [host.clone(), date.clone()];
        let request = Request { method: "GET", path: "/", headers: &headers, body: b"" };
        let signed = authorization(&request, &example(), "us-east-1", "service", at);
        assert!(
            signed.ends_with("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            "{signed}"
        );
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned()), host, date];
        let request = Request { method: "POST", path: "/", headers: &headers, body: b"Param1=value1" };
        let signed = authorization(&request, &example(), "us-east-1", "service", at);
        assert!(
            signed.ends_with("ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
            "{signed}"
        );
    }
}
