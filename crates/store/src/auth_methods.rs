//! Auth methods attached to identities: settings that all methods share, and each method's own
//! configuration as JSON.

use serde_json::Value;
use uuid::Uuid;
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, ProjectId};
use vouchsafe_domain::lockout::{LockoutScope, LockoutSettings};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;

use crate::engine::{Arg, FromRow, Row, Sql, args, placeholders};
use crate::error::{StoreError, StoreResult};
use crate::{Change, Store};

/// Most sources of one kind that an identity may have.
pub const MOST_SOURCES: usize = 10;

/// The name of the source that the contract's routes attach.
pub const FIRST_SOURCE: &str = "default";

/// An attached auth method: one source of a kind.
#[derive(Clone)]
pub struct AuthMethod {
    /// Id of the attachment; attached anew, it is another one.
    pub id: AuthMethodId,
    /// The identity.
    pub identity_id: IdentityId,
    /// Which method, such as `universal-auth`.
    pub method: String,
    /// What a login names instead of the identity: the client id of universal auth.
    pub login_key: Option<String>,
    /// Its name among the sources of this kind.
    pub source: String,
    /// The method's own configuration, without the fields that are sealed.
    pub config: Value,
    /// The sealed fields of the configuration.
    pub sealed: Option<Vec<u8>>,
    /// Slugs of the only roles that its tokens hold; none: all that the identity has.
    pub roles: Option<Vec<String>>,
    /// What its tokens are like.
    pub tokens: TokenSettings,
    /// When its login locks.
    pub lockout: LockoutSettings,
    /// When attached.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl AuthMethod {
    /// Everything that can be changed, as it is.
    pub fn parts(&self) -> AuthMethodParts<'_> {
        AuthMethodParts {
            source: &self.source,
            config: &self.config,
            sealed: self.sealed.as_deref(),
            roles: self.roles.as_deref(),
            tokens: &self.tokens,
            lockout: &self.lockout,
        }
    }
}

impl std::fmt::Debug for AuthMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, method, source, .. } = self;
        f.debug_struct("AuthMethod")
            .field("id", id)
            .field("method", method)
            .field("source", source)
            .finish_non_exhaustive()
    }
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
    /// Everything that can be changed later.
    pub parts: AuthMethodParts<'a>,
}

/// What can be changed of an auth method.
#[derive(Clone, Copy, Debug)]
pub struct AuthMethodParts<'a> {
    /// Its name among the sources of this kind.
    pub source: &'a str,
    /// The method's own configuration, without the fields that are sealed.
    pub config: &'a Value,
    /// The sealed fields of the configuration.
    pub sealed: Option<&'a [u8]>,
    /// Slugs of the only roles that its tokens hold; none: all that the identity has.
    pub roles: Option<&'a [String]>,
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

pub(crate) fn roles(row: &Row) -> StoreResult<Option<Vec<String>>> {
    let text = row.opt_text("roles")?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::corrupt("auth_methods.roles")))
        .transpose()
}

impl FromRow for AuthMethod {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            identity_id: row.parsed("identity_id")?,
            method: row.text("method")?,
            login_key: row.opt_text("login_key")?,
            source: row.text("source")?,
            config: row.json("config")?,
            sealed: row.opt_bytes("sealed")?,
            roles: roles(row)?,
            tokens: token_settings(row)?,
            lockout: lockout_settings(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

const COLUMNS: &str =
    "a.id, a.identity_id, a.method, a.source, a.login_key, a.sealed, a.roles, a.created_at, a.updated_at";

impl Store {
    /// The attached method of this kind, if there is one; the first source of several.
    pub async fn auth_method(&self, identity: IdentityId, method: &str) -> StoreResult<Option<AuthMethod>> {
        Ok(self.auth_method_sources(identity, method).await?.into_iter().next())
    }

    /// All sources of this kind, in the order in which they were attached.
    pub async fn auth_method_sources(
        &self,
        identity: IdentityId,
        method: &str,
    ) -> StoreResult<Vec<AuthMethod>> {
        let sql = Sql::Built(format!(
            "SELECT {COLUMNS}, {SETTINGS_COLUMNS} FROM auth_methods a \
             WHERE a.identity_id = $1 AND a.method = $2 ORDER BY a.created_at, a.id LIMIT $3"
        ));
        // One more than there may be, so that two that were attached at the same time are both seen.
        let most = i64::try_from(2 * MOST_SOURCES).unwrap_or(i64::MAX);
        self.pools().all(sql, args![identity, method, most]).await
    }
}

/// A source of some identity of an organization.
#[derive(Clone, Debug)]
pub struct SourceOfOrg {
    /// The source.
    pub method: AuthMethod,
    /// Name of the identity.
    pub identity_name: String,
    /// The project that manages the identity, if one does.
    pub project_id: Option<ProjectId>,
}

impl FromRow for SourceOfOrg {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            method: AuthMethod::from_row(row)?,
            identity_name: row.text("identity_name")?,
            project_id: row.opt_parsed("project_id")?,
        })
    }
}

