//! Keeping a stored login alive.

use anyhow::Context;
use vouchsafe_api::auth_methods::HeldToken;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::time::Timestamp;

use super::{Kind, Place, Session};
use crate::failure::{Failure, NOT_LOGGED_IN, Outcome};
use crate::unverified::Life;

/// Why there is no fresh token.
enum NotRefreshed {
    /// The login is over, whatever its token says.
    Ended(Failure),
    /// It did not work, but the token that there is may still be good.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for NotRefreshed {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl NotRefreshed {
    fn failure(self) -> Failure {
        match self {
            Self::Ended(failure) | Self::Failed(failure) => failure,
        }
    }
}

/// The stored login of the server that the client calls, refreshed if it is time; `None` if there is none.
///
/// From two thirds of the token's life on it is refreshed, and used as it is if that does not work. After its end,
/// only a refresh helps.
pub(crate) async fn current(place: &Place, client: &Client, now: Timestamp) -> Outcome<Option<Session>> {
    let all = place.read()?;
    let Some(session) = all.of(client.address()) else { return Ok(None) };
    let life = session.life(now);
    if life == Life::Good {
        return Ok(Some(session.clone()));
    }
    match refreshed(place, client, now, false).await {
        Err(NotRefreshed::Failed(_)) if life == Life::Due => Ok(Some(session.clone())),
        refreshed => refreshed.map(Some).map_err(NotRefreshed::failure),
    }
}

/// Refreshes the stored login of the server that the client calls, though it may not be time yet.
pub(crate) async fn renewed(place: &Place, client: &Client, now: Timestamp) -> Outcome<Session> {
    refreshed(place, client, now, true).await.map_err(NotRefreshed::failure)
}

async fn refreshed(
    place: &Place,
    client: &Client,
    now: Timestamp,
    always: bool,
) -> Result<Session, NotRefreshed> {
    let lock = place.lock().await?;
    let mut all = place.read()?;
    let none =
        || Failure::message(format!("nobody is logged in at {}", client.address())).code(NOT_LOGGED_IN);
    let session = all.of(client.address()).cloned().ok_or_else(|| NotRefreshed::Ended(none()))?;
    if session.life(now) == Life::Good && !always {
        // Another process was faster.
        return Ok(session);
    }
    // If a fresh token could not be stored, the old one must not be used up.
    place.write(&lock, &all)?;
    let fresh = ask(client, &session, now).await?;
    all.replace(fresh.clone());
    place.write(&lock, &all)?;
    Ok(fresh)
}

async fn ask(client: &Client, session: &Session, now: Timestamp) -> Result<Session, NotRefreshed> {
    let told = match (session.kind, &session.refresh_token) {
        (Kind::Person, Some(refresh_token)) => of_person(client, session, refresh_token, now).await,
        (Kind::Person, None) => return Err(ended(session, "it cannot be refreshed")),
        // The server renews no token that has expired.
        (Kind::Identity, _) if session.life(now) == Life::Over => {
            return Err(ended(session, "it has expired"));
        }
        (Kind::Identity, _) => of_identity(client, session, now).await,
    };
    match told {
        Err(Error::Refused(refusal)) if session.kind == Kind::Person && refusal.is_about_login() => {
            Err(ended(session, &refusal.sentence()))
        }
        told => Ok(told.with_context(|| format!("cannot refresh the login at {}", session.address))?),
    }
}

async fn of_person(
    client: &Client,
    session: &Session,
    refresh_token: &Concealed,
    now: Timestamp,
) -> Result<Session, Error> {
    let (reply, next) = client.refresh_session(refresh_token).await?;
    let refresh_token = Some(next.unwrap_or_else(|| refresh_token.clone()));
    Ok(Session { token: reply.token, obtained_at: now, refresh_token, ..session.clone() })
}

async fn of_identity(client: &Client, session: &Session, now: Timestamp) -> Result<Session, Error> {
    let held = HeldToken { access_token: session.token.reveal().to_owned() };
    let reply = client.renew(&held).await?;
    Ok(Session { token: Concealed::new(reply.access_token), obtained_at: now, ..session.clone() })
}

