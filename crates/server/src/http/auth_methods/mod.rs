//! Auth methods of identities: attach, read, update, remove and log in, the same for every method.

mod check;
mod config;
mod input;
mod login;
mod settings;
mod sources;
mod spiffe;
mod token_auth;
mod tokens;
mod universal;

use serde_json::{Value, json};
use vouchsafe_api::auth_methods::{
    ClearedLockouts, LockoutShown, MethodReply, MethodSettings, MethodShown, SourceInput,
};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::alicloud::AliCloudAuth;
use vouchsafe_attest::aws::AwsAuth;
use vouchsafe_attest::azure::AzureAuth;
use vouchsafe_attest::gcp::GcpAuth;
use vouchsafe_attest::jwt::JwtAuth;
use vouchsafe_attest::kubernetes::KubernetesAuth;
use vouchsafe_attest::ldap::LdapAuth;
use vouchsafe_attest::oci::OciAuth;
use vouchsafe_attest::oidc::OidcAuth;
use vouchsafe_attest::spiffe::SpiffeAuth;
use vouchsafe_attest::tls_cert::TlsCertAuth;
use vouchsafe_attest::{Issue, Login, Method, TokenAuth, UniversalAuth};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::{org, project};
use vouchsafe_store::{AuthMethod, AuthMethodParts, NewAuthMethod, StoreError};

use self::input::Both;
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::input::Fields;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::Governed;
pub use login::LoginSource;

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const EDIT_AUTH: Access =
    Access::Identity { org: org::IDENTITY_EDIT_AUTH, project: project::IDENTITY_EDIT_AUTH };
const REVOKE_AUTH: Access =
    Access::Identity { org: org::IDENTITY_REVOKE_AUTH, project: project::IDENTITY_REVOKE_AUTH };

/// Declares the methods by which identities log in with a proof.
macro_rules! logins {
    ($($method:ty,)*) => {
        fn with_logins() -> Vec<Routes> {
            vec![$(with_login::<$method>(),)*]
        }

        /// How they look at samples.
        fn supposing() -> Vec<check::Supposing> {
            vec![$(check::Supposing::of::<$method>(),)*]
        }
    };
}

// Every one of them; a new one is one line here.
logins! {
    KubernetesAuth,
    AwsAuth,
    AzureAuth,
    GcpAuth,
    OidcAuth,
    JwtAuth,
    LdapAuth,
    TlsCertAuth,
    SpiffeAuth,
    OciAuth,
    AliCloudAuth,
}

/// The routes of all auth methods.
pub(super) fn routes() -> Vec<Routes> {
    let mut all =
        vec![method::<UniversalAuth>(universal::routes()), method::<TokenAuth>(token_auth::routes())];
    all.extend(with_logins());
    all.extend([spiffe::routes(), tokens::routes(), check::what_if_routes()]);
    all
}

/// The routes of a method by which identities log in with a proof.
fn with_login<M: Login>() -> Routes {
    let routes = sources::routes::<M>(method::<M>(Routes::new(M::NAME)));
    check::routes::<M>(login::routes::<M>(routes))
}

/// The routes that all methods share.
fn method<M: Method>(routes: Routes) -> Routes {
    let path = path::<M>("");
    let routes = routes
        .post([path], EDIT_AUTH, leaked(format!("Attach {}", M::NAME)), attach::<M>)
        .get([path], READ, leaked(format!("Read {}", M::NAME)), get::<M>)
        .patch([path], EDIT_AUTH, leaked(format!("Change {}", M::NAME)), update::<M>)
        .delete(
            [path],
            REVOKE_AUTH,
            leaked(format!("Remove {} with all its sources and revoke its tokens", M::NAME)),
            remove::<M>,
        );
    if M::LOCKOUT {
        let path = self::path::<M>("/clear-lockouts");
        routes.post([path], EDIT, "End all locks and forget failed logins", clear_lockouts::<M>)
    } else {
        routes
    }
}

