//! Passwords: the rule for new ones, and hashing them a few at a time.
//!
//! A hash takes tens of milliseconds and 19 MiB. As many are made at once as there are cores, away from
//! the threads that serve requests; never while a unit of work is open.

use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_keys::password;

use crate::http::error::{ApiError, ApiResult};

/// The longest password that is accepted, in characters.
const MOST_CHARACTERS: usize = 1024;

/// Hashes passwords, a few at a time.
#[derive(Debug)]
pub struct Passwords {
    cores: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { cores: Semaphore::new(available_parallelism().map_or(1, usize::from)) }
    }
}

impl Passwords {
    /// Hashes a new password. `field` is named when the password is refused.
    pub async fn hash(&self, field: &str, password: &Concealed) -> ApiResult<String> {
        let characters = password.reveal().chars().count();
        if password.reveal().trim().is_empty() || characters > MOST_CHARACTERS {
            return Err(ApiError::invalid(
                field,
                format!("Expected 1 to {MOST_CHARACTERS} characters, not only spaces"),
            ));
        }
        let password = password.clone();
        self.blocking(move || password::hash(password.reveal())).await
    }

    /// Whether this is the password with this hash. Takes the same time when there is no hash.
    pub async fn verify(&self, password: &Concealed, hash: Option<&str>) -> ApiResult<bool> {
        let (password, hash) = (password.clone(), hash.map(str::to_owned));
        self.blocking(move || {
            if let Some(hash) = hash {
                password::verify(password.reveal(), &hash)
            } else {
                password::verify_dummy(password.reveal());
                false
            }
        })
        .await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
        let _core = self.cores.acquire().await.map_err(|error| ApiError::internal(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::internal(error.to_string()))
    }
}
