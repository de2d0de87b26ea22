//! Auth methods of identities: attach, read, update, remove and log in, the same for every method.

mod check;
mod config;
mod forms;
mod input;
mod kind;
mod login;
mod settings;
mod sources;
mod spiffe;
mod token_auth;
mod tokens;
mod universal;

use std::sync::LazyLock;

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
use vouchsafe_attest::{Login, Method, TokenAuth, UniversalAuth};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::{org, project};
use vouchsafe_store::{AuthMethod, AuthMethodParts, NewAuthMethod, StoreError};

use self::input::{Both, part};
use self::kind::{Kind, LoginKind};
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::input::Fields;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::Governed;
pub use forms::MethodForm;
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

        /// All of them.
        fn login_kinds() -> Vec<LoginKind> {
            vec![$(LoginKind::of::<$method>(),)*]
        }

        /// All methods as forms, in the order of the table.
        pub fn method_forms() -> &'static [MethodForm] {
            static FORMS: LazyLock<Vec<MethodForm>> = LazyLock::new(|| vec![
                MethodForm::of::<UniversalAuth>(),
                MethodForm::of::<TokenAuth>(),
                $(MethodForm::of_login::<$method>(),)*
            ]);
            &FORMS
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
    let login = LoginKind::of::<M>();
    let routes = sources::routes::<M>(login.kind, method::<M>(Routes::new(M::NAME)));
    check::routes(login, login::routes::<M>(login, routes))
}

/// The routes that all methods share. Their types differ in what is sent, for the reference; the handlers are the same.
fn method<M: Method>(routes: Routes) -> Routes {
    let kind = Kind::of::<M>();
    let path = path(&kind, "");
    let routes = routes
        .post([path], EDIT_AUTH, leaked(format!("Attach {}", kind.name)), move |cx, sent: MethodInput<M>| {
            attach(cx, kind, sent.fields())
        })
        .patch(
            [path],
            EDIT_AUTH,
            leaked(format!("Change {}", kind.name)),
            move |cx, sent: MethodInput<M>| update(cx, kind, sent.fields()),
        );
    with_plain(kind, path, routes)
}

/// Those of them that send the same whatever the method.
fn with_plain(kind: Kind, path: &'static str, routes: Routes) -> Routes {
    let removal = format!("Remove {} with all its sources and revoke its tokens", kind.name);
    let routes = routes
        .get([path], READ, leaked(format!("Read {}", kind.name)), move |cx, input| get(cx, kind, input))
        .delete([path], REVOKE_AUTH, leaked(removal), move |cx, input| remove(cx, kind, input));
    if kind.lockout {
        let path = self::path(&kind, "/clear-lockouts");
        routes.post([path], EDIT, "End all locks and forget failed logins", move |cx, input| {
            clear_lockouts(cx, kind, input)
        })
    } else {
        routes
    }
}

/// A path of a method at an identity.
fn path(kind: &Kind, rest: &str) -> &'static str {
    leaked(format!("/api/v1/auth/{}/identities/{{identityId}}{rest}", kind.id))
}

