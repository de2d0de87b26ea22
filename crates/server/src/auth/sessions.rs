//! Sessions of people: the tokens that refer to them, and checking passwords without being guessed at.

use http::HeaderValue;
use serde_json::{Value, json};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::id::{OrgId, UserId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::Permit;
use vouchsafe_store::{Author, Change, FailedLogin, Session, SignIn};

use super::{Claims, RefreshClaims, UserClaims};
use crate::app::App;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// Life of a user's access token: 10 days, in seconds.
const ACCESS_LIFE: i64 = 10 * 24 * 60 * 60;
/// Life of a session since it was opened or refreshed last: 90 days, in seconds.
const SESSION_LIFE: i64 = 90 * 24 * 60 * 60;
/// So many wrong passwords in a row lock the user.
const MOST_FAILURES: i64 = 10;
/// For how long: 5 minutes, in seconds.
const LOCK_LIFE: i64 = 5 * 60;

/// What a signed-in person gets.
pub struct SignedIn {
    /// Access token.
    pub access: Concealed,
    /// Refresh token.
    pub refresh: Concealed,
    /// The cookie with the refresh token.
    pub cookie: HeaderValue,
}

/// When a session that is opened or refreshed now ends.
pub fn session_end(now: Timestamp) -> Timestamp {
    now.plus_seconds(SESSION_LIFE)
}

/// The tokens of a session, for the chosen organization.
pub fn tokens(
    app: &App,
    session: &Session,
    organization: Option<OrgId>,
    now: Timestamp,
) -> ApiResult<SignedIn> {
    let iat = now.as_seconds();
    let end = session.expires_at.as_seconds();
    let access = Claims::User(UserClaims {
        auth_method: "email".to_owned(),
        user_id: session.user_id,
        token_version_id: session.id,
        access_version: session.access_version,
        organization_id: organization,
        iat,
        exp: end.min(iat.saturating_add(ACCESS_LIFE)),
    });
    let refresh = Claims::Refresh(RefreshClaims {
        user_id: session.user_id,
        token_version_id: session.id,
        refresh_version: session.refresh_version,
        organization_id: organization,
        iat,
        exp: end,
    });
    let signer = &app.keys.signer;
    let refresh = Concealed::new(signer.sign(&refresh));
    let cookie = cookie(app, refresh.reveal(), SESSION_LIFE)?;
    Ok(SignedIn { access: Concealed::new(signer.sign(&access)), refresh, cookie })
}

/// The cookie that takes the refresh token away again.
pub fn cleared_cookie(app: &App) -> ApiResult<HeaderValue> {
    cookie(app, "", 0)
}

fn cookie(app: &App, token: &str, seconds: i64) -> ApiResult<HeaderValue> {
    let secure = if app.settings.site_url.starts_with("https:") { "; Secure" } else { "" };
    let text = format!("jid={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| ApiError::internal("a token is no header value"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The claims of a refresh token that has not expired.
pub fn refresh_claims(app: &App, token: &Concealed, now: Timestamp) -> Option<RefreshClaims> {
    match app.keys.verifier.verify(token.reveal()) {
        Ok(Claims::Refresh(claims)) if claims.exp > now.as_seconds() => Some(claims),
        _ => None,
    }
}

impl Cx {
    /// The author of a change that a person makes before (or without) being signed in.
    pub fn author_as(&self, user: UserId) -> Author {
        Author { kind: "user", id: user.to_string(), ..self.author() }
    }
}

/// Records what a person did in each of the organizations that the person belongs to.
pub fn audit_person(change: &mut Change, organizations: &[OrgId], event: &'static str, detail: &Value) {
    for organization in organizations {
        change.audit(event, *organization, None, detail);
    }
}

/// The organizations that a person belongs to.
pub async fn organizations_of(app: &App, user: UserId) -> ApiResult<Vec<OrgId>> {
    let found = app.store.organizations_of(user).await?;
    Ok(found.into_iter().map(|membership| membership.organization.id).collect())
}

/// A person whose password was right. Not yet more: the lock may have fallen meanwhile.
#[derive(Debug)]
pub struct Recognized {
    /// Who.
    pub user: UserId,
    /// The hash that the password was checked against.
    pub hash: String,
    /// The organizations that the person belongs to.
    pub organizations: Vec<OrgId>,
}

/// Checks a password, counts a failure, and locks the user after too many. The answer and its time
/// are the same for a wrong password and for nobody at all.
pub async fn recognize(
    cx: &Cx,
    who: Option<SignIn>,
    password: &Concealed,
    wrong: fn() -> ApiError,
) -> ApiResult<Recognized> {
    let known = who.and_then(|who| who.password_hash.map(|hash| (who.user_id, hash, who.locked_until)));
    if known.as_ref().is_some_and(|(_, _, until)| until.is_some_and(|until| cx.now() < until)) {
        return Err(locked());
    }
    let hash = known.as_ref().map(|(_, hash, _)| hash.as_str());
    let right = cx.app.passwords.verify(password, hash).await?;
    // Also asked about nobody: it takes time.
    let user = known.as_ref().map_or_else(|| UserId::from_uuid(uuid::Uuid::nil()), |(user, ..)| *user);
    let organizations = organizations_of(&cx.app, user).await?;
    match known {
        Some((user, hash, _)) if right => Ok(Recognized { user, hash, organizations }),
        known => Err(count_failure(cx, known.map(|(user, ..)| user), &organizations, wrong).await?),
    }
}

async fn count_failure(
    cx: &Cx,
    user: Option<UserId>,
    organizations: &[OrgId],
    wrong: fn() -> ApiError,
) -> ApiResult<ApiError> {
    let author = user.map_or_else(|| cx.author(), |user| cx.author_as(user));
    let mut change = cx.app.store.change(&Permit::system("count a failed sign-in"), &author).await?;
    let mut outcome = FailedLogin::Counted;
    if let Some(user) = user {
        let until = cx.now().plus_seconds(LOCK_LIFE);
        outcome = change.count_failed_login(user, MOST_FAILURES, until).await?;
        if outcome == FailedLogin::LockedNow {
            let detail = json!({ "userId": user, "failures": MOST_FAILURES, "until": until });
            audit_person(&mut change, organizations, "lock-user", &detail);
        }
    } else {
        change.count_unknown_login().await?;
    }
    change.commit().await?;
    Ok(if outcome == FailedLogin::WasLocked { locked() } else { wrong() })
}

/// 403: too many wrong passwords in a row.
pub fn locked() -> ApiError {
    ApiError::forbidden("This user is locked for some minutes after too many failed sign-ins")
        .named("UserLocked")
}
