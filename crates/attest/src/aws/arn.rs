//! ARNs of callers, and patterns for them.

use super::regions::is_partition;
use crate::Issue;

/// Longest ARN that is read, in bytes (the longest of IAM has 2048).
const MOST_BYTES: usize = 2048;

/// What kind of principal an ARN names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    User,
    Role,
    AssumedRole,
    FederatedUser,
}

impl Kind {
    const ALL: [Self; 4] = [Self::User, Self::Role, Self::AssumedRole, Self::FederatedUser];

    /// As ARNs name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::AssumedRole => "assumed-role",
            Self::FederatedUser => "federated-user",
        }
    }

    /// Of which service such principals are.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::User | Self::Role => "iam",
            Self::AssumedRole | Self::FederatedUser => "sts",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The ARN of a principal: a user, a role, an assumed role or a federated user. Instance profiles and root users are
/// none that could log in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Arn {
    pub(super) text: String,
    pub(super) partition: String,
    pub(super) account: String,
    pub(super) kind: Kind,
    /// Without path and session.
    pub(super) name: String,
}

impl Arn {
    /// Takes an ARN apart: six parts, a known partition, no region, an account of twelve digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let parts: Vec<&str> = text.split(':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else { return None };
        let (kind, rest) = resource.split_once('/')?;
        let kind = Kind::from_name(kind)?;
        if !is_partition(partition) || service != kind.service() || !is_account(account) {
            return None;
        }
        let segments: Vec<&str> = rest.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let ((Kind::AssumedRole, [name, _])
        | (Kind::FederatedUser, [name])
        | (Kind::User | Kind::Role, [.., name])) = (kind, segments.as_slice())
        else {
            return None;
        };
        Some(Self {
            text: text.to_owned(),
            partition: partition.to_owned(),
            account: account.to_owned(),
            kind,
            name: (*name).to_owned(),
        })
    }
}

/// Whether this is an account id: twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A pattern for ARNs. Everything before its last part is exact, so that it never reaches beyond one account.
#[derive(Clone, Debug)]
pub(super) struct ArnPattern {
    partition: String,
    service: String,
    account: String,
    resource: String,
}

impl ArnPattern {
    /// Reads a pattern (`auth-methods.md` section 7.1).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let &["arn", partition, service @ ("iam" | "sts"), "", account, resource] = parts.as_slice() else {
            return None;
        };
        let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@+*/-".contains(&byte);
        let names_a_kind = Kind::ALL.iter().any(|kind| {
            resource
                .strip_prefix(kind.name())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| !rest.is_empty())
        });
        let is_good = is_partition(partition)
            && is_account(account)
            && resource.bytes().all(is_usable)
            && (resource == "*" || names_a_kind);
        is_good.then(|| Self {
            partition: partition.to_owned(),
            service: service.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }

    /// Reads a comma list of patterns.
    pub(super) fn list(field: &str, list: &str) -> Result<Vec<Self>, Issue> {
        let expected = "Expected ARNs such as arn:aws:iam::123456789012:role/App, with the account in full; * may \
                        stand in the last part";
        let pattern = |text| Self::parse(text).ok_or_else(|| Issue::new(field, expected));
        list.split(", ").filter(|text| !text.is_empty()).map(pattern).collect()
    }

    /// Whether a principal is meant. An assumed role is also meant by the role that was assumed.
    pub(super) fn matches(&self, arn: &Arn) -> bool {
        if self.partition != arn.partition || self.account != arn.account {
            return false;
        }
        let is = |kind: Kind| {
            self.service == kind.service()
                && wildcard(&self.resource, &format!("{}/{}", kind.name(), arn.name))
        };
        is(arn.kind) || (arn.kind == Kind::AssumedRole && is(Kind::Role))
    }
}

/// Whether a text matches a pattern in which `*` stands for any text. Takes at most the product of both lengths.
fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last star did not match.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, t) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/team/App";
    const ASSUMED: &str = "arn:aws:sts::123456789012:assumed-role/App/i-0abc";

    #[test]
    fn principals_are_read_strictly() {
        for (text, kind, name) in [
            ("arn:aws:iam::123456789012:user/a/b/Bob", Kind::User, "Bob"),
            (ROLE, Kind::Role, "App"),
            (ASSUMED, Kind::AssumedRole, "App"),
            ("arn:aws-us-gov:sts::123456789012:federated-user/eve", Kind::FederatedUser, "eve"),
        ] {
            let arn = Arn::parse(text).unwrap();
            assert_eq!((arn.kind, arn.name.as_str()), (kind, name));
        }
        for text in [
            "",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:instance-profile/App",
            "arn:aws:iam::123456789012:assumed-role/App/s",
            "arn:aws:sts::123456789012:role/App",
            "arn:aws:sts::123456789012:assumed-role/App",
            "arn:aws:sts::123456789012:assumed-role/App/s/x",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:user/a//b",
            "arn:aws:iam::12345678901:user/b",
            "arn:aws:iam:us-east-1:123456789012:user/b",
            "arn:evil:iam::123456789012:user/b",
            "arn:aws:iam::123456789012:user/b:c",
            "arn:aws:iam::123456789012:user/b c",
            "xarn:aws:iam::123456789012:user/b",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_match_both_forms_of_an_assumed_role_and_no_other_account() {
        let matches =
            |pattern: &str, arn: &str| ArnPattern::parse(pattern).unwrap().matches(&Arn::parse(arn).unwrap());
        assert!(matches("arn:aws:iam::123456789012:role/App", ASSUMED));
        assert!(matches("arn:aws:sts::123456789012:assumed-role/App", ASSUMED));
        assert!(matches("arn:aws:iam::123456789012:role/A*", ASSUMED));
        assert!(matches("arn:aws:iam::123456789012:role/App", ROLE));
        assert!(matches("arn:aws:iam::123456789012:*", ASSUMED));
        assert!(!matches("arn:aws:sts::123456789012:assumed-role/App/i-0abc", ASSUMED));
        assert!(!matches("arn:aws:iam::123456789012:role/team/App", ROLE));
        assert!(!matches("arn:aws:iam::123456789012:role/app", ASSUMED));
        assert!(!matches(
            "arn:aws:iam::123456789012:role/App",
            "arn:aws:sts::123456789012:assumed-role/App2/s"
        ));
        assert!(!matches("arn:aws:iam::123456789012:user/App", ASSUMED));
        assert!(!matches("arn:aws:iam::123456789013:role/App", ASSUMED));
        assert!(!matches("arn:aws-us-gov:iam::123456789012:role/App", ASSUMED));
    }

    #[test]
    fn a_pattern_names_its_account_in_full() {
        for pattern in [
            "*",
            "arn:aws:iam::*:role/App",
            "arn:aws:iam::12345678901*:role/App",
            "arn:*:iam::123456789012:role/App",
            "arn:aws:*::123456789012:role/App",
            "arn:aws:s3::123456789012:role/App",
            "arn:aws:iam::123456789012:instance-profile/App",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:ro*",
            "arn:aws:iam::123456789012:role/App?",
            "arn:aws:iam:us-east-1:123456789012:role/App",
        ] {
            assert!(ArnPattern::parse(pattern).is_none(), "{pattern}");
        }
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, is_match) in [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbcd", false),
            ("a*b*c", "a-b-b-c", true),
            ("**", "x", true),
            ("a", "a*", false),
            ("*ab", "aab", true),
        ] {
            assert_eq!(wildcard(pattern, text), is_match, "{pattern} {text}");
        }
    }
}
