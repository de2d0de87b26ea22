//! Auth methods of identities: attach, read, update, remove, the same for every method.

mod settings;
mod token_auth;
mod tokens;
mod universal;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use vouchsafe_api::auth_methods::{ClearedLockouts, LockoutShown, MethodReply, MethodSettings, MethodShown};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::{Issue, Method, TokenAuth, UniversalAuth};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::{org, project};
use vouchsafe_store::{AuthMethod, NewAuthMethod, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::input::{Fields, typed};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::Governed;

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const EDIT_AUTH: Access =
    Access::Identity { org: org::IDENTITY_EDIT_AUTH, project: project::IDENTITY_EDIT_AUTH };
const REVOKE_AUTH: Access =
    Access::Identity { org: org::IDENTITY_REVOKE_AUTH, project: project::IDENTITY_REVOKE_AUTH };

/// Every auth method; a new one is one line here.
pub(super) fn routes() -> Vec<Routes> {
    vec![
        method::<UniversalAuth>(universal::routes()),
        method::<TokenAuth>(token_auth::routes()),
        tokens::routes(),
    ]
}

/// The routes that all methods share.
fn method<M: Method>(routes: Routes) -> Routes {
    let path = leaked(format!("/api/v1/auth/{}/identities/{{identityId}}", M::ID));
    let routes = routes
        .post([path], EDIT_AUTH, leaked(format!("Attach {}", M::NAME)), attach::<M>)
        .get([path], READ, leaked(format!("Read {}", M::NAME)), get::<M>)
        .patch([path], EDIT_AUTH, leaked(format!("Change {}", M::NAME)), update::<M>)
        .delete(
            [path],
            REVOKE_AUTH,
            leaked(format!("Remove {} and revoke its tokens", M::NAME)),
            remove::<M>,
        );
    if M::LOCKOUT {
        let path = leaked(format!("{path}/clear-lockouts"));
        routes.post([path], EDIT, "End all locks and forget failed logins", clear_lockouts::<M>)
    } else {
        routes
    }
}

/// The table lives as long as the process, and so do its texts.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// All fields of a request that attaches or changes a method: those that methods share and the
/// method's own are read from the same object.
struct MethodInput(Fields);

impl<'de> Deserialize<'de> for MethodInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for MethodInput {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MethodInput".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        MethodSettings::json_schema(generator)
    }
}

impl MethodInput {
    fn identity(&self) -> ApiResult<IdentityId> {
        let mut fields = Fields::new();
        fields.extend(self.0.get_key_value("identityId").map(|(key, value)| (key.clone(), value.clone())));
        Ok(typed::<IdentityPath>(fields)?.identity_id)
    }

    fn parts<M: Method>(self) -> ApiResult<(MethodSettings, M::Input)> {
        Ok((typed(self.0.clone())?, typed(self.0)?))
    }
}

fn refuse(issue: Issue) -> ApiError {
    if issue.field.ends_with("TrustedIps") {
        return ApiError::bad_request(issue.message);
    }
    ApiError::invalid(&issue.field, issue.message)
}

async fn attach<M: Method>(cx: Cx, input: MethodInput) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity()?).await?;
    let identity = target.identity.id;
    if cx.app.store.auth_method(identity, M::ID).await?.is_some() {
        return Err(already::<M>());
    }
    target.within_boundary(&format!("Failed to add {} to identity with more privileged role", M::NAME))?;
    let (common, own) = input.parts::<M>()?;
    let tokens = settings::tokens::<M>(None, &common)?;
    let lockout = settings::lockout(None, &common)?;
    let config = stored::<M>(&M::configure(None, own).map_err(refuse)?)?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let login_key = M::CLIENT_ID.then(|| uuid::Uuid::new_v4().to_string());
    let new = NewAuthMethod {
        identity,
        method: M::ID,
        login_key,
        config: &config,
        tokens: &tokens,
        lockout: &lockout,
    };
    change.insert_auth_method(&new).await.map_err(|error| match error {
        StoreError::Conflict(_) => already::<M>(),
        other => other.into(),
    })?;
    let detail = json!({ "identityId": identity, "authMethod": M::ID });
    change.audit("add-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    reply::<M>(&attached::<M>(&cx, identity).await?)
}

async fn get<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", M::NAME))?;
    reply::<M>(&attached::<M>(&cx, input.identity_id).await?)
}

