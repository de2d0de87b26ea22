//! Key sets of issuers, fetched when they are needed and kept.
//!
//! However many tokens a stranger sends, a set is fetched at most once in [`INTERVAL`]: everybody waits for the one fetch
//! under way, and a key id that is unknown just after a fetch stays unknown until the interval is over. When the issuer
//! cannot be reached, its keys are used until they are [`STALE`] old; then nothing is accepted. An issuer that hangs holds
//! up nobody whose key is known for longer than [`PATIENCE`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, timeout};
use vouchsafe_domain::time::Timestamp;

use super::fetch::Errand;
use super::{KeySet, Memory, ProcessMemory, SetAddress, UnverifiedJwt};
use crate::net::{Outbound, Trust};
use crate::reason::{Reason, Refusal};

/// A set is fetched at most once in this time, seconds.
pub const INTERVAL: i64 = 30;
/// A set this old is fetched anew before it is used, seconds.
pub const FRESH: i64 = 300;
/// A set this old is not used any more when its issuer cannot be reached, seconds.
pub const STALE: i64 = 3600;
/// How long those wait for a fetch who could go on with the keys that are kept.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// How many issuers' sets are kept.
const SETS: usize = 2_000;

/// Keys as they were last fetched.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The keys.
    pub set: Arc<KeySet>,
    /// When they were fetched.
    pub fetched_at: Timestamp,
}

/// How long keys of one source are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Refresh {
    /// Keys this old are fetched anew before they are used, seconds.
    pub fresh: i64,
    /// Keys this old are not used any more when they cannot be fetched, seconds.
    pub stale: i64,
}

impl Default for Refresh {
    /// [`FRESH`] and [`STALE`].
    fn default() -> Self {
        Self { fresh: FRESH, stale: STALE }
    }
}

type Place = (SetAddress, Trust);

/// What is known of one set.
#[derive(Default)]
struct Slot {
    known: Mutex<Known>,
    /// Held by whoever fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Option<Keys>,
    tried_at: Option<Timestamp>,
    failure: Option<Refusal>,
    /// When the fetch under way began.
    began_at: Option<Instant>,
    /// Whether the last fetch took longer than [`PATIENCE`].
    is_slow: bool,
}

/// Key sets of issuers.
pub struct KeySets {
    slots: Cache<Place, Arc<Slot>>,
    memory: Arc<dyn Memory>,
}

impl Default for KeySets {
    /// Key sets that remember nothing beyond the process.
    fn default() -> Self {
        Self::new(Arc::new(ProcessMemory::default()))
    }
}

impl KeySets {
    /// No key sets yet. The memory keeps what their fetches have to know after a restart.
    pub fn new(memory: Arc<dyn Memory>) -> Self {
        Self { slots: Cache::new(SETS), memory }
    }