fn ended(session: &Session, why: &str) -> NotRefreshed {
    let Session { name, address, .. } = session;
    let failure = Failure::message(format!("the login of {name} at {address} has ended: {why}"))
        .hint("log in again with `vouchsafe login`")
        .code(NOT_LOGGED_IN);
    NotRefreshed::Ended(failure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;
    use vouchsafe_api::sign_in::{SelectOrganization, SignIn};
    use vouchsafe_domain::time::Clock as _;
    use vouchsafe_testkit::{Engine, START, TestServer};

    use super::super::tests::session;
    use super::*;
    use crate::unverified::Unverified;
    use crate::unverified::tests::token;

    const EMAIL: &str = "ann@example.com";
    const PASSWORD: &str = "correct horse battery staple";

    /// A server on the database that needs nothing else, and a folder for logins.
    async fn world() -> (TestServer, TempDir, Place) {
        let folder = TempDir::new().unwrap();
        let place = Place::in_folder(folder.path().join("logins"));
        (TestServer::start(Engine::Sqlite).await, folder, place)
    }

    /// A person who is logged in.
    async fn person(server: &TestServer, place: &Place) -> (Client, Session) {
        let invited = json!({ "inviteeEmails": [EMAIL], "organizationId": server.org, "organizationRoleSlug": "member" });
        let reply = server.admin.post("/api/v1/invite-org/signup", invited).await.ok();
        let link = reply["completeInviteLinks"][0]["link"].as_str().unwrap().to_owned();
        let code = link.split("token=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
        let account = json!({ "email": EMAIL, "firstName": "Ann", "password": PASSWORD, "code": code });
        server.anonymous().post("/api/v3/signup/complete-account/invite", account).await.ok();

        let client = Client::new(&server.url).unwrap();
        let input = SignIn { email: EMAIL.to_owned(), password: Concealed::new(PASSWORD) };
        let (signed_in, _) = client.sign_in(&input).await.unwrap();
        let bearer = client.clone().with_token(signed_in.access_token.reveal()).unwrap();
        let chosen = SelectOrganization { organization_id: server.org };
        let (chosen, refresh_token) = bearer.select_organization(&chosen).await.unwrap();
        let made = Session {
            address: client.address().to_owned(),
            token: chosen.token,
            obtained_at: server.clock.now(),
            refresh_token,
            ..session("", "")
        };
        assert!(made.refresh_token.is_some());
        place.change(|all| all.add(made.clone())).await.unwrap();
        (client, made)
    }

    /// An identity that is logged in, with tokens that live so long and are renewed so long.
    async fn identity(server: &TestServer, place: &Place, ttl: i64, max: i64) -> (Client, Session) {
        let identity = server.identity("build", "member").await;
        let settings = json!({ "accessTokenTTL": ttl, "accessTokenMaxTTL": max });
        let (client_id, client_secret) = server.universal_auth(&identity.id, settings).await;
        let client = Client::new(&server.url).unwrap();
        let input = vouchsafe_api::auth_methods::UniversalAuthLogin {
            client_id,
            client_secret,
            organization_slug: None,
        };
        let reply = client.log_in_universal(&input).await.unwrap();
        let made = Session::of_token(client.address(), &reply.access_token, server.clock.now());
        place.change(|all| all.add(made.clone())).await.unwrap();
        (client, made)
    }

    async fn accepted(client: &Client, session: &Session) -> bool {
        let client = client.clone().with_token(session.token.reveal()).unwrap();
        match session.kind {
            Kind::Person => client.check_sign_in().await.is_ok(),
            Kind::Identity => client.identity_details().await.is_ok(),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_persons_session_is_refreshed_in_time_and_after_it() {
        let (server, _folder, place) = world().await;
        let (client, first) = person(&server, &place).await;
        let day = 24 * 60 * 60;
        let at = |server: &TestServer| server.clock.now();

        let now = current(&place, &client, at(&server)).await.unwrap().unwrap();
        assert_eq!(now.token, first.token, "nothing to do yet");

        server.clock.advance_seconds(7 * day);
        let second = current(&place, &client, at(&server)).await.unwrap().unwrap();
        assert_ne!(second.token, first.token);
        assert_ne!(second.refresh_token, first.refresh_token);
        assert!(accepted(&client, &second).await);
        let stored = place.read().unwrap().of(client.address()).cloned().unwrap();
        assert_eq!((stored.token, stored.refresh_token), (second.token.clone(), second.refresh_token));
        assert_eq!(stored.organization.as_deref(), Some("Acme"), "the rest stays");

        server.clock.advance_seconds(30 * day);
        assert_eq!(second.token, place.read().unwrap().newest().unwrap().token);
        let third = current(&place, &client, at(&server)).await.unwrap().unwrap();
        assert!(accepted(&client, &third).await, "after the end of its access token too");

        server.clock.advance_seconds(91 * day);
        let over = current(&place, &client, at(&server)).await.unwrap_err();
        assert_eq!(over.code, NOT_LOGGED_IN);
        assert!(over.error.to_string().contains("ann@example.com at http"), "{:#}", over.error);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_that_refresh_at_once_use_the_refresh_token_once() {
        let (server, _folder, place) = world().await;
        let (client, first) = person(&server, &place).await;
        server.clock.advance_seconds(8 * 24 * 60 * 60);
        let now = server.clock.now();
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let (place, client) = (place.clone(), client.clone());
                tokio::spawn(async move { current(&place, &client, now).await.unwrap().unwrap() })
            })
            .collect();
        let mut tokens = Vec::new();
        for task in tasks {
            tokens.push(task.await.unwrap().token);
        }
        assert!(tokens.iter().all(|token| *token == tokens[0] && *token != first.token));
        let stored = place.read().unwrap().newest().cloned().unwrap();
        assert!(accepted(&client, &stored).await);
        let version = |session: &Session| {
            let token = session.refresh_token.as_ref().unwrap().reveal();
            Unverified::read(token).unwrap().claims["refreshVersion"].as_i64().unwrap()
        };
        assert_eq!(version(&stored), version(&first) + 1, "one of them asked");
        // The refresh token that is stored is the one that the server expects next.
        assert!(accepted(&client, &renewed(&place, &client, now).await.unwrap()).await);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_session_that_was_ended_elsewhere_is_over() {
        let (server, _folder, place) = world().await;
        let (client, first) = person(&server, &place).await;
        client.sign_out(first.refresh_token.as_ref()).await.unwrap();
        server.clock.advance_seconds(8 * 24 * 60 * 60);
        let over = current(&place, &client, server.clock.now()).await.unwrap_err();
        assert_eq!(over.code, NOT_LOGGED_IN);
        assert!(over.hint.is_some_and(|hint| hint.contains("vouchsafe login")));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_identitys_token_is_renewed_until_its_maximum() {
        let (server, _folder, place) = world().await;
        let (client, first) = identity(&server, &place, 900, 1200).await;
        let after = |seconds| START.plus_seconds(seconds);
        server.clock.set(after(599));
        assert_eq!(current(&place, &client, after(599)).await.unwrap().unwrap().token, first.token);
        server.clock.set(after(700));
        let second = current(&place, &client, after(700)).await.unwrap().unwrap();
        assert_ne!(second.token, first.token);
        assert_eq!(second.expires_at(), Some(after(1200)));
        assert!(accepted(&client, &second).await);
        // The server renews it no more once the end cannot move; what there is stays in use.
        server.clock.set(after(1199));
        let third = current(&place, &client, after(1199)).await.unwrap().unwrap();
        assert!(accepted(&client, &third).await);
        server.clock.set(after(1201));
        let over = current(&place, &client, after(1201)).await.unwrap_err();
        assert_eq!(over.code, NOT_LOGGED_IN);
        assert!(over.error.to_string().contains("it has expired"), "{:#}", over.error);
    }

    #[tokio::test]
    async fn without_an_answer_the_old_token_is_used_while_it_lives() {
        let folder = TempDir::new().unwrap();
        let place = Place::in_folder(folder.path().join("logins"));
        // Nobody listens on port 1.
        let client = Client::new("http://127.0.0.1:1").unwrap();
        let token = token(&json!({ "iat": 1000, "exp": 1900 }));
        let made = session("http://127.0.0.1:1", &token);
        place.change(|all| all.add(made)).await.unwrap();
        let at = Timestamp::from_seconds;
        assert_eq!(current(&place, &client, at(1700)).await.unwrap().unwrap().token.reveal(), token);
        let failed = current(&place, &client, at(1900)).await.unwrap_err();
        assert_eq!(failed.code, crate::failure::NO_ANSWER);
        let other = Client::new("http://127.0.0.2:1").unwrap();
        assert!(current(&place, &other, at(1700)).await.unwrap().is_none(), "that is another server");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refresh_token_that_could_not_be_replaced_is_not_used_up() {
        let (server, _folder, place) = world().await;
        let (client, first) = person(&server, &place).await;
        server.clock.advance_seconds(8 * 24 * 60 * 60);
        // A folder in the way of the new file: nothing can be written, though the lock is free.
        let in_the_way = place.path().with_file_name("sessions.json.new");
        std::fs::create_dir(&in_the_way).unwrap();
        let used = current(&place, &client, server.clock.now()).await.unwrap().unwrap();
        assert_eq!(used.token, first.token);
        std::fs::remove_dir(&in_the_way).unwrap();
        let fresh = current(&place, &client, server.clock.now()).await.unwrap().unwrap();
        assert_ne!(fresh.token, first.token);
        assert!(accepted(&client, &fresh).await);
    }
}
