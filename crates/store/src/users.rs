//! Users: people, who sign in with an e-mail address and a password.

use std::fmt;

use uuid::Uuid;
use vouchsafe_domain::id::UserId;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args, select};
use crate::error::StoreResult;
use crate::{Change, Store};

/// A person.
#[derive(Clone, Debug)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// E-mail address, lower case, unique on the instance.
    pub email: String,
    /// First name; empty until an invited person has accepted.
    pub first_name: String,
    /// Last name; may be empty.
    pub last_name: String,
    /// Whether the person has set a password and may sign in.
    pub is_accepted: bool,
    /// Whether the person administers the instance.
    pub super_admin: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// What a sign-in is checked against.
#[derive(Clone)]
pub struct SignIn {
    /// Who.
    pub user_id: UserId,
    /// Hash of the password; none until an invited person has accepted.
    pub password_hash: Option<String>,
    /// Until when the person is locked after failed sign-ins.
    pub locked_until: Option<Timestamp>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignIn({})", self.user_id)
    }
}

/// Columns of a user, for statements in which `users` is `u`.
pub(crate) const USER_COLUMNS: &str = "u.id AS user_id, u.email, u.first_name, u.last_name, u.is_accepted, \
                                       u.super_admin, u.created_at AS user_created_at, \
                                       u.updated_at AS user_updated_at";

impl FromRow for User {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("user_id")?,
            email: row.text("email")?,
            first_name: row.text("first_name")?,
            last_name: row.text("last_name")?,
            is_accepted: row.flag("is_accepted")?,
            super_admin: row.flag("super_admin")?,
            created_at: row.time("user_created_at")?,
            updated_at: row.time("user_updated_at")?,
        })
    }
}

impl FromRow for SignIn {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            user_id: row.parsed("id")?,
            password_hash: row.opt_text("password_hash")?,
            locked_until: row.opt_time("locked_until")?,
        })
    }
}

impl Store {
    /// A user.
    pub async fn user(&self, id: UserId) -> StoreResult<Option<User>> {
        self.pools().one(select(USER_COLUMNS, "FROM users u WHERE u.id = $1"), args![id]).await
    }

    /// A user by e-mail address (in lower case).
    pub async fn user_by_email(&self, email: &str) -> StoreResult<Option<User>> {
        self.pools().one(select(USER_COLUMNS, "FROM users u WHERE u.email = $1"), args![email]).await
    }

    /// What a sign-in with this e-mail address (in lower case) is checked against.
    pub async fn sign_in(&self, email: &str) -> StoreResult<Option<SignIn>> {
        let sql = "SELECT id, password_hash, locked_until FROM users WHERE email = $1";
        self.pools().one(sql, args![email]).await
    }
}

/// What a new user is made of.
#[derive(Clone, Copy)]
pub struct NewUser<'a> {
    /// E-mail address, lower case.
    pub email: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Hash of the password; a user without one is invited and cannot sign in yet.
    pub password_hash: Option<&'a str>,
    /// Whether the person administers the instance.
    pub super_admin: bool,
}

/// What a failed sign-in led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailedLogin {
    /// It was counted.
    Counted,
    /// It was one too many: the user is locked from now on.
    LockedNow,
    /// The user was locked already (perhaps by a sign-in beside this one).
    WasLocked,
}

struct LockedUntil(Option<Timestamp>);

impl FromRow for LockedUntil {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.opt_time("locked_until")?))
    }
}

impl Change {
    /// Makes a user.
    pub async fn insert_user(&mut self, new: &NewUser<'_>) -> StoreResult<UserId> {
        let (id, at) = (UserId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO users (id, email, first_name, last_name, password_hash, is_accepted, super_admin, \
                   failed_logins, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)";
        let accepted = new.password_hash.is_some();
        let values = args![
            id,
            new.email,
            new.first_name,
            new.last_name,
            new.password_hash,
            accepted,
            new.super_admin,
            at
        ];
        self.run(sql, values).await?;
        Ok(id)
    }

    /// An invited person accepts: name and password. False if the person had accepted before.
    pub async fn accept_user(
        &mut self,
        id: UserId,
        first_name: &str,
        last_name: &str,
        password_hash: &str,
    ) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE users SET first_name = $2, last_name = $3, password_hash = $4, is_accepted = 1, \
                   updated_at = $5 WHERE id = $1 AND is_accepted = 0";
        self.touch(id);
        Ok(self.run(sql, args![id, first_name, last_name, password_hash, at]).await? > 0)
    }

    /// Renames a user.
    pub async fn rename_user(&mut self, id: UserId, first_name: &str, last_name: &str) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE users SET first_name = $2, last_name = $3, updated_at = $4 WHERE id = $1";
        self.run(sql, args![id, first_name, last_name, at]).await?;
        self.touch(id);
        Ok(())
    }

    /// Replaces the hash of the password `old` by `new`; false if the password was changed meanwhile.
    pub async fn replace_password(&mut self, id: UserId, old: &str, new: &str) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE users SET password_hash = $3, updated_at = $4 WHERE id = $1 AND password_hash = $2";
        Ok(self.run(sql, args![id, old, new, at]).await? > 0)
    }

    /// Counts a failed sign-in and locks the user at the `most`-th in a row, until `lock_until`. Exact
    /// under concurrency: one statement counts and locks.
    pub async fn count_failed_login(
        &mut self,
        id: UserId,
        most: i64,
        lock_until: Timestamp,
    ) -> StoreResult<FailedLogin> {
        let at = self.at();
        let sql = "UPDATE users SET failed_logins = CASE WHEN failed_logins + 1 >= $2 THEN 0 ELSE failed_logins + 1 END, \
                   locked_until = CASE WHEN failed_logins + 1 >= $2 THEN $3 ELSE NULL END, last_failed_login_at = $4 \
                   WHERE id = $1 AND (locked_until IS NULL OR locked_until <= $4) RETURNING locked_until";
        let counted = self.one::<LockedUntil>(sql, args![id, most, lock_until, at]).await?;
        Ok(match counted {
            None => FailedLogin::WasLocked,
            Some(LockedUntil(None)) => FailedLogin::Counted,
            Some(LockedUntil(Some(_))) => FailedLogin::LockedNow,
        })
    }

    /// Counts a sign-in with an e-mail address that nobody has: it must cost what a failed one costs.
    pub async fn count_unknown_login(&mut self) -> StoreResult<()> {
        self.run("UPDATE instance SET unknown_logins = unknown_logins + 1 WHERE id = 1", vec![]).await?;
        Ok(())
    }

    /// A sign-in succeeded: forgets the failed ones. False if the user is locked (perhaps since just now).
    pub async fn forget_failed_logins(&mut self, id: UserId) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE users SET failed_logins = 0, locked_until = NULL \
                   WHERE id = $1 AND (locked_until IS NULL OR locked_until <= $2)";
        Ok(self.run(sql, args![id, at]).await? > 0)
    }
}
