//! Who makes a request: from the bearer token to an [`Actor`].
//!
//! The checks come in this order: signature, expiry, revocation, network, certificate, membership, and last the
//! use count, so that a thief outside of the allowlist cannot use a token up.

mod claims;
pub mod scope;
pub mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
pub use claims::{Claims, Confirmation, IdentityClaims, RefreshClaims, SignUpClaims, SignUpKind, UserClaims};
use vouchsafe_domain::id::{ClientSecretId, IdentityId, OrgId, SessionId, TokenId, UserId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_keys::{fingerprint, token::TokenError};
use vouchsafe_policy::{Level, Permissions};
use vouchsafe_store::{MethodGate, Topic};

use self::scope::{Facts, TokenScope};
use crate::access::{ActorId, IdentityStanding, UserStanding, scoped_org_permissions};
use crate::app::App;
use crate::http::certificates::Presented;
use crate::http::error::{ApiError, ApiResult};

/// Who makes a request.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Nobody in particular: the route is open.
    Anonymous,
    /// A machine identity.
    Identity(IdentityActor),
    /// A person.
    User(UserActor),
}

/// A machine identity making a request.
#[derive(Clone, Debug)]
pub struct IdentityActor {
    /// What its token says.
    pub token: Arc<VerifiedToken>,
    /// What is true of it now.
    pub gate: Arc<IdentityStanding>,
    /// What its organization roles allow.
    pub permissions: Permissions,
    /// What the token adds to that or takes from it.
    pub scope: Option<Arc<TokenScope>>,
}

/// A person making a request.
#[derive(Clone, Debug)]
pub struct UserActor {
    /// Who.
    pub id: UserId,
    /// Through which session.
    pub session: SessionId,
    /// What is true of the session and the user now.
    pub gate: Arc<UserStanding>,
    /// The chosen organization and what the user's role allows in it.
    pub organization: Option<(OrgId, Permissions)>,
}

/// A token whose signature was verified.
#[derive(Debug)]
pub struct VerifiedToken {
    /// What it says.
    pub claims: Claims,
    /// What its login proved.
    pub facts: Option<Arc<Facts>>,
}

impl Actor {
    /// The id that caches and records know the actor by.
    pub fn id(&self) -> Option<ActorId> {
        match self {
            Self::Anonymous => None,
            Self::Identity(actor) => Some(ActorId::Identity(actor.gate.id)),
            Self::User(actor) => Some(ActorId::User(actor.id)),
        }
    }

    /// What the actor's token adds or takes, if it does.
    pub fn scope(&self) -> Option<&TokenScope> {
        match self {
            Self::Identity(actor) => actor.scope.as_deref(),
            Self::Anonymous | Self::User(_) => None,
        }
    }

    /// The organization the actor acts in, and what it holds there.
    pub fn organization(&self) -> Option<(OrgId, &Permissions)> {
        match self {
            Self::Anonymous => None,
            Self::Identity(actor) => Some((actor.gate.org_id, &actor.permissions)),
            Self::User(actor) => actor.organization.as_ref().map(|(org, permissions)| (*org, permissions)),
        }
    }
}

const NOT_MEMBER: &str = "Identity is not a member of the organization";
const FOREIGN_NETWORK: &str = "You are not allowed to access this resource from the current IP address";

/// The actor behind a bearer token. `counts` says whether this request uses the token up by one.
pub async fn authenticate(
    app: &App,
    bearer: &str,
    ip: IpAddr,
    certificate: &Presented,
    now: Timestamp,
) -> ApiResult<Actor> {
    let token = verified(app, bearer, now).await?;
    match &token.claims {
        Claims::Identity(claims) => {
            let gate = identity_gate(app, claims, now).await?;
            let method = unrevoked_method(&gate, claims)?;
            check_network(method, ip)?;
            check_certificate(claims, certificate)?;
            let unscoped = check_membership(&gate)?;
            let scope = TokenScope::of(token.facts.as_ref(), method).map(Arc::new);
            let permissions = match &scope {
                None => unscoped,
                Some(scope) => Box::pin(scoped(app, &gate, scope, now)).await?,
            };
            if let Some(limit) = claims.num_uses_limit {
                Box::pin(count_use(app, claims, limit, now)).await?;
            }
            Ok(Actor::Identity(IdentityActor { gate, permissions, scope, token: Arc::clone(&token) }))
        }
        Claims::User(claims) => user(app, claims, now).await.map(Actor::User),
        Claims::Refresh(_) => Err(ApiError::token("A refresh token cannot be used as an access token")),
    }
}

