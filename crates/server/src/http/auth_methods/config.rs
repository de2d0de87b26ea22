//! Configurations at rest: their secret fields are sealed, the others are JSON that anybody with the database may read.

use serde_json::{Map, Value};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_keys::Aad;
use vouchsafe_store::AuthMethod;

use super::kind::Kind;
use crate::app::App;
use crate::http::error::{ApiError, ApiResult};

/// A configuration as it is stored.
pub(super) struct AtRest {
    pub(super) open: Value,
    pub(super) sealed: Option<Vec<u8>>,
}

fn place(method: &str, identity: IdentityId, source: &str) -> Aad {
    Aad::new(&["auth-method", method, &identity.to_string(), source])
}

/// Seals the secret fields of a configuration.
pub(super) fn seal(
    app: &App,
    kind: &Kind,
    identity: IdentityId,
    source: &str,
    config: Value,
) -> ApiResult<AtRest> {
    let Value::Object(mut open) = config else {
        return Err(ApiError::internal("a configuration that is no object"));
    };
    let secrets: Map<String, Value> =
        kind.secrets.iter().filter_map(|name| open.remove_entry(*name)).collect();
    let sealed = (!secrets.is_empty()).then(|| {
        let text = Value::Object(secrets).to_string();
        app.keys.root.seal(&place(kind.id, identity, source), text.as_bytes()).into_bytes()
    });
    Ok(AtRest { open: Value::Object(open), sealed })
}

/// The whole configuration, with its secret fields.
pub(super) fn open(app: &App, method: &AuthMethod) -> ApiResult<Value> {
    let mut config = method.config.clone();
    if let (Value::Object(fields), Some(sealed)) = (&mut config, &method.sealed) {
        let place = place(&method.method, method.identity_id, &method.source);
        let secrets = app.keys.root.open(&place, sealed).map_err(|error| {
            ApiError::internal(format!("the secrets of an auth method do not open: {error}"))
        })?;
        let secrets: Map<String, Value> = serde_json::from_slice(&secrets)
            .map_err(|_| ApiError::internal("sealed secrets that are no JSON"))?;
        fields.extend(secrets);
    }
    Ok(config)
}
