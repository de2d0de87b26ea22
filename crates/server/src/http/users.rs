//! The caller itself, a person: profile, password, sessions.

use serde_json::json;
use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_api::users::{
    ChangePassword, OpenedSession, Profile, ProfileReply, RenameMe, Session, SessionPath, UserSummary,
};
use vouchsafe_domain::text::bounded;
use vouchsafe_policy::Permit;
use vouchsafe_store as store;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::sign_in::person;
use crate::auth::Actor;
use crate::auth::sessions::{audit_person, locked, organizations_of, recognize, session_end, tokens};

const SESSIONS: &str = "/api/v2/users/me/sessions";
const SESSION: &str = "/api/v2/users/me/sessions/{sessionId}";

pub(super) fn routes() -> Routes {
    Routes::new("Users")
        .get(["/api/v1/user", "/api/v2/users/me"], Access::Person, "Read one's own profile", me)
        .patch(["/api/v2/users/me/name"], Access::Person, "Change one's own name", rename)
        .post(["/api/v2/users/me/password"], Access::Person, "Change one's own password", change_password)
        .get([SESSIONS], Access::Person, "List one's own sessions", sessions)
        .post(
            [SESSIONS],
            Access::Member,
            "Open another session of one's own, for another program",
            open_session,
        )
        .delete([SESSIONS], Access::Person, "End all one's own sessions", end_sessions)
        .delete([SESSION], Access::Person, "End one of one's own sessions", end_session)
}

async fn me(cx: Cx, _: Nothing) -> Outcome<ProfileReply> {
    let id = person(&cx)?.id;
    let user = cx.app.store.user(id).await?.ok_or_else(|| ApiError::not_found("User not found"))?;
    ok(ProfileReply { user: profile(user) })
}

async fn rename(cx: Cx, input: RenameMe) -> Outcome<ProfileReply> {
    let id = person(&cx)?.id;
    let (first, last) = name(&input.first_name, input.last_name.as_deref())?;
    let organizations = organizations_of(&cx.app, id).await?;
    let mut change = cx.app.store.change(&Permit::own("change one's own name"), &cx.author()).await?;
    change.rename_user(id, &first, &last).await?;
    let detail = json!({ "userId": id, "firstName": first, "lastName": last });
    audit_person(&mut change, &organizations, "update-user", &detail);
    change.commit().await?;
    me(cx, Nothing {}).await
}

fn wrong() -> ApiError {
    ApiError::bad_request("Invalid password")
}

async fn change_password(cx: Cx, input: ChangePassword) -> Outcome<MessageReply> {
    let (user, session) = person(&cx).map(|person| (person.id, person.session))?;
    let email = person(&cx)?.gate.email.clone();
    let who = cx.app.store.sign_in(&email).await?;
    let person = recognize(&cx, who, &input.old_password, wrong).await?;
    let hash = cx.app.passwords.hash("newPassword", &input.new_password).await?;
    let mut change = cx.app.store.change(&Permit::own("change one's own password"), &cx.author()).await?;
    if !change.forget_failed_logins(user).await? {
        return Err(locked());
    }
    if !change.replace_password(user, &person.hash, &hash).await? {
        return Err(ApiError::bad_request("The password was changed meanwhile"));
    }
    let ended = change.end_sessions(user, Some(session)).await?;
    let detail = json!({ "userId": user, "endedSessions": ended });
    audit_person(&mut change, &person.organizations, "change-user-password", &detail);
    change.commit().await?;
    ok(MessageReply::new("Successfully changed password"))
}

async fn sessions(cx: Cx, _: Nothing) -> Outcome<Vec<Session>> {
    let person = person(&cx)?;
    let found = cx.app.store.sessions_of(person.id, cx.now()).await?;
    let current = person.session;
    ok(found.into_iter().map(|session| shown(session, current)).collect())
}

/// The new session acts in the same organization, and lives on when the one that opened it ends.
async fn open_session(cx: Cx, _: Nothing) -> Outcome<OpenedSession> {
    let Actor::User(actor) = &cx.actor else {
        return Err(ApiError::forbidden("This route is for users; an identity cannot use it"));
    };
    let (user, org) = (actor.id, cx.org()?);
    let mut change = cx.app.store.change(&Permit::own("open a session"), &cx.author()).await?;
    let session = change.insert_session(user, session_end(cx.now())).await?;
    let detail = json!({ "userId": user, "sessionId": session.id, "openedBy": actor.session });
    change.audit("open-user-session", org, None, &detail);
    change.commit().await?;
    let signed_in = tokens(&cx.app, &session, Some(org), cx.now())?;
    ok(OpenedSession { token: signed_in.access, refresh_token: signed_in.refresh })
}

async fn end_sessions(cx: Cx, _: Nothing) -> Outcome<MessageReply> {
    let user = person(&cx)?.id;
    let organizations = organizations_of(&cx.app, user).await?;
    let mut change = cx.app.store.change(&Permit::own("end one's own sessions"), &cx.author()).await?;
    let ended = change.end_sessions(user, None).await?;
    let detail = json!({ "userId": user, "endedSessions": ended });
    audit_person(&mut change, &organizations, "end-user-sessions", &detail);
    change.commit().await?;
    ok(MessageReply::new("Successfully revoked all sessions"))
}

async fn end_session(cx: Cx, input: SessionPath) -> Outcome<MessageReply> {
    let user = person(&cx)?.id;
    let organizations = organizations_of(&cx.app, user).await?;
    let mut change = cx.app.store.change(&Permit::own("end one's own session"), &cx.author()).await?;
    if !change.end_session(user, input.session_id).await? {
        return Err(ApiError::not_found("Session not found"));
    }
    let detail = json!({ "userId": user, "sessionId": input.session_id });
    audit_person(&mut change, &organizations, "end-user-session", &detail);
    change.commit().await?;
    ok(MessageReply::new("Successfully revoked session"))
}

/// First and last name: 1–255 characters, and at most 255.
pub(super) fn name(first: &str, last: Option<&str>) -> ApiResult<(String, String)> {
    let part = |field: &str, text: &str, least: usize| {
        bounded(field, text, least, 255).map_err(|error| ApiError::invalid(field, error.to_string()))
    };
    Ok((part("firstName", first, 1)?, part("lastName", last.unwrap_or(""), 0)?))
}

/// A user as others see it.
pub(super) fn summary(user: store::User) -> UserSummary {
    UserSummary {
        id: user.id,
        username: user.email.clone(),
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        super_admin: user.super_admin,
        public_key: None,
    }
}

fn profile(user: store::User) -> Profile {
    Profile {
        is_accepted: user.is_accepted,
        is_email_verified: true,
        is_mfa_enabled: false,
        auth_methods: vec!["email".to_owned()],
        created_at: user.created_at,
        updated_at: user.updated_at,
        user: summary(user),
    }
}

fn shown(session: store::Session, current: vouchsafe_domain::id::SessionId) -> Session {
    Session {
        id: session.id,
        user_id: session.user_id,
        ip: session.ip,
        user_agent: session.user_agent,
        access_version: session.access_version,
        refresh_version: session.refresh_version,
        last_used: session.last_used_at,
        expires_at: session.expires_at,
        is_current: session.id == current,
        created_at: session.created_at,
        updated_at: session.last_used_at,
    }
}
