//! What a token adds to what its identity holds, or takes from it: facts that its login proved, which rules may name in
//! templates, and the roles to which its source is narrowed.

use std::sync::Arc;

use serde_json::{Map, Value};
use vouchsafe_keys::fingerprint;
use vouchsafe_policy::TemplateValues;
use vouchsafe_store::MethodGate;

use super::IdentityClaims;

/// Tells scopes apart in caches.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ScopeKey([u8; 32]);

/// What a login proved.
#[derive(Debug)]
pub struct Facts {
    key: ScopeKey,
    /// Values by path: `kubernetes.namespace`.
    values: Vec<(String, String)>,
}

impl Facts {
    /// What these claims say was proved; none if nothing was.
    pub fn of(claims: &IdentityClaims) -> Option<Self> {
        let mut values = Vec::new();
        collect(claims.identity_auth.as_deref()?, "", &mut values);
        Some(Self { key: key(&values), values })
    }
}

/// The scope of a token.
#[derive(Clone, Debug)]
pub struct TokenScope {
    /// What tells it from others of the same identity.
    pub key: ScopeKey,
    /// Slugs of the only roles that count; none: all.
    pub roles: Option<Vec<String>>,
    facts: Option<Arc<Facts>>,
}

impl TokenScope {
    /// The scope of a token, if it has one: most have none.
    pub fn of(facts: Option<&Arc<Facts>>, method: &MethodGate) -> Option<Self> {
        let key = match (facts, &method.roles) {
            (None, None) => return None,
            (Some(facts), None) => facts.key,
            (facts, Some(roles)) => key(&(roles, facts.map(|facts| &facts.values))),
        };
        Some(Self { key, roles: method.roles.clone(), facts: facts.cloned() })
    }

    /// Adds the proven facts to what templates are filled in with.
    pub fn fill(&self, values: TemplateValues) -> TemplateValues {
        let facts = self.facts.iter().flat_map(|facts| &facts.values);
        facts.fold(values, |values, (path, value)| values.login(path, value))
    }
}

fn key(parts: &impl serde::Serialize) -> ScopeKey {
    ScopeKey(fingerprint(&serde_json::to_string(parts).unwrap_or_default()))
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
