//! How people sign in, choose an organization and sign out: `/api/v3/auth`, `/api/v1/auth`.

use http::header::SET_COOKIE;
use serde_json::json;
use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_api::sign_in::{
    RefreshReply, SelectOrganization, SelectOrganizationReply, SignIn, SignInReply,
};
use vouchsafe_domain::id::{OrgId, SessionId, UserId};
use vouchsafe_domain::text::Email;
use vouchsafe_keys::password::needs_rehash;
use vouchsafe_policy::Permit;
use vouchsafe_store::{Session, UserOrganization};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::auth::sessions::{
    audit_person, cleared_cookie, locked, organizations_of, recognize, refresh_claims, session_end, tokens,
};
use crate::auth::{Actor, Claims, RefreshClaims, UserActor};

pub(super) fn routes() -> Routes {
    Routes::new("Sign-in of people")
        .post(["/api/v3/auth/login"], Access::Open, "Sign in with e-mail address and password", sign_in)
        .post(
            ["/api/v3/auth/login1", "/api/v3/auth/login2"],
            Access::Open,
            "Always refused: the older way to sign in (SRP) is not offered",
            legacy,
        )
        .post(
            ["/api/v3/auth/select-organization"],
            Access::Person,
            "Choose the organization to act in",
            select_organization,
        )
        .post(["/api/v1/auth/checkAuth"], Access::Person, "Whether the token is good", check)
        .post(
            ["/api/v1/auth/token"],
            Access::Open,
            "Get a fresh access token for the refresh cookie",
            refresh,
        )
        .post(["/api/v1/auth/logout"], Access::Open, "Sign out", sign_out)
}

fn wrong() -> ApiError {
    ApiError::bad_request("Invalid username or email")
}

async fn sign_in(cx: Cx, input: SignIn) -> Outcome<SignInReply> {
    let who = match Email::parse(&input.email) {
        Ok(email) => cx.app.store.sign_in(email.as_str()).await?,
        Err(_) => None,
    };
    let person = recognize(&cx, who, &input.password, wrong).await?;
    let fresh_hash = if needs_rehash(&person.hash) {
        Some(cx.app.passwords.hash("password", &input.password).await?)
    } else {
        None
    };
    let user = person.user;
    let mut change = cx.app.store.change(&Permit::own("sign in"), &cx.author_as(user)).await?;
    if !change.forget_failed_logins(user).await? {
        return Err(locked());
    }
    if let Some(fresh) = fresh_hash {
        change.replace_password(user, &person.hash, &fresh).await?;
    }
    let session = change.insert_session(user, session_end(cx.now())).await?;
    let detail = json!({ "userId": user, "sessionId": session.id });
    audit_person(&mut change, &person.organizations, "sign-in-user", &detail);
    change.commit().await?;
    let signed_in = tokens(&cx.app, &session, None, cx.now())?;
    ok(SignInReply { access_token: signed_in.access }).map(|reply| reply.header(SET_COOKIE, signed_in.cookie))
}

async fn legacy(_: Cx, _: Nothing) -> Outcome<MessageReply> {
    Err(ApiError::bad_request(
        "Signing in this way (SRP) is not offered here. Sign in with POST /api/v3/auth/login; if that was refused \
         before, e-mail address or password are wrong.",
    ))
}

/// The person who makes the request.
pub(super) fn person(cx: &Cx) -> ApiResult<&UserActor> {
    match &cx.actor {
        Actor::User(user) => Ok(user),
        _ => Err(ApiError::internal("nobody signed in on a route for people")),
    }
}

async fn select_organization(cx: Cx, input: SelectOrganization) -> Outcome<SelectOrganizationReply> {
    let (user, session) = person(&cx).map(|person| (person.id, person.session))?;
    let id = input.organization_id;
    let memberships = cx.app.store.organizations_of(user).await?;
    if !is_member(&memberships, id) {
        return Err(ApiError::forbidden(format!(
            "User does not have access to the organization with ID {id}"
        )));
    }
    let session = session_of(&cx, user, session).await?;
    let mut change = cx.app.store.change(&Permit::own("choose an organization"), &cx.author()).await?;
    change.use_session(session.id).await?;
    change.audit("select-organization", id, None, &json!({ "userId": user, "sessionId": session.id }));
    change.commit().await?;
    let signed_in = tokens(&cx.app, &session, Some(id), cx.now())?;
    let reply = SelectOrganizationReply { token: signed_in.access, is_mfa_enabled: false };
    ok(reply).map(|reply| reply.header(SET_COOKIE, signed_in.cookie))
}

