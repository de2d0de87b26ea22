//! Stored logins: at most one for each server, of a person or of an identity.
//!
//! They lie in one file that only its owner can read. Whoever writes it holds a lock on the file beside it, reads
//! it anew, and replaces it in one step, so that readers need no lock and always find a whole file. A refresh holds
//! the lock from reading to writing: the refresh token of a person can be used once only, and a second use would
//! end the session on the server. Who waited for the lock finds the fresh token in the file and asks nobody.

mod file;
mod refresh;

use serde::{Deserialize, Serialize};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::time::Timestamp;

pub(crate) use file::Place;
pub(crate) use refresh::{current, renewed};

use crate::unverified::{Life, Unverified};

/// Most logins that are kept; the ones that were not used to log in for longest go first.
const MOST: usize = 100;

/// Who is logged in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Person,
    Identity,
}

/// A stored login.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// The server that it was made for, as a client shows its address; no other server sees the token.
    pub(crate) address: String,
    pub(crate) kind: Kind,
    /// E-mail address of the person, or name of the identity.
    pub(crate) name: String,
    /// Name or id of the organization that it acts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<String>,
    /// Access token.
    pub(crate) token: Concealed,
    /// When it was obtained by the clock of this machine, which may differ from the server's.
    pub(crate) obtained_at: Timestamp,
    /// What gets a person the next access token, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<Concealed>,
}

impl Session {
    /// A login of which there is only the access token, obtained now; the rest is what the token says of itself.
    pub(crate) fn of_token(address: &str, token: &str, now: Timestamp) -> Self {
        let seen = Unverified::read(token);
        let claim = |names: &[&str]| {
            let token = seen.as_ref()?;
            names.iter().find_map(|name| token.text(name)).map(str::to_owned)
        };
        let kind = if claim(&["userId"]).is_some() { Kind::Person } else { Kind::Identity };
        Self {
            address: address.to_owned(),
            kind,
            name: claim(&["identityName", "identityId", "userId"]).unwrap_or_else(|| "somebody".to_owned()),
            organization: claim(&["orgId", "organizationId"]),
            token: Concealed::new(token.trim()),
            obtained_at: now,
            refresh_token: None,
        }
    }

    /// When the access token expires, if it says so.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        Unverified::read(self.token.reveal())?.expires_at()
    }

    /// Where the life of the access token stands. One that says nothing of it is good until the server refuses it.
    pub(crate) fn life(&self, now: Timestamp) -> Life {
        let Some(token) = Unverified::read(self.token.reveal()) else { return Life::Good };
        // What has passed since it was obtained does not depend on whose clock is right.
        let passed = now.as_millis().saturating_sub(self.obtained_at.as_millis());
        token.life(token.issued_at().map_or(now, |issued| issued.plus_millis(passed)))
    }
}

/// All stored logins; the one that was made last comes first.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Sessions {
    /// Version of the format: 1.
    version: u32,
    sessions: Vec<Session>,
}

/// The version of the format that this program reads and writes.
const VERSION: u32 = 1;

impl Sessions {
    /// Those, the newest login first.
    pub(crate) fn all(&self) -> &[Session] {
        &self.sessions
    }

    /// The one that commands use if no address is given.
    pub(crate) fn newest(&self) -> Option<&Session> {
        self.sessions.first()
    }

    /// The one of the server with this address.
    pub(crate) fn of(&self, address: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.address == address)
    }

    /// Adds a login, or puts it in the place of the one of the same server, and makes it the newest.
    pub(crate) fn add(&mut self, session: Session) {
        self.remove(&session.address);
        self.sessions.insert(0, session);
        self.sessions.truncate(MOST);
    }

    /// Replaces the one of the same server where it stands.
    fn replace(&mut self, fresh: Session) {
        if let Some(old) = self.sessions.iter_mut().find(|session| session.address == fresh.address) {
            *old = fresh;
        }
    }

    /// Forgets the one of the server with this address.
    pub(crate) fn remove(&mut self, address: &str) {
        self.sessions.retain(|session| session.address != address);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(super) fn session(address: &str, token: &str) -> Session {
        Session {
            address: address.to_owned(),
            kind: Kind::Person,
            name: "ann@example.com".to_owned(),
            organization: Some("Acme".to_owned()),
            token: Concealed::new(token),
            obtained_at: Timestamp::from_seconds(1000),
            refresh_token: Some(Concealed::new("refresh")),
        }
    }

    #[test]
    fn a_clock_that_is_wrong_does_not_matter() {
        let token = crate::unverified::tests::token(&serde_json::json!({ "iat": 500_000, "exp": 500_900 }));
        let made = session("http://a", &token);
        for (now, want) in [(1000, Life::Good), (1599, Life::Good), (1600, Life::Due), (1900, Life::Over)] {
            assert_eq!(made.life(Timestamp::from_seconds(now)), want, "{now}");
        }
        assert_eq!(session("http://a", "opaque").life(Timestamp::from_seconds(1 << 40)), Life::Good);
    }

    fn addresses(all: &Sessions) -> Vec<&str> {
        all.all().iter().map(|session| session.address.as_str()).collect()
    }

    #[test]
    fn there_is_one_login_for_each_server_and_the_last_is_the_newest() {
        let mut all = Sessions::default();
        for address in ["http://a", "http://b", "http://a"] {
            all.add(session(address, "x"));
        }
        assert_eq!(addresses(&all), ["http://a", "http://b"]);
        all.replace(session("http://b", "y"));
        assert_eq!(addresses(&all), ["http://a", "http://b"]);
        assert_eq!(all.of("http://b").map(|one| one.token.reveal()), Some("y"));
        assert!(all.of("http://a.example").is_none() && all.of("https://a").is_none());
        all.remove("http://a");
        assert_eq!(all.newest().map(|one| one.address.as_str()), Some("http://b"));
    }

    #[test]
    fn the_number_of_logins_is_bounded() {
        let mut all = Sessions::default();
        for number in 0..=MOST {
            all.add(session(&format!("http://{number}"), "x"));
        }
        assert_eq!(all.all().len(), MOST);
        assert!(all.of("http://0").is_none());
    }

    #[test]
    fn tokens_are_not_in_debug() {
        let shown = format!("{:?}", session("http://a", "canary"));
        assert!(!shown.contains("canary") && !shown.contains("refresh\""), "{shown}");
    }
}
