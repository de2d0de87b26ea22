//! What can go wrong between the server and its database.

/// A failure of the store. Its text is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or does not answer in time; trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A row with this key exists already; holds the name of the constraint or its columns.
    #[error("already there: {0}")]
    Conflict(String),
    /// A row refers to another that is missing (or was removed meanwhile).
    #[error("a row that this one refers to is missing")]
    MissingReference,
    /// Two transactions got in each other's way; trying again helps.
    #[error("the transaction collided with another")]
    Collision,
    /// A stored value is not what this version writes.
    #[error("stored value of {0} cannot be read")]
    Corrupt(String),
    /// A sealed value cannot be opened.
    #[error("sealed value cannot be opened: {0}")]
    Sealed(String),
    /// Anything else.
    #[error("database error: {0}")]
    Other(String),
}

/// Result of a store operation.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    pub(crate) fn corrupt(what: &str) -> Self {
        Self::Corrupt(what.to_owned())
    }

    /// The same error for another who waited for the same work.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Unavailable(text) => Self::Unavailable(text.clone()),
            Self::Collision => Self::Collision,
            other => Self::Other(other.to_string()),
        }
    }

    pub(crate) fn encode(error: sqlx::error::BoxDynError) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(db) => match db.kind() {
                ErrorKind::UniqueViolation => {
                    Self::Conflict(db.constraint().unwrap_or_else(|| db.message()).to_owned())
                }
                ErrorKind::ForeignKeyViolation => Self::MissingReference,
                _ => by_code(db.code().as_deref().unwrap_or(""), &error),
            },
            _ => Self::Other(error.to_string()),
        }
    }
}

/// `SQLSTATE` classes of `PostgreSQL` and primary result codes of `SQLite`.
fn by_code(code: &str, error: &sqlx::Error) -> StoreError {
    match code {
        // serialization failure, deadlock
        "40001" | "40P01" => StoreError::Collision,
        // SQLite: busy, locked, read-only, I/O error, full, cannot open (and their extended codes)
        "5" | "6" | "8" | "10" | "13" | "14" | "261" | "517" | "778" | "1032" | "1546" => {
            StoreError::Unavailable(error.to_string())
        }
        // connection exceptions, insufficient resources, operator intervention, system error, missing database
        code if code.len() == 5
            && ["08", "53", "57", "58", "3D"].iter().any(|class| code.starts_with(class)) =>
        {
            StoreError::Unavailable(error.to_string())
        }
        _ => StoreError::Other(error.to_string()),
    }
}