    /// The keys that this token may be signed with: from what is kept if that will do, else fetched.
    pub async fn for_token(
        &self,
        outbound: &Outbound,
        address: &SetAddress,
        trust: &Trust,
        refresh: Refresh,
        token: &UnverifiedJwt,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, Refusal> {
        let will_do = |keys: &Keys| token.has_key_in(&keys.set);
        self.get(outbound, address, trust, refresh, will_do, now).await.map(|keys| keys.set)
    }

    /// The keys of an issuer, fetched if they are not fresh or `will_do` says that they are not enough.
    ///
    /// Keys that are not fresh any more and will do are answered when the issuer takes longer than [`PATIENCE`]; the
    /// fetch goes on without whoever asked.
    pub async fn get(
        &self,
        outbound: &Outbound,
        address: &SetAddress,
        trust: &Trust,
        refresh: Refresh,
        will_do: impl Fn(&Keys) -> bool,
        now: Timestamp,
    ) -> Result<Keys, Refusal> {
        let slot = self.slot(address, trust);
        if let Some(answer) = slot.answer(refresh, &will_do, now) {
            return answer;
        }
        let old = slot.best(refresh, now).ok().filter(|keys| will_do(keys));
        let patience = slot.patience();
        let fetched = async {
            let turn = Arc::clone(&slot.fetching).lock_owned().await;
            // Somebody else may have fetched meanwhile.
            if let Some(answer) = slot.answer(refresh, &will_do, now) {
                return answer;
            }
            // What it brings is in the slot; if the task broke off, so is nothing.
            let errand = self.errand(outbound, address, trust, now);
            let _ = tokio::spawn(fetch_into(Arc::clone(&slot), turn, errand)).await;
            slot.best(refresh, now)
        };
        match old {
            Some(old) => timeout(patience, fetched).await.unwrap_or(Ok(old)),
            None => fetched.await,
        }
    }

    /// Fetches the keys now, because an administrator asks.
    pub async fn fetch_now(
        &self,
        outbound: &Outbound,
        address: &SetAddress,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Keys, Refusal> {
        let slot = self.slot(address, trust);
        let _fetching = slot.fetching.lock().await;
        slot.begin();
        let fetched = self.errand(outbound, address, trust, now).run().await;
        let failure = fetched.as_ref().err().cloned();
        slot.note(fetched, now);
        match failure {
            Some(refusal) => Err(refusal),
            None => slot.best(Refresh::default(), now),
        }
    }

    fn errand(&self, outbound: &Outbound, address: &SetAddress, trust: &Trust, now: Timestamp) -> Errand {
        Errand {
            outbound: outbound.clone(),
            memory: Arc::clone(&self.memory),
            address: address.clone(),
            trust: trust.clone(),
            now,
        }
    }

    /// When the keys that are kept were fetched.
    pub fn fetched_at(&self, address: &SetAddress, trust: &Trust) -> Option<Timestamp> {
        let slot = self.slots.get(&(address.clone(), trust.clone()))?;
        slot.known().keys.map(|keys| keys.fetched_at)
    }

    fn slot(&self, address: &SetAddress, trust: &Trust) -> Arc<Slot> {
        let place = (address.clone(), trust.clone());
        let made =
            self.slots.get_or_insert_with(&place, || Ok::<_, std::convert::Infallible>(Arc::default()));
        match made {
            Ok(slot) => slot,
        }
    }
}

impl Slot {
    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What can be said without fetching; none if the set has to be fetched first.
    fn answer(
        &self,
        refresh: Refresh,
        will_do: impl Fn(&Keys) -> bool,
        now: Timestamp,
    ) -> Option<Result<Keys, Refusal>> {
        let known = self.known();
        let is_fresh = |keys: &&Keys| age(keys.fetched_at, now) < refresh.fresh && will_do(keys);
        if let Some(keys) = known.keys.as_ref().filter(is_fresh) {
            return Some(Ok(keys.clone()));
        }
        let tried_lately = known.tried_at.is_some_and(|at| age(at, now) < INTERVAL);
        tried_lately.then(|| known.best(refresh, now))
    }

    fn best(&self, refresh: Refresh, now: Timestamp) -> Result<Keys, Refusal> {
        self.known().best(refresh, now)
    }

    /// How long to wait for a fetch: not at all for an issuer that was slow before.
    fn patience(&self) -> Duration {
        let known = self.known();
        let waited = known.began_at.map_or(Duration::ZERO, |began| began.elapsed());
        if known.is_slow { Duration::ZERO } else { PATIENCE.saturating_sub(waited) }
    }

    fn begin(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).began_at = Some(Instant::now());
    }

    fn note(&self, fetched: Result<KeySet, Refusal>, now: Timestamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = Some(now);
        known.is_slow = known.began_at.take().is_some_and(|began| began.elapsed() >= PATIENCE);
        match fetched {
            Ok(set) => {
                known.keys = Some(Keys { set: Arc::new(set), fetched_at: now });
                known.failure = None;
            }
            Err(refusal) => known.failure = Some(refusal),
        }
    }
}

impl Known {
    /// The keys, though they may be old; else why there are none.
    fn best(self, refresh: Refresh, now: Timestamp) -> Result<Keys, Refusal> {
        match self.keys {
            Some(keys) if age(keys.fetched_at, now) < refresh.stale => Ok(keys),
            _ => Err(self.failure.unwrap_or_else(|| {
                Refusal::new(Reason::Unreachable, "the issuer's keys are not known at present")
            })),
        }
    }
}

/// Seconds since; never negative, so that a clock that was set back does not keep anything for long.
fn age(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_seconds() - then.as_seconds()).abs()
}

/// Fetches in a task of its own: whoever asked may hang up, and the fetch has still been made and counts.
async fn fetch_into(slot: Arc<Slot>, _turn: OwnedMutexGuard<()>, errand: Errand) {
    slot.begin();
    let fetched = errand.run().await;
    slot.note(fetched, errand.now);
}
