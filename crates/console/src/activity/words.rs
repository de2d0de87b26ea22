//! Events of the audit trail in words.

use serde_json::Value;

/// First words of the names of events, and what they say in the past.
const VERBS: [(&str, &str); 18] = [
    ("accept", "accepted"),
    ("add", "added"),
    ("change", "changed"),
    ("clear", "cleared"),
    ("create", "made"),
    ("delete", "deleted"),
    ("end", "ended"),
    ("invite", "invited"),
    ("lock", "locked"),
    ("move", "moved"),
    ("refresh", "fetched again"),
    ("remove", "removed"),
    ("revoke", "revoked"),
    ("select", "chose"),
    ("set-up", "set up"),
    ("sign-in", "signed in"),
    ("sign-out", "signed out"),
    ("update", "changed"),
];

/// Events whose names say less than they could.
const OTHERWISE: [(&str, &str); 12] = [
    ("add-identity-auth-method", "added an auth method"),
    ("clear-identity-lockouts", "ended lockouts"),
    ("create-token-identity-token-auth", "made a token"),
    ("revoke-identity-access-token", "revoked an access token"),
    ("revoke-identity-auth-method", "removed an auth method"),
    ("revoke-identity-tokens", "revoked all tokens"),
    ("revoke-token-identity-token-auth", "revoked a token"),
    ("update-identity-auth-method", "changed an auth method"),
    ("update-identity-membership", "changed the roles of an identity"),
    ("update-token-identity-token-auth", "renamed a token"),
    ("refresh-identity-spiffe-auth-bundle", "fetched a SPIFFE trust bundle"),
    ("change-user-password", "changed the own password"),
];

/// Words of the names of events that people write otherwise.
const NAMES: [(&str, &str); 10] = [
    ("aws", "AWS"),
    ("azure", "Azure"),
    ("gcp", "GCP"),
    ("jwt", "JWT"),
    ("kubernetes", "Kubernetes"),
    ("ldap", "LDAP"),
    ("oci", "OCI"),
    ("oidc", "OIDC"),
    ("spiffe", "SPIFFE"),
    ("tls", "TLS"),
];

/// The event as what its actor did: `create-identity` is "made identity".
pub(super) fn said(event: &str) -> String {
    if let Some(method) = event.strip_prefix("login-identity-") {
        return match method.strip_suffix("-failed") {
            Some(method) => format!("was refused to log in with {}", spaced(method)),
            None => format!("logged in with {}", spaced(method)),
        };
    }
    if let Some((_, said)) = OTHERWISE.iter().find(|(name, _)| *name == event) {
        return (*said).to_owned();
    }
    let is_verb =
        |verb: &str| event.strip_prefix(verb).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    match VERBS.iter().find(|(verb, _)| is_verb(verb)) {
        // Whoever signs in or out is named as the actor already.
        Some((verb @ ("sign-in" | "sign-out"), past)) if event == format!("{verb}-user") => {
            (*past).to_owned()
        }
        Some((verb, past)) => format!("{past} {}", spaced(&event[verb.len()..])).trim_end().to_owned(),
        None => spaced(event),
    }
}

fn spaced(name: &str) -> String {
    let words = name.split('-').filter(|word| !word.is_empty());
    let words =
        words.map(|word| NAMES.iter().find(|(known, _)| *known == word).map_or(word, |(_, name)| *name));
    words.collect::<Vec<_>>().join(" ")
}

/// Fields of the details that name what an event is about, the best first.
const ABOUT: [&str; 6] = ["name", "secretKey", "email", "slug", "newSlug", "secretPath"];

/// What an event is about; nothing if its details name nothing.
pub(super) fn about(detail: &Value) -> Option<&str> {
    ABOUT.iter().find_map(|field| detail[*field].as_str()).filter(|text| !text.is_empty())
}

/// The details as names and values for people: texts as they are, all else as JSON.
pub(super) fn details(detail: &Value) -> Vec<(String, String)> {
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let fields = detail.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    fields.map(|(name, value)| (name.clone(), shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_told_in_words() {
        for (event, words) in [
            ("create-identity", "made identity"),
            ("login-identity-universal-auth", "logged in with universal auth"),
            ("login-identity-oidc-auth-failed", "was refused to log in with OIDC auth"),
            ("sign-in-user", "signed in"),
            ("set-up-instance", "set up instance"),
            ("end-user-sessions", "ended user sessions"),
            ("endow-nothing", "endow nothing"),
            ("refresh-oidc-keys", "fetched again OIDC keys"),
            ("add-identity-auth-method", "added an auth method"),
        ] {
            assert_eq!(said(event), words);
        }
    }

    #[test]
    fn details_say_what_an_event_is_about() {
        let detail = json!({ "identityId": "1", "slug": "x", "name": "<b>", "roles": ["a"], "none": null });
        assert_eq!(
            (about(&detail), about(&json!({ "n": 1 })), about(&Value::Null)),
            (Some("<b>"), None, None)
        );
        let shown = details(&detail);
        assert!(shown.contains(&("roles".to_owned(), "[\n  \"a\"\n]".to_owned())) && shown.len() == 4);
    }
}