impl Store {
    /// The sources of these methods of all identities of an organization, ordered by id, at most `most` after one.
    pub async fn sources_of_org(
        &self,
        org: OrgId,
        methods: &[&str],
        after: Option<AuthMethodId>,
        most: usize,
    ) -> StoreResult<Vec<SourceOfOrg>> {
        let sql = Sql::Built(format!(
            "SELECT {COLUMNS}, {SETTINGS_COLUMNS}, i.name AS identity_name, i.project_id \
             FROM auth_methods a JOIN identities i ON i.id = a.identity_id \
             WHERE i.org_id = $1 AND a.id > $2 AND a.method IN {} ORDER BY a.id LIMIT $3",
            placeholders(1, methods.len(), 4)
        ));
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let mut values = args![org, after, i64::try_from(most).unwrap_or(i64::MAX)];
        values.extend(methods.iter().map(|method| Arg::from(*method)));
        self.pools().all(sql, values).await
    }
}

impl Change {
    /// Attaches a method. `Conflict` when the identity has this method with a source of this name already.
    pub async fn insert_auth_method(&mut self, new: &NewAuthMethod<'_>) -> StoreResult<AuthMethodId> {
        let (id, at) = (AuthMethodId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO auth_methods (id, identity_id, method, login_key, source, config, sealed, roles, token_ttl, \
                   token_max_ttl, token_uses_limit, token_period, token_trusted_ips, lockout_enabled, lockout_threshold, \
                   lockout_duration, lockout_counter_reset, lockout_scope, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)";
        let mut values = args![id, new.identity, new.method, new.login_key.clone()];
        values.extend(changeable(&new.parts)?);
        values.extend(args![at]);
        self.run(sql, values).await?;
        self.touch(new.identity);
        Ok(id)
    }

    /// Changes a method. A lock ends at once when lockout is switched off.
    pub async fn update_auth_method(
        &mut self,
        method: &AuthMethod,
        parts: &AuthMethodParts<'_>,
    ) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE auth_methods SET source = $2, config = $3, sealed = $4, roles = $5, token_ttl = $6, \
                   token_max_ttl = $7, token_uses_limit = $8, token_period = $9, token_trusted_ips = $10, \
                   lockout_enabled = $11, lockout_threshold = $12, lockout_duration = $13, lockout_counter_reset = $14, \
                   lockout_scope = $15, updated_at = $16 WHERE id = $1";
        let mut values = args![method.id];
        values.extend(changeable(parts)?);
        values.extend(args![at]);
        self.run(sql, values).await?;
        if !parts.lockout.enabled() {
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

/// What insert and update write alike.
fn changeable(parts: &AuthMethodParts<'_>) -> StoreResult<Vec<Arg>> {
    let AuthMethodParts { source, config, sealed, roles, tokens, lockout } = parts;
    let json = |error: serde_json::Error| StoreError::Other(error.to_string());
    let trusted_ips = serde_json::to_string(tokens.trusted_ips()).map_err(json)?;
    let roles = roles.map(serde_json::to_string).transpose().map_err(json)?;
    Ok(args![
        *source,
        config.to_string(),
        sealed.map(<[u8]>::to_vec),
        roles,
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
