//! What a workload would present, as somebody pastes it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use vouchsafe_api::auth_checks::WhatIf;

use crate::form::Form;

/// Longest sample, in bytes.
const LONGEST: usize = 64 * 1024;

/// Kinds of samples.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Jwt,
    Arn,
    Certificate,
    Username,
    Ocid,
}

/// Kinds with their names in forms and addresses (those of the API), what people call them, and how one begins.
const KINDS: [(Kind, &str, &str, &str); 5] = [
    (Kind::Jwt, "jwt", "a JWT", "three parts with dots between them, of which the first begins with eyJ"),
    (Kind::Arn, "arn", "an ARN", "a name that begins with arn: (AWS) or acs: (Alibaba Cloud)"),
    (Kind::Certificate, "certificate", "a certificate", "a text with -----BEGIN CERTIFICATE----- in it"),
    (Kind::Username, "username", "a user name", "a name on one line"),
    (Kind::Ocid, "ocid", "an OCID", "ocid1.user.…, or tenancy/user/fingerprint as requests name their key"),
];

impl Kind {
    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        KINDS.iter().find(|(kind, ..)| *kind == self).unwrap_or(&KINDS[0])
    }

    /// The kind of this name.
    fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known, ..)| *known == name).map(|(kind, ..)| *kind)
    }

    /// Name in forms and addresses.
    pub(super) fn name(self) -> &'static str {
        self.row().1
    }

    /// What people call one.
    pub(super) fn a(self) -> &'static str {
        self.row().2
    }

    fn expected(self) -> &'static str {
        self.row().3
    }

    /// The kind of a text that can be of one kind only. Almost anything can be a user name.
    fn of(text: &str) -> Option<Self> {
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Some(Self::Certificate);
        }
        let is_one_word = !text.contains(char::is_whitespace);
        match text {
            _ if is_jwt(&unbroken(text)) => Some(Self::Jwt),
            _ if is_one_word && (text.starts_with("arn:") || text.starts_with("acs:")) => Some(Self::Arn),
            _ if is_one_word && text.starts_with("ocid1.") => Some(Self::Ocid),
            _ => None,
        }
    }
}

/// What a list of kinds offers: names and what people call them.
pub(super) fn offered() -> Vec<(String, String)> {
    let kinds = KINDS.iter().map(|(_, name, a, _)| (*name, *a));
    let all = [("", "Recognize it")].into_iter().chain(kinds);
    all.map(|(name, a)| (name.to_owned(), a.to_owned())).collect()
}

/// A sample that was understood.
pub(super) struct Sample {
    pub(super) kind: Kind,
    text: String,
}

impl Sample {
    /// What was typed; otherwise the problem is noted at its field.
    pub(super) fn read(form: &mut Form) -> Option<Self> {
        match understood(Kind::named(form.text("kind")), form.text("sample").trim()) {
            Ok(sample) => Some(sample),
            Err((field, problem)) => {
                form.refuse(field, problem);
                None
            }
        }
    }

    /// As the API is asked.
    pub(super) fn question(&self) -> WhatIf {
        let (mut asked, text) = (WhatIf::default(), Some(self.text.clone()));
        match self.kind {
            Kind::Jwt => asked.jwt = text,
            Kind::Arn => asked.arn = text,
            Kind::Certificate => asked.certificate = text,
            Kind::Username => asked.username = text,
            Kind::Ocid => asked.ocid = text,
        }
        asked
    }

    /// The text to go on with. Of a JWT it has no signature, so it is worth nothing to whoever reads the page.
    pub(super) fn harmless(&self) -> String {
        match (self.kind, self.text.rsplit_once('.')) {
            (Kind::Jwt, Some((claims, _))) => format!("{claims}."),
            _ => self.text.clone(),
        }
    }
}

/// The form as it is shown again: without what might be somebody's credential.
pub(super) fn shown_again(form: Form) -> Form {
    if may_be_shown(Kind::named(form.text("kind")), form.text("sample").trim()) {
        form
    } else {
        form.without("sample")
    }
}

fn may_be_shown(chosen: Option<Kind>, text: &str) -> bool {
    let found = Kind::of(text);
    let is_token = chosen == Some(Kind::Jwt) || found == Some(Kind::Jwt) || text.contains("eyJ");
    !is_token && !has_private_key(text) && chosen.or(found).is_some()
}