/// Verifies the signature (or remembers having done so), the expiry and, for identities, that the
/// token and its client secret are not revoked.
pub async fn verified(app: &App, bearer: &str, now: Timestamp) -> ApiResult<Arc<VerifiedToken>> {
    let key = fingerprint(bearer);
    let token = match app.caches.tokens.get(&app.store, &key) {
        Some(token) => token,
        None => verify(app, key, bearer).await?,
    };
    if token.claims.exp().saturating_mul(1000) <= now.as_millis() {
        return Err(ApiError::token("Your token has expired. Please re-authenticate."));
    }
    Ok(token)
}

/// Whom a bearer token with a good signature names, and in which organization, whether or not the
/// token is still accepted: for the record of a refusal, never for anything that is permitted.
pub fn claimed(app: &App, bearer: &str) -> Option<(OrgId, ActorId)> {
    match app.keys.verifier.verify(bearer).ok()? {
        Claims::Identity(claims) => Some((claims.org_id, ActorId::Identity(claims.identity_id))),
        Claims::User(claims) => Some((claims.organization_id?, ActorId::User(claims.user_id))),
        Claims::Refresh(_) => None,
    }
}

async fn verify(app: &App, key: [u8; 32], bearer: &str) -> ApiResult<Arc<VerifiedToken>> {
    let claims: Claims = app.keys.verifier.verify(bearer).map_err(|error| match error {
        TokenError::Malformed => ApiError::token("The token is malformed. Please re-authenticate."),
        TokenError::Algorithm => {
            ApiError::token("The token is signed with an algorithm that is not accepted here.")
        }
        TokenError::Signature => {
            ApiError::token("The signature of the token is not valid. Please re-authenticate.")
        }
    })?;
    let topics = match &claims {
        Claims::Identity(claims) => vec![Topic::from(claims.jti), Topic::from(claims.identity_id)],
        Claims::User(_) | Claims::Refresh(_) => vec![],
    };
    let load = || async {
        if let Claims::Identity(identity) = &claims {
            check_revocations(app, identity).await?;
        }
        let facts = match &claims {
            Claims::Identity(identity) => Facts::of(identity).map(Arc::new),
            Claims::User(_) | Claims::Refresh(_) => None,
        };
        Ok::<_, ApiError>(Some(VerifiedToken { claims, facts }))
    };
    let token = app.caches.tokens.get_or_load(&app.store, key, &topics, load).await?;
    token.ok_or_else(|| ApiError::internal("a verified token vanished"))
}

async fn check_revocations(app: &App, claims: &IdentityClaims) -> ApiResult<()> {
    let client_secret: Option<ClientSecretId> = claims.client_secret_id.parse().ok();
    let revoked = app.store.revoked(claims.jti, client_secret).await?;
    if revoked.token {
        return Err(ApiError::unauthorized("Failed to authorize: token has been revoked"));
    }
    if revoked.client_secret {
        return Err(ApiError::unauthorized("Failed to authorize: client secret has been revoked"));
    }
    Ok(())
}

/// What is true now of the identity that a token names.
pub async fn identity_gate(
    app: &App,
    claims: &IdentityClaims,
    now: Timestamp,
) -> ApiResult<Arc<IdentityStanding>> {
    let id = claims.identity_id;
    let topics = [Topic::from(id), Topic::from(claims.org_id)];
    app.caches
        .identities
        .get_or_load(&app.store, id, &topics, || IdentityStanding::load(&app.store, id, now))
        .await?
        .filter(|gate| gate.org_id == claims.org_id && gate.token_epoch == claims.token_epoch)
        .ok_or_else(|| ApiError::unauthorized("Failed to authorize: identity tokens have been revoked"))
}

/// The attached auth method that issued the token, if it is still the same.
pub fn unrevoked_method<'g>(
    gate: &'g IdentityStanding,
    claims: &IdentityClaims,
) -> ApiResult<&'g MethodGate> {
    gate.methods
        .iter()
        .find(|method| method.id == claims.auth_method_id)
        .ok_or_else(|| ApiError::unauthorized("Failed to authorize: auth method has been revoked"))
}

/// Whether tokens of this method may be used from this address.
pub fn check_network(method: &MethodGate, ip: IpAddr) -> ApiResult<()> {
    if method.trusted_ips.contains(ip) { Ok(()) } else { Err(ApiError::forbidden(FOREIGN_NETWORK)) }
}

