//! Issuing, renewing and revoking access tokens of identities (`access-tokens.md` §3, §5, §6).

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::future::join;
use vouchsafe_attest::Proven;
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, TokenId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::{TokenSettings, TokenTerms, lifetime, reported};
use vouchsafe_policy::Permit;
use vouchsafe_store::{Attempt, Author, Login, Refusal};

use crate::app::App;
use crate::auth::{self, Claims, Confirmation, IdentityClaims};
use crate::http::cx::Meta;
use crate::http::error::{ApiError, ApiResult};

/// The method that issues tokens which are stored, because an administrator made them.
pub const TOKEN_AUTH: &str = "token-auth";

/// An access token and what its holder is told about it.
pub struct Issued {
    /// The token.
    pub access_token: String,
    /// Seconds, as the contract has it reported.
    pub expires_in: i64,
    /// Seconds, as the contract has it reported.
    pub max_ttl: i64,
}

/// For whom and on what terms a token is issued.
pub struct Issue<'a> {
    /// Id of the token.
    pub id: TokenId,
    /// Who.
    pub identity_id: IdentityId,
    /// Its name.
    pub identity_name: &'a str,
    /// Its organization.
    pub org_id: OrgId,
    /// Its epoch as read with the decision to issue.
    pub token_epoch: i64,
    /// Which method.
    pub method: &'a str,
    /// The attached method.
    pub method_id: AuthMethodId,
    /// Id of the client secret, or empty.
    pub client_secret_id: String,
    /// What the token is like.
    pub settings: &'a TokenSettings,
    /// What the login proved.
    pub proven: &'a Proven,
}

/// Signs the first token of its id.
pub fn issue(app: &App, issue: &Issue<'_>, now: Timestamp) -> ApiResult<Issued> {
    let (settings, terms) = (issue.settings, issue.settings.terms());
    let (expires_in, max_ttl) = reported(&terms);
    let claims = IdentityClaims {
        identity_id: issue.identity_id,
        identity_access_token_id: issue.id,
        jti: issue.id,
        client_secret_id: issue.client_secret_id.clone(),
        identity_name: issue.identity_name.to_owned(),
        auth_method: issue.method.to_owned(),
        auth_method_id: issue.method_id,
        org_id: issue.org_id,
        root_org_id: issue.org_id,
        parent_org_id: issue.org_id,
        ip_restriction_enabled: !settings.trusted_ips().is_any(),
        access_token_ttl: terms.ttl,
        access_token_max_ttl: terms.max_ttl,
        access_token_period: terms.period,
        creation_epoch: now.as_seconds(),
        num_uses_limit: Some(settings.uses_limit()).filter(|limit| *limit > 0),
        token_epoch: issue.token_epoch,
        identity_auth: issue.proven.auth.clone().map(Box::new),
        cnf: issue.proven.certificate.map(|hash| Box::new(bound_to(hash))),
        iat: now.as_seconds(),
        exp: now.as_seconds().saturating_add(life(app, &terms, now, now)?),
    };
    Ok(Issued { access_token: app.keys.signer.sign(&Claims::Identity(claims)), expires_in, max_ttl })
}

fn bound_to(certificate: [u8; 32]) -> Confirmation {
    Confirmation { certificate: BASE64_URL_SAFE_NO_PAD.encode(certificate) }
}

fn life(app: &App, terms: &TokenTerms, created: Timestamp, now: Timestamp) -> ApiResult<i64> {
    lifetime(terms, created, now, app.settings.token_age_ceiling)
        .ok_or_else(|| ApiError::unauthorized("Cannot renew: identity access token has reached its max TTL"))
}

