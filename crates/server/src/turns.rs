//! Taking turns: of those who want the same thing, one at a time goes on.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// Most things that are waited for at one time.
const MOST: usize = 20_000;
/// How many may wait for the same thing, beside the one whose turn it is.
const MOST_WAITING: usize = 16;

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

/// Too many wait already.
#[derive(Debug)]
pub struct Busy;

impl<K: Eq + Hash> Turns<K> {
    /// Waits for one's turn, unless too many others wait for theirs, about the same or about whatever.
    pub async fn take(&self, key: K) -> Result<Turn, Busy> {
        let turn = self.about(key).ok_or(Busy)?;
        Ok(Turn(turn.lock_owned().await))
    }

    fn about(&self, key: K) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = held.get(&key).and_then(Weak::upgrade) {
            // Whoever waits or has the turn holds it, and so do we now.
            return (Arc::strong_count(&turn) <= MOST_WAITING + 1).then_some(turn);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let turns = Arc::new(Turns::default());
        let first = turns.take("a").await.unwrap();
        let waiting: Vec<_> = (0..MOST_WAITING)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.take("a").await.is_ok() })
            })
            .collect();
        while turns.held.lock().unwrap()["a"].strong_count() < MOST_WAITING + 1 {
            tokio::task::yield_now().await;
        }
        assert!(turns.take("a").await.is_err());
        // About something else nobody waits.
        assert!(turns.take("b").await.is_ok());
        drop(first);
        for one in waiting {
            assert!(one.await.unwrap());
        }
        assert!(turns.take("a").await.is_ok());
    }

    #[tokio::test]
    async fn who_gives_up_does_not_wait_any_more() {
        let turns = Arc::new(Turns::default());
        let _first = turns.take("a").await.unwrap();
        for _ in 0..10 * MOST_WAITING {
            let ours = Arc::clone(&turns);
            let waiting = tokio::spawn(async move { ours.take("a").await.is_ok() });
            tokio::task::yield_now().await;
            waiting.abort();
            assert!(waiting.await.unwrap_err().is_cancelled());
        }
    }
}