fn understood(chosen: Option<Kind>, text: &str) -> Result<Sample, (&'static str, String)> {
    let problem = |problem: &str| Err(("sample", problem.to_owned()));
    if text.is_empty() {
        return problem("Paste what the workload would present");
    }
    if text.len() > LONGEST {
        return problem("It is longer than 64 KiB, and no proof is");
    }
    if has_private_key(text) {
        return problem(
            "There is a private key in it, which only the workload should have. Paste the certificate alone",
        );
    }
    let found = Kind::of(text);
    let kind = match (chosen, found) {
        (None, None) => {
            return Err((
                "kind",
                "It can be of several kinds: choose what it is, and paste it again".to_owned(),
            ));
        }
        (Some(chosen), Some(found)) if chosen != found => {
            return Err((
                "sample",
                format!("This looks like {}, not like {}: choose the other kind", found.a(), chosen.a()),
            ));
        }
        (None, Some(kind)) | (Some(kind), Some(_)) => kind,
        (Some(Kind::Username), None) if !text.contains(char::is_control) => Kind::Username,
        (Some(kind), None) => {
            return Err(("sample", format!("This is not {}: expected {}", kind.a(), kind.expected())));
        }
    };
    let text = if kind == Kind::Jwt { unbroken(text) } else { text.to_owned() };
    Ok(Sample { kind, text })
}

/// Without the line ends that terminals put in.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether it has the form of a JWS (RFC 7515, section 7.1); it may lack the signature.
fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return false };
    let is_base64 = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let is_object = |part: &str| {
        is_base64(part).is_some_and(|json| matches!(serde_json::from_slice(&json), Ok(Value::Object(_))))
    };
    is_object(header) && is_object(claims) && is_base64(signature).is_some()
}

fn has_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JWT of RFC 7515, appendix A.1.
    const JWT: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn read(kind: &str, text: &str) -> Result<(Kind, String), (String, String)> {
        let mut form = Form::default().with("kind", kind).with("sample", text);
        match Sample::read(&mut form) {
            Some(sample) => Ok((sample.kind, sample.text)),
            None => Err(form.problems()[0].clone()),
        }
    }

    #[test]
    fn what_can_be_of_one_kind_only_is_recognized() {
        for (text, kind) in [
            (JWT, Kind::Jwt),
            ("arn:aws:iam::123456789012:role/ci", Kind::Arn),
            ("acs:ram::1234567890123456:user/app", Kind::Arn),
            ("x\n-----BEGIN CERTIFICATE-----\nMII", Kind::Certificate),
            ("ocid1.user.oc1..aaaa", Kind::Ocid),
        ] {
            assert_eq!(read("", &format!(" {text}\n")), Ok((kind, text.to_owned())));
            assert_eq!(read(kind.name(), text), Ok((kind, text.to_owned())));
        }
        let (head, tail) = JWT.split_at(50);
        assert_eq!(read("", &format!("{head}\n  {tail}")), Ok((Kind::Jwt, JWT.to_owned())));
        for text in ["app", "a.b.c", "arn: not", "eyJ0.eyJ0.x"] {
            assert_eq!(read("", text).unwrap_err().0, "kind", "{text}");
            assert_eq!(read("username", text), Ok((Kind::Username, text.to_owned())));
        }
    }

    #[test]
    fn what_is_of_another_kind_is_told_at_the_field() {
        for (kind, text, part) in [
            ("jwt", "arn:aws:iam::1:user/a", "looks like an ARN, not like a JWT"),
            ("username", JWT, "looks like a JWT"),
            ("jwt", "Bearer x", "expected three parts"),
            ("arn", "app", "begins with arn:"),
            ("certificate", "app", "BEGIN CERTIFICATE"),
            ("ocid", "app", "ocid1.user"),
            ("username", "a\nb", "on one line"),
            ("jwt", " ", "Paste what"),
            ("", &"x".repeat(LONGEST + 1), "64 KiB"),
            ("certificate", "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----", "private key"),
        ] {
            let (field, problem) = read(kind, text).unwrap_err();
            assert!(field == "sample" && problem.contains(part), "{kind}: {problem}");
        }
    }

    #[test]
    fn what_may_be_a_credential_is_not_shown_again() {
        let key = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----";
        for (kind, text) in [
            ("", JWT),
            ("arn", JWT),
            ("jwt", "opaque"),
            ("", "opaque"),
            ("username", "Bearer eyJhbGci"),
            ("certificate", key),
        ] {
            let form = Form::default().with("kind", kind).with("sample", text);
            assert_eq!(shown_again(form).text("sample"), "", "{kind}");
        }
        for (kind, text) in [
            ("", "arn:aws:iam::1:user/a"),
            ("jwt", "arn:aws:iam::1:user/a"),
            ("username", "app"),
            ("arn", "arm:aws"),
        ] {
            let form = Form::default().with("kind", kind).with("sample", text);
            // Whoever said that it is a JWT may have meant it.
            assert_eq!(shown_again(form).text("sample"), if kind == "jwt" { "" } else { text });
        }
    }

    #[test]
    fn one_goes_on_without_the_signature() {
        let sample = |text: &str| understood(None, text).ok().unwrap();
        let harmless = sample(JWT).harmless();
        assert!(harmless.ends_with("fQ.") && JWT.starts_with(&harmless));
        // It is still a sample, and stays what it is.
        assert_eq!(sample(&harmless).harmless(), harmless);
        assert_eq!(sample("arn:aws:a.b").harmless(), "arn:aws:a.b");
    }
}