async fn update<M: Method>(cx: Cx, input: MethodInput) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity()?).await?;
    let identity = target.identity.id;
    let method = attached::<M>(&cx, identity).await?;
    target.within_boundary(&format!("Failed to update {} of identity with more privileged role", M::NAME))?;
    let (common, own) = input.parts::<M>()?;
    let tokens = settings::tokens::<M>(Some(&method.tokens), &common)?;
    let lockout = settings::lockout(Some(&method.lockout), &common)?;
    let before =
        serde_json::from_value(method.config.clone()).map_err(|e| ApiError::internal(e.to_string()))?;
    let config = stored::<M>(&M::configure(Some(before), own).map_err(refuse)?)?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.update_auth_method(&method, &config, &tokens, &lockout).await?;
    let detail = json!({ "identityId": identity, "authMethod": M::ID });
    change.audit("update-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    reply::<M>(&attached::<M>(&cx, identity).await?)
}

async fn remove<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<MethodReply> {
    let (target, method) = governed::<M>(&cx, input.identity_id).await?;
    target.within_boundary(&format!("Failed to revoke {} of identity with more privileged role", M::NAME))?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.delete_auth_method(&method).await?;
    let detail = json!({ "identityId": input.identity_id, "authMethod": M::ID });
    change.audit("revoke-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    reply::<M>(&method)
}

async fn clear_lockouts<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<ClearedLockouts> {
    let (target, method) = governed::<M>(&cx, input.identity_id).await?;
    target.within_boundary("Failed to clear lockouts of identity with more privileged role")?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let deleted = change.clear_lockouts(method.id).await?;
    let detail = json!({ "identityId": input.identity_id, "authMethod": M::ID, "deleted": deleted });
    change.audit("clear-identity-lockouts", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    ok(ClearedLockouts { deleted })
}

/// An identity that the caller may act on, and its attached method.
async fn governed<M: Method>(cx: &Cx, identity: IdentityId) -> ApiResult<(Governed, AuthMethod)> {
    let target = cx.identity(identity).await?;
    let method = attached::<M>(cx, identity).await?;
    Ok((target, method))
}

/// The attached method, or 404: clients take that for "gone".
async fn attached<M: Method>(cx: &Cx, identity: IdentityId) -> ApiResult<AuthMethod> {
    cx.app
        .store
        .auth_method(identity, M::ID)
        .await?
        .ok_or_else(|| ApiError::not_found(format!("The identity does not have {} attached", M::NAME)))
}

fn already<M: Method>() -> ApiError {
    ApiError::bad_request(format!("Failed to add {} to already configured identity", M::NAME))
}

fn stored<M: Method>(config: &M::Config) -> ApiResult<Value> {
    serde_json::to_value(config).map_err(|error| ApiError::internal(error.to_string()))
}

/// The configuration under the method's key: what all share, lockout and client id where they
/// apply, and the method's own fields.
fn reply<M: Method>(method: &AuthMethod) -> Outcome<MethodReply> {
    let tokens = &method.tokens;
    let mut shown = shown_fields(&MethodShown {
        id: method.id,
        identity_id: method.identity_id,
        access_token_ttl: tokens.ttl(),
        access_token_max_ttl: tokens.max_ttl(),
        access_token_num_uses_limit: tokens.uses_limit(),
        access_token_period: tokens.period(),
        access_token_trusted_ips: tokens.trusted_ips().clone(),
        created_at: method.created_at,
        updated_at: method.updated_at,
    })?;
    if M::LOCKOUT {
        shown.extend(shown_fields(&LockoutShown {
            lockout_enabled: method.lockout.enabled(),
            lockout_threshold: method.lockout.threshold(),
            lockout_duration_seconds: method.lockout.duration_seconds(),
            lockout_counter_reset_seconds: method.lockout.counter_reset_seconds(),
            lockout_scope: method.lockout.scope(),
        })?);
    }
    if let Some(client_id) = &method.login_key {
        shown.insert("clientId".to_owned(), Value::from(client_id.as_str()));
    }
    if let Value::Object(own) = &method.config {
        shown.extend(own.clone());
    }
    ok(MethodReply::from([(M::RESPONSE_KEY.to_owned(), Value::Object(shown))]))
}

fn shown_fields<T: serde::Serialize>(part: &T) -> ApiResult<Fields> {
    match serde_json::to_value(part) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(ApiError::internal("a method's settings cannot be shown")),
    }
}
