//! What STS answers, read strictly: JSON as asked for, or XML as the API is documented.

use http::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::net::Reply;
use crate::reason::{Reason, Refusal};

/// Longest value of a field that is used.
const MOST_BYTES: usize = 2048;

/// Who signed, as STS says.
#[derive(Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CallerIdentity {
    pub(super) account: String,
    pub(super) arn: String,
    pub(super) user_id: String,
}

/// Reads an answer. What says that the request is not good is `provider-refused`; what says nothing clear is no yes.
pub(super) fn read(reply: &Reply) -> Result<CallerIdentity, Refusal> {
    let content_type =
        reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = media == "application/json";
    match reply.status {
        200 => {
            let found = if is_json { json(&reply.body) } else { xml(&reply.body) };
            let is_bounded = |found: &CallerIdentity| {
                [&found.account, &found.arn, &found.user_id]
                    .iter()
                    .all(|text| (1..=MOST_BYTES).contains(&text.len()))
            };
            found.filter(is_bounded).ok_or_else(|| {
                Refusal::new(
                    Reason::ProviderAnswer,
                    "STS answered something else than a GetCallerIdentityResponse",
                )
            })
        }
        status @ 400..500 if status != 429 => {
            let code = if is_json { json_code(&reply.body) } else { xml_code(&reply.body) };
            let code = code.unwrap_or_else(|| "no code".to_owned());
            if code.contains("Throttl") {
                return Err(Refusal::new(
                    Reason::Unreachable,
                    "STS answers that there are too many requests",
                ));
            }
            Err(Refusal::new(Reason::Provider, format!("STS refuses the request: {status} {code}")))
        }
        status => Err(Refusal::new(Reason::Unreachable, format!("STS answered {status} instead of 200"))),
    }
}

fn json(body: &[u8]) -> Option<CallerIdentity> {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(rename = "GetCallerIdentityResponse")]
        response: Middle,
    }
    #[derive(Deserialize)]
    struct Middle {
        #[serde(rename = "GetCallerIdentityResult")]
        result: CallerIdentity,
    }
    serde_json::from_slice(body).ok().map(|outer: Outer| outer.response.result)
}

fn json_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(rename = "Error")]
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        #[serde(rename = "Code")]
        code: String,
    }
    serde_json::from_slice(body).ok().and_then(|outer: Outer| plain(&outer.error.code))
}

/// `GetCallerIdentityResponse/GetCallerIdentityResult/{Account, Arn, UserId}`, each exactly once. The parser refuses
/// document types, so that nothing is expanded.
fn xml(body: &[u8]) -> Option<CallerIdentity> {
    let document = roxmltree::Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "GetCallerIdentityResponse" {
        return None;
    }
    let result = only_child(root, "GetCallerIdentityResult")?;
    let text = |name| only_child(result, name).and_then(only_text);
    Some(CallerIdentity { account: text("Account")?, arn: text("Arn")?, user_id: text("UserId")? })
}

fn xml_code(body: &[u8]) -> Option<String> {
    let document = roxmltree::Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let code = document.descendants().find(|node| node.tag_name().name() == "Code")?;
    only_text(code).and_then(|code| plain(&code))
}

fn only_child<'a, 'i>(node: roxmltree::Node<'a, 'i>, name: &str) -> Option<roxmltree::Node<'a, 'i>> {
    let mut found = node.children().filter(|child| child.tag_name().name() == name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The text of an element that holds one text and nothing else, so that a comment cannot cut it short.
fn only_text(node: roxmltree::Node<'_, '_>) -> Option<String> {
    let mut children = node.children();
    let text = children.next().filter(roxmltree::Node::is_text)?.text()?;
    children.next().is_none().then(|| text.to_owned())
}

/// An error code, if it is one: it goes into the audit log.
fn plain(code: &str) -> Option<String> {
    let is_code = (1..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn reply(status: u16, media: &'static str, body: &str) -> Reply {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media))]);
        Reply { status, headers, body: body.as_bytes().to_vec() }
    }

    const RESULT: &str =
        "<UserId>AIDA</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/b</Arn>";

    fn in_xml(result: &str) -> String {
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             {result}</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    }

    #[test]
    fn both_forms_are_read() {
        let json = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"123456789012",
            "Arn":"arn:aws:iam::123456789012:user/b","UserId":"AIDA"},"ResponseMetadata":{"RequestId":"x"}}}"#;
        let expected = CallerIdentity {
            account: "123456789012".to_owned(),
            arn: "arn:aws:iam::123456789012:user/b".to_owned(),
            user_id: "AIDA".to_owned(),
        };
        assert_eq!(read(&reply(200, "application/json", json)).unwrap(), expected);
        assert_eq!(read(&reply(200, "text/xml", &in_xml(RESULT))).unwrap(), expected);
    }

    #[test]
    fn anything_else_is_no_answer() {
        for body in [
            String::new(),
            "<html/>".to_owned(),
            in_xml(""),
            in_xml(&format!("{RESULT}<Account>1</Account>")),
            in_xml(&RESULT.replace("user/b", "user/b<!-- x -->c")),
            format!("<!DOCTYPE x [<!ENTITY y \"z\">]>{}", in_xml(RESULT)),
            in_xml(RESULT).replace("GetCallerIdentityResponse", "AssumeRoleResponse"),
        ] {
            assert_eq!(
                read(&reply(200, "text/xml", &body)).unwrap_err().reason,
                Reason::ProviderAnswer,
                "{body}"
            );
        }
        assert_eq!(read(&reply(200, "application/json", "{}")).unwrap_err().reason, Reason::ProviderAnswer);
    }

    #[test]
    fn errors_keep_their_code() {
        let json = r#"{"Error":{"Code":"ExpiredToken","Message":"m","Type":"Sender"},"RequestId":"x"}"#;
        let refusal = read(&reply(403, "application/json", json)).unwrap_err();
        assert_eq!(
            (refusal.reason, refusal.why.as_str()),
            (Reason::Provider, "STS refuses the request: 403 ExpiredToken")
        );
        let xml = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>";
        assert!(read(&reply(403, "text/xml", xml)).unwrap_err().why.ends_with("403 SignatureDoesNotMatch"));
        assert_eq!(
            read(&reply(400, "text/xml", "<a><Code>Throttling</Code></a>")).unwrap_err().reason,
            Reason::Unreachable
        );
        assert_eq!(read(&reply(503, "text/plain", "")).unwrap_err().reason, Reason::Unreachable);
        assert_eq!(read(&reply(302, "text/plain", "")).unwrap_err().reason, Reason::Unreachable);
    }
}
