//! What a token adds to what its identity holds, or takes from it: facts that its login proved, which rules may name in
//! templates, and the roles to which its source is narrowed.

use serde_json::{Map, Value};
use vouchsafe_keys::fingerprint;
use vouchsafe_policy::TemplateValues;

use super::IdentityClaims;
use vouchsafe_store::MethodGate;

/// Tells scopes apart in caches.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ScopeKey([u8; 32]);

/// The scope of a token.
#[derive(Clone, Debug)]
pub struct TokenScope {
    /// What tells it from others of the same identity.
    pub key: ScopeKey,
    /// Slugs of the only roles that count; none: all.
    pub roles: Option<Vec<String>>,
    /// What the login proved, by path: `kubernetes.namespace`.
    pub facts: Vec<(String, String)>,
}

impl TokenScope {
    /// The scope of a token, if it has one: most have none.
    pub fn of(claims: &IdentityClaims, method: &MethodGate) -> Option<Self> {
        let proven = claims.identity_auth.as_deref();
        if proven.is_none() && method.roles.is_none() {
            return None;
        }
        let mut facts = Vec::new();
        if let Some(proven) = proven {
            collect(proven, "", &mut facts);
        }
        let roles = method.roles.clone();
        let text = serde_json::to_string(&(&roles, &facts)).unwrap_or_default();
        Some(Self { key: ScopeKey(fingerprint(&text)), roles, facts })
    }

    /// Adds the proven facts to what templates are filled in with.
    pub fn fill(&self, values: TemplateValues) -> TemplateValues {
        self.facts.iter().fold(values, |values, (path, value)| values.login(path, value))
    }
}

/// Texts, numbers and flags below an object, with their paths.
fn collect(object: &Map<String, Value>, above: &str, facts: &mut Vec<(String, String)>) {
    for (name, value) in object {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(inner) => collect(inner, &path, facts),
            Value::String(text) => facts.push((path, text.clone())),
            Value::Number(number) => facts.push((path, number.to_string())),
            Value::Bool(flag) => facts.push((path, flag.to_string())),
            Value::Array(_) | Value::Null => {}
        }
    }
}
