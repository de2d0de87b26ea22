//! In which state an identity is, told in the list and on its pages.

use vouchsafe_api::identities::{EXPIRING_WITHIN, IDLE_AFTER, IdentityMembership};
use vouchsafe_domain::time::Timestamp;

use super::subject::method_name;
use crate::time::ago;

/// A state: a word, and what kind of mark it gets.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct StateTag {
    /// `good`, `warn` or `bad`.
    pub(super) mark: &'static str,
    pub(super) text: String,
}

/// Methods with a login that is locked now.
pub(super) fn locked(member: &IdentityMembership) -> &[String] {
    member.identity.active_lockout_auth_methods.as_deref().unwrap_or_default()
}

/// What has to be known of an identity at once, the worst first.
pub(super) fn states(member: &IdentityMembership, now: Timestamp) -> Vec<StateTag> {
    let mut states = Vec::new();
    for method in locked(member) {
        states.push(StateTag { mark: "bad", text: format!("{} locked", method_name(method)) });
    }
    let end = member.identity.next_credential_expiry;
    if let Some(end) = end.filter(|end| *end < now.plus_seconds(EXPIRING_WITHIN)) {
        states.push(StateTag { mark: "warn", text: format!("expiring {}", ago(end, now)) });
    }
    let is_idle = |at: Timestamp| at < now.plus_seconds(-IDLE_AFTER);
    let (mark, text) = match member.last_login_time {
        _ if member.identity.auth_methods.is_empty() => ("warn", "cannot log in"),
        None => ("warn", "never logged in"),
        Some(at) if is_idle(at) => ("warn", "idle"),
        Some(_) => ("good", "active"),
    };
    states.push(StateTag { mark, text: text.to_owned() });
    states
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-06-01T00:00:00.000Z";

    fn told(methods: &[&str], locked: &[&str], last_login: Option<&str>, end: Option<&str>) -> Vec<String> {
        let id = "019a0000-0000-7000-8000-000000000000";
        let member = json!({
            "id": id, "role": "member", "orgId": id, "identityId": id, "createdAt": NOW, "updatedAt": NOW,
            "lastLoginTime": last_login, "identity": {
                "id": id, "name": "x", "hasDeleteProtection": false, "orgId": id, "authMethods": methods,
                "activeLockoutAuthMethods": locked, "nextCredentialExpiry": end, "createdAt": NOW, "updatedAt": NOW,
            },
        });
        let member: IdentityMembership = serde_json::from_value(member).unwrap();
        let states = states(&member, NOW.parse().unwrap());
        states.into_iter().map(|state| format!("{}: {}", state.mark, state.text)).collect()
    }

    #[test]
    fn the_worst_is_told_first() {
        let all = told(
            &["universal-auth", "ldap-auth"],
            &["ldap-auth", "universal-auth"],
            Some("2026-05-01T23:59:59.000Z"),
            Some("2026-06-03T00:00:00.000Z"),
        );
        assert_eq!(
            all,
            ["bad: LDAP Auth locked", "bad: Universal Auth locked", "warn: expiring in 2 days", "warn: idle"]
        );
    }

    #[test]
    fn bounds_are_those_of_searches() {
        let login = |at: &str| told(&["jwt-auth"], &[], Some(at), None);
        assert_eq!(login("2026-05-02T00:00:00.000Z"), ["good: active"]);
        assert_eq!(login("2026-05-01T23:59:59.999Z"), ["warn: idle"]);
        let end = |at: &str| told(&["jwt-auth"], &[], None, Some(at));
        assert_eq!(end("2026-06-07T23:59:59.999Z"), ["warn: expiring in 6 days", "warn: never logged in"]);
        assert_eq!(end("2026-06-08T00:00:00.000Z"), ["warn: never logged in"]);
    }

    #[test]
    fn without_a_method_nobody_logs_in() {
        assert_eq!(told(&[], &[], Some(NOW), None), ["warn: cannot log in"]);
        assert_eq!(told(&[], &[], None, None), ["warn: cannot log in"]);
    }
}