/// Decides a login, and signs its token. As what the token will say is mostly known beforehand, it is signed while the
/// decision is written down; it is given out only when that is durable, and granted what was expected.
pub async fn log_in(
    app: &App,
    attempt: Attempt,
    proven: &Proven,
) -> ApiResult<Result<(Arc<Login>, Issued), Refusal>> {
    let now = attempt.at;
    let expected = app.store.expected_login(&attempt);
    let early = async {
        let issued = issue_for_login(app, expected.as_deref()?, proven, now);
        issued.ok()
    };
    // The first is asked first, so the attempt is in the queue before anything is signed.
    let (decided, early) = join(app.store.login(attempt), early).await;
    let login = match decided? {
        Ok(login) => login,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let issued = match early {
        Some(issued) if expected.as_ref() == Some(&login) => issued,
        _ => issue_for_login(app, &login, proven, now)?,
    };
    Ok(Ok((login, issued)))
}

/// Signs the token of a login.
fn issue_for_login(app: &App, login: &Login, proven: &Proven, now: Timestamp) -> ApiResult<Issued> {
    let token = Issue {
        id: TokenId::from_uuid(uuid::Uuid::new_v4()),
        identity_id: login.identity_id,
        identity_name: &login.identity_name,
        org_id: login.org_id,
        token_epoch: login.token_epoch,
        method: &login.method,
        method_id: login.method_id,
        client_secret_id: login.client_secret_id.map(|id| id.to_string()).unwrap_or_default(),
        settings: &login.tokens,
        proven,
    };
    issue(app, &token, now)
}

/// The claims of a presented identity token, verified and not revoked.
async fn presented(app: &App, token: &str, now: Timestamp) -> ApiResult<IdentityClaims> {
    match &auth::verified(app, token.trim(), now).await?.claims {
        Claims::Identity(claims) => Ok(claims.clone()),
        Claims::User(_) | Claims::Refresh(_) => {
            Err(ApiError::bad_request("Token is not an identity access token"))
        }
    }
}

/// Renews a token: the same id and terms, a later expiry, never past the maximum. Takes no use.
pub async fn renew(app: &App, token: &str, author: &Author, meta: &Meta) -> ApiResult<Issued> {
    let now = author.at;
    let claims = presented(app, token, now).await?;
    let gate = auth::identity_gate(app, &claims, now).await?;
    let method = auth::unrevoked_method(&gate, &claims)?;
    auth::check_network(method, meta.ip)?;
    auth::check_certificate(&claims, &meta.certificates)?;
    auth::check_membership(&gate)?;
    if let Some(limit) = claims.num_uses_limit
        && app.store.token_uses(claims.jti).await? >= limit
    {
        return Err(ApiError::unauthorized("Cannot renew exhausted access token"));
    }
    let terms = claims.terms();
    let expires_in = life(app, &terms, claims.created_at(), now)?;
    if claims.auth_method == TOKEN_AUTH {
        let mut change = app.store.change(&Permit::own("renew a token by holding it"), author).await?;
        change.note_renewal(claims.jti).await?;
        change.commit().await?;
    }
    let (_, max_ttl) = reported(&terms);
    let iat = now.as_seconds();
    let renewed = IdentityClaims { iat, exp: iat.saturating_add(expires_in), ..claims };
    Ok(Issued { access_token: app.keys.signer.sign(&Claims::Identity(renewed)), expires_in, max_ttl })
}

/// Revokes a token by holding it. A token that is revoked already is no error.
pub async fn revoke_presented(app: &App, token: &str, author: &Author) -> ApiResult<()> {
    let now = author.at;
    let claims = match presented(app, token, now).await {
        Err(error) if error.status() == http::StatusCode::UNAUTHORIZED => return Ok(()),
        other => other?,
    };
    let author = Author { kind: "identity", id: claims.identity_id.to_string(), ..author.clone() };
    let mut change = app.store.change(&Permit::own("revoke a token by holding it"), &author).await?;
    change.revoke_token(claims.jti, keep_until(app, now)).await?;
    let detail = serde_json::json!({ "tokenId": claims.jti, "identityId": claims.identity_id });
    change.audit("revoke-identity-access-token", claims.org_id, None, &detail);
    Ok(change.commit().await?)
}

/// When no token that was issued until now can be alive any more.
pub fn keep_until(app: &App, now: Timestamp) -> Timestamp {
    // A day more, for clocks that differ.
    now.plus_seconds(app.settings.token_age_ceiling.saturating_add(86_400))
}