/// Whether a request comes with the certificate that its token is bound to, if it is (RFC 8705 section 3).
pub fn check_certificate(claims: &IdentityClaims, presented: &Presented) -> ApiResult<()> {
    let Some(bound) = &claims.cnf else { return Ok(()) };
    let shown = presented.fingerprint().map(|hash| BASE64_URL_SAFE_NO_PAD.encode(hash));
    if shown.as_ref() == Some(&bound.certificate) {
        return Ok(());
    }
    Err(ApiError::unauthorized(
        "The token is bound to a client certificate, and this request did not come with it. Present the certificate \
         that the login was made with, or log in again.",
    ))
}

/// The identity's membership in its organization, and what its roles allow.
pub fn check_membership(gate: &IdentityStanding) -> ApiResult<Permissions> {
    let membership = gate.membership.as_ref().ok_or_else(|| ApiError::unauthorized(NOT_MEMBER))?;
    if !membership.is_active {
        return Err(ApiError::unauthorized(
            "The membership of this identity in the organization is inactive",
        ));
    }
    Ok(gate.permissions.clone())
}

/// What a token with a scope holds in the organization.
async fn scoped(
    app: &App,
    gate: &IdentityStanding,
    scope: &TokenScope,
    now: Timestamp,
) -> ApiResult<Permissions> {
    let (id, org) = (gate.id, gate.org_id);
    let load = || async { scoped_org_permissions(&app.store, org, id, scope, now).await.map(Some) };
    let topics = [Topic::from(id), Topic::from(org)];
    let found = app.caches.scoped.get_or_load(&app.store, (id, scope.key), &topics, load).await?;
    Ok(found.map_or_else(|| Permissions::none(Level::Organization), |permissions| (*permissions).clone()))
}

async fn count_use(app: &App, claims: &IdentityClaims, limit: i64, now: Timestamp) -> ApiResult<()> {
    // Kept for as long as any renewal of the token can live, not just this one.
    let keep = crate::usecase::tokens::keep_until(app, now);
    if app.store.count_token_use(claims.jti, limit, now, keep).await? {
        Ok(())
    } else {
        Err(ApiError::unauthorized("Failed to authorize: token usage limit reached"))
    }
}

async fn user(app: &App, claims: &UserClaims, now: Timestamp) -> ApiResult<UserActor> {
    let (session, org) = (claims.token_version_id, claims.organization_id);
    let own = Topic::from(claims.user_id);
    let topics = [own, org.map_or(own, Topic::from)];
    let load = || async {
        let Some(gate) = app.store.user_gate(session, claims.user_id).await? else { return Ok(None) };
        UserStanding::load(&app.store, gate, claims.user_id, org, now).await.map(Some)
    };
    let gate = app
        .caches
        .users
        .get_or_load(&app.store, (session, org), &topics, load)
        .await?
        .ok_or_else(|| ApiError::not_found("Session not found"))?;
    if gate.access_version != claims.access_version || gate.session_expires_at <= now {
        return Err(
            ApiError::unauthorized("Your session has ended. Please sign in again.").named("StaleSession")
        );
    }
    let organization = org.map(|org| organization_of(&gate, org)).transpose()?;
    Ok(UserActor { id: claims.user_id, session, gate, organization })
}

fn organization_of(gate: &UserStanding, org: OrgId) -> ApiResult<(OrgId, Permissions)> {
    let membership = gate
        .memberships
        .iter()
        .find(|membership| membership.org_id == org)
        .ok_or_else(|| ApiError::forbidden("User not member of organization"))?;
    if !membership.is_active {
        return Err(ApiError::forbidden("User organization membership is inactive"));
    }
    let permissions = gate.permissions.clone();
    Ok((org, permissions.ok_or_else(|| ApiError::internal("an organization without permissions"))?))
}

impl IdentityActor {
    /// The claims of the token.
    pub fn claims(&self) -> Option<&IdentityClaims> {
        match &self.token.claims {
            Claims::Identity(claims) => Some(claims),
            Claims::User(_) | Claims::Refresh(_) => None,
        }
    }

    /// Id of the token.
    pub fn token_id(&self) -> Option<TokenId> {
        self.claims().map(|claims| claims.jti)
    }

    /// Id of the identity.
    pub fn id(&self) -> IdentityId {
        self.gate.id
    }
}