fn is_member(memberships: &[UserOrganization], organization: OrgId) -> bool {
    memberships.iter().any(|one| one.organization.id == organization && one.is_active)
}

async fn session_of(cx: &Cx, user: UserId, id: SessionId) -> ApiResult<Session> {
    let session = cx.app.store.session(id).await?.filter(|session| session.user_id == user);
    session.ok_or_else(|| ApiError::not_found("Session not found"))
}

async fn check(_: Cx, _: Nothing) -> Outcome<MessageReply> {
    ok(MessageReply::new("Authenticated"))
}

async fn refresh(cx: Cx, _: Nothing) -> Outcome<RefreshReply> {
    let claims = cx.meta.refresh_cookie.as_ref().and_then(|token| refresh_claims(&cx.app, token, cx.now()));
    let Some(claims) = claims else { return Err(no_session(&cx)?) };
    let Some(session) = rotated(&cx, &claims).await? else { return Err(no_session(&cx)?) };
    let memberships = cx.app.store.organizations_of(claims.user_id).await?;
    let organization = claims.organization_id.filter(|id| is_member(&memberships, *id));
    let signed_in = tokens(&cx.app, &session, organization, cx.now())?;
    ok(RefreshReply { token: signed_in.access, organization_id: organization })
        .map(|reply| reply.header(SET_COOKIE, signed_in.cookie))
}

/// The session with its refresh token used up. A refresh token that comes again was stolen from the
/// person or by the person: nobody can tell, so the session ends.
async fn rotated(cx: &Cx, claims: &RefreshClaims) -> ApiResult<Option<Session>> {
    let user = claims.user_id;
    let session = cx.app.store.session(claims.token_version_id).await?;
    let Some(mut session) = session.filter(|session| session.user_id == user) else { return Ok(None) };
    let organizations = organizations_of(&cx.app, user).await?;
    let end = session_end(cx.now());
    let mut change = cx.app.store.change(&Permit::own("refresh a session"), &cx.author_as(user)).await?;
    let rotated = change.rotate_session(&session, claims.refresh_version, end).await?;
    if !rotated {
        change.end_session(user, session.id).await?;
        let detail = json!({ "userId": user, "sessionId": session.id, "reason": "refresh token used again" });
        audit_person(&mut change, &organizations, "end-user-session", &detail);
    }
    change.commit().await?;
    session.refresh_version = claims.refresh_version.saturating_add(1);
    session.expires_at = end;
    Ok(rotated.then_some(session))
}

fn no_session(cx: &Cx) -> ApiResult<ApiError> {
    let error = ApiError::unauthorized("Your session has ended. Please sign in again.").named("StaleSession");
    Ok(error.with_header(SET_COOKIE, cleared_cookie(&cx.app)?))
}

async fn sign_out(cx: Cx, _: Nothing) -> Outcome<MessageReply> {
    for (user, session) in sent_sessions(&cx) {
        let organizations = organizations_of(&cx.app, user).await?;
        let mut change = cx.app.store.change(&Permit::own("sign out"), &cx.author_as(user)).await?;
        if change.end_session(user, session).await? {
            let detail = json!({ "userId": user, "sessionId": session });
            audit_person(&mut change, &organizations, "sign-out-user", &detail);
            change.commit().await?;
        }
    }
    let reply = ok(MessageReply::new("Successfully logged out"))?;
    Ok(reply.header(SET_COOKIE, cleared_cookie(&cx.app)?))
}

/// The sessions that the cookie and the bearer token name, if they are ours.
fn sent_sessions(cx: &Cx) -> Vec<(UserId, SessionId)> {
    let sent = [&cx.meta.refresh_cookie, &cx.meta.bearer];
    let named =
        sent.into_iter().flatten().filter_map(|token| match cx.app.keys.verifier.verify(token.reveal()) {
            Ok(Claims::Refresh(claims)) => Some((claims.user_id, claims.token_version_id)),
            Ok(Claims::User(claims)) => Some((claims.user_id, claims.token_version_id)),
            _ => None,
        });
    named.collect()
}