/// The table lives as long as the process, and so do its texts.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// All fields of a request that attaches or changes a method: those that methods share and its own.
type MethodInput<M> = Both<Both<SourceInput, MethodSettings>, <M as Method>::Input>;

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
    async fn new(
        cx: &Cx,
        kind: &Kind,
        identity: IdentityId,
        stored: Option<&AuthMethod>,
        sent: Fields,
    ) -> ApiResult<Self> {
        let named: SourceInput = part(&sent)?;
        let common: MethodSettings = part(&sent)?;
        let tokens = settings::tokens(kind, stored.map(|method| &method.tokens), &common)?;
        let lockout = settings::lockout(stored.map(|method| &method.lockout), &common)?;
        let before = stored.map(|method| config::open(&cx.app, method)).transpose()?;
        let context = cx.app.workshop.context(cx.now(), identity, None);
        let config = kind.draft(context, before, sent).await?;
        let source = sources::name(named.source, stored)?;
        let config = config::seal(&cx.app, kind, identity, &source, config)?;
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

async fn attach(cx: Cx, kind: Kind, sent: Fields) -> Outcome<MethodReply> {
    let target = cx.identity(part::<IdentityPath>(&sent)?.identity_id).await?;
    if cx.app.store.auth_method(target.identity.id, kind.id).await?.is_some() {
        return Err(already(&kind));
    }
    let method = insert(&cx, &kind, &target, sent).await?;
    reply(&cx, &kind, &method)
}

/// Attaches a source.
async fn insert(cx: &Cx, kind: &Kind, target: &Governed, sent: Fields) -> ApiResult<AuthMethod> {
    let identity = target.identity.id;
    target.within_boundary(&format!("Failed to add {} to identity with more privileged role", kind.name))?;
    let draft = Draft::new(cx, kind, identity, None, sent).await?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let login_key = kind.client_id.then(|| uuid::Uuid::new_v4().to_string());
    let new = NewAuthMethod { identity, method: kind.id, login_key, parts: draft.parts() };
    let id = change.insert_auth_method(&new).await.map_err(|error| match error {
        StoreError::Conflict(_) => already(kind),
        other => other.into(),
    })?;
    let detail = json!({ "identityId": identity, "authMethod": kind.id, "source": draft.source });
    change.audit("add-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    sources::of(cx, kind, identity, id).await
}

async fn get(cx: Cx, kind: Kind, input: IdentityPath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", kind.name))?;
    reply(&cx, &kind, &attached(&cx, &kind, input.identity_id).await?)
}

async fn update(cx: Cx, kind: Kind, sent: Fields) -> Outcome<MethodReply> {
    let (target, method) = governed(&cx, &kind, part::<IdentityPath>(&sent)?.identity_id).await?;
    let method = change_source(&cx, &kind, &target, &method, sent).await?;
    reply(&cx, &kind, &method)
}

/// Changes a source.
async fn change_source(
    cx: &Cx,
    kind: &Kind,
    target: &Governed,
    method: &AuthMethod,
    sent: Fields,
) -> ApiResult<AuthMethod> {
    let identity = target.identity.id;
    target
        .within_boundary(&format!("Failed to update {} of identity with more privileged role", kind.name))?;
    let draft = Draft::new(cx, kind, identity, Some(method), sent).await?;

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.update_auth_method(method, &draft.parts()).await?;
    let detail = json!({ "identityId": identity, "authMethod": kind.id, "source": draft.source });
    change.audit("update-identity-auth-method", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    sources::of(cx, kind, identity, method.id).await
}

async fn remove(cx: Cx, kind: Kind, input: IdentityPath) -> Outcome<MethodReply> {
    let (target, method) = governed(&cx, &kind, input.identity_id).await?;
    let all = cx.app.store.auth_method_sources(input.identity_id, kind.id).await?;
    remove_sources(&cx, &kind, &target, &all).await?;
    removed(&cx, &kind, &method)
}

/// Removes sources; every token that they issued is dead with the answer.
async fn remove_sources(cx: &Cx, kind: &Kind, target: &Governed, methods: &[AuthMethod]) -> ApiResult<()> {
    target
        .within_boundary(&format!("Failed to revoke {} of identity with more privileged role", kind.name))?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    for method in methods {
        change.delete_auth_method(method).await?;
        let detail =
            json!({ "identityId": method.identity_id, "authMethod": kind.id, "source": method.source });
        let (org, project) = (target.identity.org_id, target.identity.project_id);
        change.audit("revoke-identity-auth-method", org, project, &detail);
    }
    Ok(change.commit().await?)
}

async fn clear_lockouts(cx: Cx, kind: Kind, input: IdentityPath) -> Outcome<ClearedLockouts> {
    let target = cx.identity(input.identity_id).await?;
    attached(&cx, &kind, input.identity_id).await?;
    target.within_boundary("Failed to clear lockouts of identity with more privileged role")?;
    let all = cx.app.store.auth_method_sources(input.identity_id, kind.id).await?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let mut deleted = 0;
    for method in all {
        deleted += change.clear_lockouts(method.id).await?;
    }
    let detail = json!({ "identityId": input.identity_id, "authMethod": kind.id, "deleted": deleted });
    change.audit("clear-identity-lockouts", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    ok(ClearedLockouts { deleted })
}

/// An identity that the caller may act on, and its attached method.
async fn governed(cx: &Cx, kind: &Kind, identity: IdentityId) -> ApiResult<(Governed, AuthMethod)> {
    let target = cx.identity(identity).await?;
    let method = attached(cx, kind, identity).await?;
    Ok((target, method))
}

/// The attached method, or 404: clients take that for "gone".
async fn attached(cx: &Cx, kind: &Kind, identity: IdentityId) -> ApiResult<AuthMethod> {
    cx.app
        .store
        .auth_method(identity, kind.id)
        .await?
        .ok_or_else(|| ApiError::not_found(format!("The identity does not have {} attached", kind.name)))
}

fn already(kind: &Kind) -> ApiError {
    ApiError::bad_request(format!("Failed to add {} to already configured identity", kind.name))
}

/// The configuration under the method's key.
fn reply(cx: &Cx, kind: &Kind, method: &AuthMethod) -> Outcome<MethodReply> {
    ok(MethodReply::from([(kind.response_key.to_owned(), Value::Object(shown(cx, kind, method)?))]))
}

/// The same, of a method that was removed: without what is nobody's business any more.
fn removed(cx: &Cx, kind: &Kind, method: &AuthMethod) -> Outcome<MethodReply> {
    let mut shown = shown(cx, kind, method)?;
    shown.retain(|name, _| !kind.hidden_when_removed.contains(&name.as_str()));
    ok(MethodReply::from([(kind.response_key.to_owned(), Value::Object(shown))]))
}

/// What is shown of a configuration: what all share, lockout and client id where they apply, and the method's own
/// fields.
fn shown(cx: &Cx, kind: &Kind, method: &AuthMethod) -> ApiResult<Fields> {
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
    if kind.lockout {
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
    let config = config::open(&cx.app, method)?;
    if let Value::Object(own) = &config {
        shown.extend(own.clone());
    }
    let context = cx.app.workshop.context(cx.now(), method.identity_id, None);
    kind.show(&context, config, &mut shown)?;
    Ok(shown)
}

fn shown_fields<T: serde::Serialize>(part: &T) -> ApiResult<Fields> {
    match serde_json::to_value(part) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(ApiError::internal("a method's settings cannot be shown")),
    }
}
