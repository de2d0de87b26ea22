//! Universal Auth: client secrets and the login.

use serde_json::json;
use vouchsafe_api::auth_methods::{
    AccessTokenReply, ClientSecretData, ClientSecretList, ClientSecretPath, ClientSecretReply,
    CreateClientSecret, NewClientSecretReply, UniversalAuthLogin,
};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::{Method, Proven, UniversalAuth};
use vouchsafe_domain::id::ClientSecretId;
use vouchsafe_domain::text::bounded;
use vouchsafe_domain::token_settings::MAX_SECONDS;
use vouchsafe_keys::random;
use vouchsafe_policy::{org, project};
use vouchsafe_store::{
    Attempt, AuthMethod, ClientCredential, ClientSecret, Credential, NewClientSecret, Refusal,
};

use super::governed;
use super::kind::Kind;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identities::within;
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};
use crate::usecase::tokens::{Issued, keep_until, log_in};

const CREATE: Access =
    Access::Identity { org: org::IDENTITY_CREATE_TOKEN, project: project::IDENTITY_CREATE_TOKEN };
const READ: Access = Access::Identity { org: org::IDENTITY_GET_TOKEN, project: project::IDENTITY_GET_TOKEN };
const REVOKE: Access =
    Access::Identity { org: org::IDENTITY_DELETE_TOKEN, project: project::IDENTITY_DELETE_TOKEN };

const SECRETS: &str = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets";
const SECRET: &str = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}";
const SECRET_REVOKE: &str =
    "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}/revoke";

pub(super) fn routes() -> Routes {
    Routes::new("Universal Auth")
        .post(["/api/v1/auth/universal-auth/login"], Access::Open, "Log in with a client secret", login)
        .post([SECRETS], CREATE, "Make a client secret", create)
        .get([SECRETS], READ, "List the client secrets that are not revoked", list)
        .get([SECRET], READ, "Read a client secret's data", get)
        .post([SECRET_REVOKE], REVOKE, "Revoke a client secret and its tokens", revoke)
}

async fn login(cx: Cx, input: UniversalAuthLogin) -> Outcome<AccessTokenReply> {
    let client_id: String = input.client_id.trim().chars().take(255).collect();
    let attempt = Attempt {
        method: UniversalAuth::ID,
        credential: Credential::Client(ClientCredential {
            client_id,
            secret_hash: cx.app.keys.hasher.hash(input.client_secret.trim()),
        }),
        proof: None,
        ip: cx.meta.ip,
        user_agent: cx.meta.user_agent.clone(),
        request_id: cx.meta.id.clone(),
        at: cx.now(),
    };
    let decided = log_in(&cx.app, attempt, &Proven::default()).await?;
    let (login, issued) = decided.map_err(|refusal| {
        cx.app.metrics.login_refused(UniversalAuth::ID, refusal.code());
        refused(refusal)
    })?;
    if let Some(slug) = input.organization_slug.filter(|slug| *slug != login.org_slug) {
        return Err(ApiError::not_found(format!("Sub organization with slug {slug} not found")));
    }
    ok(access_token(issued))
}

/// What a refused login is told. Unknown client id, wrong, expired and revoked secret are one case
/// of [`Refusal`], so that they cannot be told apart.
fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Credentials | Refusal::Proof(_) | Refusal::Replayed | Refusal::Changed => {
            ApiError::unauthorized("Invalid credentials")
        }
        Refusal::Locked => {
            ApiError::unauthorized("This identity auth method is temporarily locked, please try again later")
        }
        Refusal::Network => {
            ApiError::forbidden("You are not allowed to access this resource from the current IP address")
        }
        Refusal::UsedUp => ApiError::unauthorized("Access denied due to client secret usage limit reached"),
        Refusal::Inactive => {
            ApiError::unauthorized("The membership of this identity in the organization is inactive")
        }
    }
}

/// An issued token as it is answered.
pub(super) fn access_token(issued: Issued) -> AccessTokenReply {
    AccessTokenReply {
        access_token: issued.access_token,
        expires_in: issued.expires_in,
        access_token_max_ttl: issued.max_ttl,
        token_type: "Bearer".to_owned(),
    }
}

async fn create(cx: Cx, input: CreateClientSecret) -> Outcome<NewClientSecretReply> {
    let (target, method) = governed(&cx, &Kind::of::<UniversalAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to create client secret for identity.")?;
    let description = bounded("description", input.description.as_deref().unwrap_or(""), 0, 255)
        .map_err(|error| ApiError::invalid("description", error.to_string()))?;
    let uses_limit = within("numUsesLimit", input.num_uses_limit, 0, 0..=i64::from(i32::MAX))?;
    let ttl = within("ttl", input.ttl, 0, 0..=MAX_SECONDS)?;
    let secret = random::client_secret();
    let hash = cx.app.keys.hasher.hash(&secret);
    let prefix = secret.get(..4).unwrap_or_default();

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let new = NewClientSecret { description: &description, prefix, hash, uses_limit, ttl };
    let id = change.insert_client_secret(&method, &new).await?;
    let detail = json!({ "identityId": input.identity_id, "clientSecretId": id, "description": description });
    change.audit("create-client-secret", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    let client_secret_data = data(found(&cx, &method, id).await?);
    ok(NewClientSecretReply { client_secret: secret.to_string(), client_secret_data })
}

async fn list(cx: Cx, input: IdentityPath) -> Outcome<ClientSecretList> {
    let (target, method) = governed(&cx, &Kind::of::<UniversalAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to get client secrets of identity with more privileged role")?;
    cx.app.store.settle_logins().await;
    let secrets = cx.app.store.client_secrets(method.id).await?;
    ok(ClientSecretList { client_secret_data: secrets.into_iter().map(data).collect() })
}

async fn get(cx: Cx, input: ClientSecretPath) -> Outcome<ClientSecretReply> {
    let (target, method) = governed(&cx, &Kind::of::<UniversalAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to get client secret of identity with more privileged role")?;
    cx.app.store.settle_logins().await;
    ok(ClientSecretReply { client_secret_data: data(found(&cx, &method, input.client_secret_id).await?) })
}

async fn revoke(cx: Cx, input: ClientSecretPath) -> Outcome<ClientSecretReply> {
    let (target, method) = governed(&cx, &Kind::of::<UniversalAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to revoke client secret of identity with more privileged role")?;
    let secret = found(&cx, &method, input.client_secret_id).await?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.revoke_client_secret(&method, secret.id, keep_until(&cx.app, cx.now())).await?;
    let detail = json!({ "identityId": input.identity_id, "clientSecretId": secret.id });
    change.audit("revoke-client-secret", target.identity.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    ok(ClientSecretReply { client_secret_data: data(found(&cx, &method, secret.id).await?) })
}

async fn found(cx: &Cx, method: &AuthMethod, id: ClientSecretId) -> ApiResult<ClientSecret> {
    let secret = cx.app.store.client_secret(method.id, id).await?;
    secret.ok_or_else(|| ApiError::not_found(format!("Failed to find client secret with ID {id}")))
}

fn data(secret: ClientSecret) -> ClientSecretData {
    ClientSecretData {
        id: secret.id,
        created_at: secret.created_at,
        updated_at: secret.updated_at,
        description: secret.description,
        client_secret_prefix: secret.prefix,
        client_secret_num_uses: secret.uses,
        client_secret_num_uses_limit: secret.uses_limit,
        client_secret_ttl: secret.ttl,
        identity_ua_id: secret.auth_method_id,
        is_client_secret_revoked: secret.is_revoked,
    }
}
