//! Taking turns: of those who want the same thing, one at a time goes on.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::http::error::{ApiError, ApiResult};

/// Most things that are waited for at one time.
const MOST: usize = 20_000;

/// Turns, each about a key.
pub struct Turns<K> {
    held: Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>,
}

/// Somebody's turn; it ends when this is dropped.
pub struct Turn(#[allow(dead_code, reason = "held, not looked at")] OwnedMutexGuard<()>);

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self { held: Mutex::default() }
    }
}

impl<K: Eq + Hash> Turns<K> {
    /// Waits for one's turn. 503 when too many others wait for theirs, about whatever.
    pub async fn take(&self, key: K) -> ApiResult<Turn> {
        let turn =
            self.about(key).ok_or_else(|| ApiError::unavailable("too many logins wait for a provider"))?;
        Ok(Turn(turn.lock_owned().await))
    }

    fn about(&self, key: K) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = held.get(&key).and_then(Weak::upgrade) {
            return Some(turn);
        }
        if held.len() >= MOST {
            held.retain(|_, turn| turn.strong_count() > 0);
            if held.len() >= MOST {
                return None;
            }
        }
        let turn = Arc::default();
        held.insert(key, Arc::downgrade(&turn));
        Some(turn)
    }
}