/// A path of a method at an identity.
fn path<M: Method>(rest: &str) -> &'static str {
    leaked(format!("/api/v1/auth/{}/identities/{{identityId}}{rest}", M::ID))
}

/// The table lives as long as the process, and so do its texts.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// All fields of a request that attaches or changes a method: those that methods share and its own.
type MethodInput<M> = Both<MethodSettings, <M as Method>::Input>;

fn refuse(issue: Issue) -> ApiError {
    if issue.field.ends_with("TrustedIps") {
        return ApiError::bad_request(issue.message);
    }
    ApiError::invalid(&issue.field, issue.message)
}

/// What a method is going to be, checked.
struct Draft {
    source: String,
    roles: Option<Vec<String>>,
    config: config::AtRest,
    tokens: vouchsafe_domain::token_settings::TokenSettings,
    lockout: vouchsafe_domain::lockout::LockoutSettings,
}

impl Draft {
    /// From what was sent and, on update, what is stored.
    async fn new<M: Method>(
        cx: &Cx,
        identity: IdentityId,
        stored: Option<&AuthMethod>,
        input: MethodInput<M>,
    ) -> ApiResult<Self> {
        let named: SourceInput = input.part()?;
        let (common, own) = input.parts()?;
        let tokens = settings::tokens::<M>(stored.map(|method| &method.tokens), &common)?;
        let lockout = settings::lockout(stored.map(|method| &method.lockout), &common)?;
        let before = stored.map(|method| config::opened::<M>(&cx.app, method)).transpose()?;
        let config = M::configure(before, own).map_err(refuse)?;
        let context = cx.app.workshop.context(cx.now(), identity, None);
        M::inspect(&context, &config).await.map_err(|refusal| ApiError::bad_request(refusal.why))?;
        let source = sources::name(named.source, stored)?;
        let config = config::seal::<M>(&cx.app, identity, &source, &config)?;
        Ok(Self { roles: sources::roles(named.roles, stored)?, source, config, tokens, lockout })
    }

    fn parts(&self) -> AuthMethodParts<'_> {
        AuthMethodParts {
            source: &self.source,
            config: &self.config.open,
            sealed: self.config.sealed.as_deref(),
            roles: self.roles.as_deref(),
            tokens: &self.tokens,
            lockout: &self.lockout,
        }
    }
}

async fn attach<M: Method>(cx: Cx, input: MethodInput<M>) -> Outcome<MethodReply> {
    let target = cx.identity(input.part::<IdentityPath>()?.identity_id).await?;
    if cx.app.store.auth_method(target.identity.id, M::ID).await?.is_some() {
        return Err(already::<M>());
    }
    let method = insert::<M>(&cx, &target, input).await?;
    reply::<M>(&cx, &method)
}

/// Attaches a source.
async fn insert<M: Method>(cx: &Cx, target: &Governed, input: MethodInput<M>) -> ApiResult<AuthMethod> {
    let identity = target.identity.id;
    target.within_boundary(&format!("Failed to add {} to identity with more privileged role", M::NAME))?;
    let draft = Draft::new::<M>(cx, identity, None, input).await?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let login_key = M::CLIENT_ID.then(|| uuid::Uuid::new_v4().to_string());
    let new = NewAuthMethod { identity, method: M::ID, login_key, parts: draft.parts() };
    let id = change.insert_auth_method(&new).await.map_err(|error| match error {
        StoreError::Conflict(_) => already::<M>(),
        other => other.into(),
    })?;
    let detail = json!({ "identityId": identity, "authMethod": M::ID, "source": draft.source });
    change.audit("add-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    sources::of::<M>(cx, identity, id).await
}

async fn get<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", M::NAME))?;
    reply::<M>(&cx, &attached::<M>(&cx, input.identity_id).await?)
}

