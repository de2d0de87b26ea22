//! Sessions of users. A session is what a person's tokens refer to; without it they are worth nothing.

use uuid::Uuid;
use vouchsafe_domain::id::{SessionId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// A session of a user.
#[derive(Clone, Debug)]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Access tokens of other versions are stale.
    pub access_version: i64,
    /// Refresh tokens of other versions are stale, and their use ends the session.
    pub refresh_version: i64,
    /// Address that it was opened or last used from.
    pub ip: String,
    /// The client's `User-Agent` then.
    pub user_agent: String,
    /// When opened.
    pub created_at: Timestamp,
    /// When opened or refreshed last.
    pub last_used_at: Timestamp,
    /// When it ends unless refreshed before.
    pub expires_at: Timestamp,
}

/// A user's oldest sessions beyond this many are ended.
const MOST_PER_USER: i64 = 100;

impl FromRow for Session {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            user_id: row.parsed("user_id")?,
            access_version: row.int("access_version")?,
            refresh_version: row.int("refresh_version")?,
            ip: row.text("ip")?,
            user_agent: row.text("user_agent")?,
            created_at: row.time("created_at")?,
            last_used_at: row.time("last_used_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Store {
    /// A session, also one that has expired.
    pub async fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        let sql = "SELECT id, user_id, access_version, refresh_version, ip, user_agent, created_at, last_used_at, \
                   expires_at FROM sessions WHERE id = $1";
        self.pools().one(sql, args![id]).await
    }

    /// A user's sessions that have not expired, the one used last first.
    pub async fn sessions_of(&self, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
        let sql = "SELECT id, user_id, access_version, refresh_version, ip, user_agent, created_at, last_used_at, \
                   expires_at FROM sessions WHERE user_id = $1 AND expires_at > $2 \
                   ORDER BY last_used_at DESC, id DESC LIMIT 1000";
        self.pools().all(sql, args![user, now]).await
    }
}

impl Change {
    /// Opens a session for a user, from where the author of this change is.
    pub async fn insert_session(&mut self, user: UserId, expires_at: Timestamp) -> StoreResult<Session> {
        self.end_surplus_sessions(user).await?;
        let (id, at) = (SessionId::from_uuid(Uuid::now_v7()), self.at());
        let (ip, user_agent) = (self.author().ip.clone(), self.author().user_agent.clone());
        let sql = "INSERT INTO sessions (id, user_id, access_version, refresh_version, ip, user_agent, created_at, \
                   last_used_at, expires_at) VALUES ($1, $2, 1, 1, $3, $4, $5, $5, $6)";
        self.run(sql, args![id, user, &ip, &user_agent, at, expires_at]).await?;
        Ok(Session {
            id,
            user_id: user,
            access_version: 1,
            refresh_version: 1,
            ip,
            user_agent,
            created_at: at,
            last_used_at: at,
            expires_at,
        })
    }

    /// Ends expired sessions and the oldest ones beyond the most that a user may have.
    async fn end_surplus_sessions(&mut self, user: UserId) -> StoreResult<()> {
        let at = self.at();
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR id IN (SELECT id FROM sessions \
                   WHERE user_id = $1 ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET $3))";
        if self.run(sql, args![user, at, MOST_PER_USER - 1]).await? > 0 {
            self.touch(user);
        }
        Ok(())
    }

    /// Uses a refresh token of this version up and lengthens the session. False if another version is due
    /// or the session has expired.
    pub async fn rotate_session(
        &mut self,
        session: &Session,
        refresh_version: i64,
        expires_at: Timestamp,
    ) -> StoreResult<bool> {
        let (at, ip, user_agent) = (self.at(), self.author().ip.clone(), self.author().user_agent.clone());
        let sql = "UPDATE sessions SET refresh_version = refresh_version + 1, last_used_at = $3, expires_at = $4, \
                   ip = $5, user_agent = $6 WHERE id = $1 AND refresh_version = $2 AND expires_at > $3";
        let values = args![session.id, refresh_version, at, expires_at, ip, user_agent];
        let rotated = self.run(sql, values).await? > 0;
        if rotated {
            self.touch(session.user_id);
        }
        Ok(rotated)
    }

    /// Notes that a session was used.
    pub async fn use_session(&mut self, id: SessionId) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE sessions SET last_used_at = $2 WHERE id = $1", args![id, at]).await?;
        Ok(())
    }

    /// Ends a session of a user; false if there is none.
    pub async fn end_session(&mut self, user: UserId, id: SessionId) -> StoreResult<bool> {
        self.touch(user);
        let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
        Ok(self.run(sql, args![id, user]).await? > 0)
    }

    /// Ends all sessions of a user but one.
    pub async fn end_sessions(&mut self, user: UserId, but: Option<SessionId>) -> StoreResult<u64> {
        self.touch(user);
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
        self.run(sql, args![user, but.map_or_else(String::new, |id| id.to_string())]).await
    }
}
