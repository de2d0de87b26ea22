//! Auth methods attached to identities: settings that all methods share, and each method's own
//! configuration as JSON.

use serde_json::Value;
use uuid::Uuid;
use vouchsafe_domain::id::{AuthMethodId, IdentityId};
use vouchsafe_domain::lockout::{LockoutScope, LockoutSettings};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;

use crate::engine::{Arg, FromRow, Row, Sql, args};
use crate::error::{StoreError, StoreResult};
use crate::{Change, Store};

/// An attached auth method.
#[derive(Clone, Debug)]
pub struct AuthMethod {
    /// Id of the attachment; attached anew, it is another one.
    pub id: AuthMethodId,
    /// The identity.
    pub identity_id: IdentityId,
    /// Which method, such as `universal-auth`.
    pub method: String,
    /// What a login names instead of the identity: the client id of universal auth.
    pub login_key: Option<String>,
    /// The method's own configuration.
    pub config: Value,
    /// What its tokens are like.
    pub tokens: TokenSettings,
    /// When its login locks.
    pub lockout: LockoutSettings,
    /// When attached.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// An auth method to attach.
#[derive(Clone, Debug)]
pub struct NewAuthMethod<'a> {
    /// The identity.
    pub identity: IdentityId,
    /// Which method.
    pub method: &'a str,
    /// What a login names instead of the identity.
    pub login_key: Option<String>,
    /// The method's own configuration.
    pub config: &'a Value,
    /// What its tokens are like.
    pub tokens: &'a TokenSettings,
    /// When its login locks.
    pub lockout: &'a LockoutSettings,
}

pub(crate) const SETTINGS_COLUMNS: &str = "a.config, a.token_ttl, a.token_max_ttl, a.token_uses_limit, \
     a.token_period, a.token_trusted_ips, a.lockout_enabled, a.lockout_threshold, a.lockout_duration, \
     a.lockout_counter_reset, a.lockout_scope";

pub(crate) fn token_settings(row: &Row) -> StoreResult<TokenSettings> {
    TokenSettings::new(
        row.int("token_ttl")?,
        row.int("token_max_ttl")?,
        row.int("token_uses_limit")?,
        row.int("token_period")?,
        row.json("token_trusted_ips")?,
    )
    .map_err(|_| StoreError::corrupt("auth_methods.token settings"))
}

pub(crate) fn lockout_settings(row: &Row) -> StoreResult<LockoutSettings> {
    LockoutSettings::new(
        row.flag("lockout_enabled")?,
        row.int("lockout_threshold")?,
        row.int("lockout_duration")?,
        row.int("lockout_counter_reset")?,
        scope_from(&row.text("lockout_scope")?),
    )
    .map_err(|_| StoreError::corrupt("auth_methods.lockout settings"))
}

fn scope_from(text: &str) -> LockoutScope {
    if text == "source" { LockoutScope::Source } else { LockoutScope::Identity }
}

fn scope_text(scope: LockoutScope) -> &'static str {
    match scope {
        LockoutScope::Identity => "identity",
        LockoutScope::Source => "source",
    }
}

impl FromRow for AuthMethod {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            identity_id: row.parsed("identity_id")?,
            method: row.text("method")?,
            login_key: row.opt_text("login_key")?,
            config: row.json("config")?,
            tokens: token_settings(row)?,
            lockout: lockout_settings(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The attached method of this kind, if there is one.
    pub async fn auth_method(&self, identity: IdentityId, method: &str) -> StoreResult<Option<AuthMethod>> {
        let sql = Sql::Built(format!(
            "SELECT a.id, a.identity_id, a.method, a.login_key, a.created_at, a.updated_at, {SETTINGS_COLUMNS} \
             FROM auth_methods a WHERE a.identity_id = $1 AND a.method = $2"
        ));
        self.pools().one(sql, args![identity, method]).await
    }
}

impl Change {
    /// Attaches a method. `Conflict` when the identity has this method already.
    pub async fn insert_auth_method(&mut self, new: &NewAuthMethod<'_>) -> StoreResult<AuthMethodId> {
        let (id, at) = (AuthMethodId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO auth_methods (id, identity_id, method, login_key, config, token_ttl, token_max_ttl, \
                   token_uses_limit, token_period, token_trusted_ips, lockout_enabled, lockout_threshold, \
                   lockout_duration, lockout_counter_reset, lockout_scope, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)";
        let mut values = args![id, new.identity, new.method, new.login_key.clone()];
        values.extend(settings_values(new.config, new.tokens, new.lockout)?);
        values.extend(args![at]);
        self.run(sql, values).await?;
        self.touch(new.identity);
        Ok(id)
    }

    /// Changes a method. A lock ends at once when lockout is switched off.
    pub async fn update_auth_method(
        &mut self,
        method: &AuthMethod,
        config: &Value,
        tokens: &TokenSettings,
        lockout: &LockoutSettings,
    ) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE auth_methods SET config = $2, token_ttl = $3, token_max_ttl = $4, token_uses_limit = $5, \
                   token_period = $6, token_trusted_ips = $7, lockout_enabled = $8, lockout_threshold = $9, \
                   lockout_duration = $10, lockout_counter_reset = $11, lockout_scope = $12, updated_at = $13 \
                   WHERE id = $1";
        let mut values = args![method.id];
        values.extend(settings_values(config, tokens, lockout)?);
        values.extend(args![at]);
        self.run(sql, values).await?;
        if !lockout.enabled() {
            self.clear_lockouts(method.id).await?;
        }
        self.touch(method.identity_id);
        Ok(())
    }

    /// Detaches a method; every token that it issued is dead with the commit.
    pub async fn delete_auth_method(&mut self, method: &AuthMethod) -> StoreResult<()> {
        self.run("DELETE FROM auth_methods WHERE id = $1", args![method.id]).await?;
        self.touch(method.identity_id);
        Ok(())
    }
}

/// What insert and update write alike, in the order of [`SETTINGS_COLUMNS`].
fn settings_values(
    config: &Value,
    tokens: &TokenSettings,
    lockout: &LockoutSettings,
) -> StoreResult<Vec<Arg>> {
    let trusted_ips =
        serde_json::to_string(tokens.trusted_ips()).map_err(|error| StoreError::Other(error.to_string()))?;
    Ok(args![
        config.to_string(),
        tokens.ttl(),
        tokens.max_ttl(),
        tokens.uses_limit(),
        tokens.period(),
        trusted_ips,
        lockout.enabled(),
        lockout.threshold(),
        lockout.duration_seconds(),
        lockout.counter_reset_seconds(),
        scope_text(lockout.scope()),
    ])
}
