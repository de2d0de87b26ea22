//! Key sets of issuers, fetched when they are needed and kept.
//!
//! However many tokens a stranger sends, a set is fetched at most once in [`INTERVAL`]: everybody waits for the one fetch
//! under way, and a key id that is unknown just after a fetch stays unknown until the interval is over. When the issuer
//! cannot be reached, its keys are used until they are [`STALE`] old; then nothing is accepted.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use url::Url;
use vouchsafe_domain::time::Timestamp;

use super::{InvalidKeys, KeySet, UnverifiedJwt};
use crate::net::{Call, Outbound, Trust};
use crate::reason::{Reason, Refusal};

/// A set is fetched at most once in this time, seconds.
pub const INTERVAL: i64 = 30;
/// A set this old is fetched anew before it is used, seconds.
pub const FRESH: i64 = 300;
/// A set this old is not used any more when its issuer cannot be reached, seconds.
pub const STALE: i64 = 3600;
/// How many issuers' sets are kept.
const SETS: usize = 2_000;

/// Where a set of keys is.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum SetAddress {
    /// At a URL.
    Jwks(Url),
    /// At the URL that a discovery document names (`OpenID` Connect Discovery 1.0 section 4). The document has to be
    /// that of this issuer, compared exactly, if one is given.
    Discovery {
        /// Where the document is, the whole URL.
        url: Url,
        /// Which issuer has to name itself in it.
        issuer: Option<String>,
    },
    /// A map of key ids to certificates at a URL, as Google publishes keys of service accounts.
    Certificates(Url),
}

impl SetAddress {
    /// The discovery document of an issuer: `/.well-known/openid-configuration` below its URL.
    pub fn discovery(issuer_url: &Url, issuer: Option<String>) -> Option<Self> {
        let text = format!("{}/.well-known/openid-configuration", issuer_url.as_str().trim_end_matches('/'));
        Some(Self::Discovery { url: text.parse().ok()?, issuer })
    }
}

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
}

/// Key sets of issuers.
pub struct KeySets {
    slots: Cache<Place, Arc<Slot>>,
}

impl Default for KeySets {
    fn default() -> Self {
        Self { slots: Cache::new(SETS) }
    }
}

impl KeySets {
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
        let turn = Arc::clone(&slot.fetching).lock_owned().await;
        // Somebody else may have fetched meanwhile.
        if let Some(answer) = slot.answer(refresh, &will_do, now) {
            return answer;
        }
        // What it brings is in the slot; if the task broke off, so is nothing.
        let _ = tokio::spawn(fetch_into(
            Arc::clone(&slot),
            turn,
            outbound.clone(),
            address.clone(),
            trust.clone(),
            now,
        ))
        .await;
        slot.best(refresh, now)
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
        let fetched = fetch(outbound, address, trust).await;
        let failure = fetched.as_ref().err().cloned();
        slot.note(fetched, now);
        match failure {
            Some(refusal) => Err(refusal),
            None => slot.best(Refresh::default(), now),
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

    fn note(&self, fetched: Result<KeySet, Refusal>, now: Timestamp) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = Some(now);
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
async fn fetch_into(
    slot: Arc<Slot>,
    _turn: tokio::sync::OwnedMutexGuard<()>,
    outbound: Outbound,
    address: SetAddress,
    trust: Trust,
    now: Timestamp,
) {
    let fetched = fetch(&outbound, &address, &trust).await;
    slot.note(fetched, now);
}

async fn fetch(outbound: &Outbound, address: &SetAddress, trust: &Trust) -> Result<KeySet, Refusal> {
    let read = |parsed: Result<KeySet, InvalidKeys>| {
        parsed.map_err(|error| {
            Refusal::new(Reason::ProviderAnswer, format!("the key set is of no use: {error}"))
        })
    };
    match address {
        SetAddress::Jwks(url) => read(KeySet::from_jwks(&document(outbound, url, trust).await?)),
        SetAddress::Certificates(url) => {
            read(KeySet::from_certificates(&document(outbound, url, trust).await?))
        }
        SetAddress::Discovery { url, issuer } => {
            let found = discovered(&document(outbound, url, trust).await?, issuer.as_deref())?;
            read(KeySet::from_jwks(&document(outbound, &found, trust).await?))
        }
    }
}

/// The key set's URL in a discovery document.
fn discovered(document: &[u8], issuer: Option<&str>) -> Result<Url, Refusal> {
    #[derive(serde::Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: Url,
    }
    let odd = |why: &str| Refusal::new(Reason::ProviderAnswer, why);
    let found: Discovery = serde_json::from_slice(document)
        .map_err(|_| odd("the discovery document has no issuer and jwks_uri, or is no JSON"))?;
    if issuer.is_some_and(|issuer| issuer != found.issuer) {
        return Err(Refusal::new(
            Reason::Issuer,
            "the discovery document names another issuer than the one configured",
        ));
    }
    Ok(found.jwks_uri)
}

async fn document(outbound: &Outbound, url: &Url, trust: &Trust) -> Result<Vec<u8>, Refusal> {
    let mut call = Call::get(url.clone(), trust.clone());
    call.headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
    let reply = outbound.call(call).await?;
    if reply.status != 200 {
        let host = url.host_str().unwrap_or_default();
        return Err(Refusal::new(
            Reason::ProviderAnswer,
            format!("{host} answered {} instead of 200", reply.status),
        ));
    }
    Ok(reply.body)
}