async fn update<M: Method>(cx: Cx, input: MethodInput<M>) -> Outcome<MethodReply> {
    let (target, method) = governed::<M>(&cx, input.part::<IdentityPath>()?.identity_id).await?;
    let method = change_source::<M>(&cx, &target, &method, input).await?;
    reply::<M>(&cx, &method)
}

/// Changes a source.
async fn change_source<M: Method>(
    cx: &Cx,
    target: &Governed,
    method: &AuthMethod,
    input: MethodInput<M>,
) -> ApiResult<AuthMethod> {
    let identity = target.identity.id;
    target.within_boundary(&format!("Failed to update {} of identity with more privileged role", M::NAME))?;
    let draft = Draft::new::<M>(cx, identity, Some(method), input).await?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.update_auth_method(method, &draft.parts()).await?;
    let detail = json!({ "identityId": identity, "authMethod": M::ID, "source": draft.source });
    change.audit("update-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    sources::of::<M>(cx, identity, method.id).await
}

async fn remove<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<MethodReply> {
    let (target, method) = governed::<M>(&cx, input.identity_id).await?;
    let all = cx.app.store.auth_method_sources(input.identity_id, M::ID).await?;
    remove_sources::<M>(&cx, &target, &all).await?;
    removed::<M>(&cx, &method)
}

/// Removes sources; every token that they issued is dead with the answer.
async fn remove_sources<M: Method>(cx: &Cx, target: &Governed, methods: &[AuthMethod]) -> ApiResult<()> {
    target.within_boundary(&format!("Failed to revoke {} of identity with more privileged role", M::NAME))?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    for method in methods {
        change.delete_auth_method(method).await?;
        let detail =
            json!({ "identityId": method.identity_id, "authMethod": M::ID, "source": method.source });
        let (org, project) = (target.identity.org_id, target.identity.project_id);
        change.audit("revoke-identity-auth-method", org, project, &detail);
    }
    Ok(change.commit().await?)
}

async fn clear_lockouts<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<ClearedLockouts> {
    let target = cx.identity(input.identity_id).await?;
    attached::<M>(&cx, input.identity_id).await?;
    target.within_boundary("Failed to clear lockouts of identity with more privileged role")?;
    let all = cx.app.store.auth_method_sources(input.identity_id, M::ID).await?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let mut deleted = 0;
    for method in all {
        deleted += change.clear_lockouts(method.id).await?;
    }
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

/// The configuration under the method's key.
fn reply<M: Method>(cx: &Cx, method: &AuthMethod) -> Outcome<MethodReply> {
    ok(MethodReply::from([(M::RESPONSE_KEY.to_owned(), Value::Object(shown::<M>(cx, method)?))]))
}

/// The same, of a method that was removed: without what is nobody's business any more.
fn removed<M: Method>(cx: &Cx, method: &AuthMethod) -> Outcome<MethodReply> {
    let mut shown = shown::<M>(cx, method)?;
    shown.retain(|name, _| !M::HIDDEN_WHEN_REMOVED.contains(&name.as_str()));
    ok(MethodReply::from([(M::RESPONSE_KEY.to_owned(), Value::Object(shown))]))
}

/// What is shown of a configuration: what all share, lockout and client id where they apply, and the method's own
/// fields.
fn shown<M: Method>(cx: &Cx, method: &AuthMethod) -> ApiResult<Fields> {
    let tokens = &method.tokens;
    let mut shown = shown_fields(&MethodShown {
        id: method.id,
        identity_id: method.identity_id,
        source: method.source.clone(),
        roles: method.roles.clone(),
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
    if let Value::Object(own) = config::open(&cx.app, method)? {
        shown.extend(own);
    }
    let context = cx.app.workshop.context(cx.now(), method.identity_id, None);
    M::show(&context, &config::opened::<M>(&cx.app, method)?, &mut shown);
    Ok(shown)
}

fn shown_fields<T: serde::Serialize>(part: &T) -> ApiResult<Fields> {
    match serde_json::to_value(part) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(ApiError::internal("a method's settings cannot be shown")),
    }
}
