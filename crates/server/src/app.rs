//! What every request can reach: the store, the clock, the keys, the caches and the settings.

use std::ops::Deref;
use std::sync::Arc;

use vouchsafe_attest::Workshop;
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::{Clock, Timestamp};
use vouchsafe_keys::token::{Signer, Verifier};
use vouchsafe_keys::{RootKey, SecretHasher};
use vouchsafe_store::Store;

use crate::cache::Caches;
use crate::denials::Denials;
use crate::memory::StoreMemory;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::settings::Settings;
use crate::turns::Turns;

/// The application, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<AppState>);

/// The parts of the application.
pub struct AppState {
    /// The database.
    pub store: Store,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Keys of this instance.
    pub keys: Keys,
    /// What was read before and is still true.
    pub caches: Caches,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Refused requests that are not written yet.
    pub denials: Denials,
    /// What was counted.
    pub metrics: Metrics,
    /// What checks of proofs share: the one way out, key sets.
    pub workshop: Workshop,
    /// Whose turn it is to ask a provider about a name.
    pub turns: Turns<(IdentityId, &'static str, String)>,
    /// How this instance was set up.
    pub settings: Settings,
}

/// Keys of the instance, open in memory.
pub struct Keys {
    /// Seals data keys and instance keys.
    pub root: RootKey,
    /// Signs access tokens.
    pub signer: Signer,
    /// Verifies access tokens.
    pub verifier: Verifier,
    /// Hashes client secrets; makes entity tags.
    pub hasher: SecretHasher,
}

impl App {
    /// Puts the parts together.
    pub fn new(store: Store, clock: Arc<dyn Clock>, keys: Keys, settings: Settings) -> Self {
        Self(Arc::new(AppState {
            clock,
            keys,
            caches: Caches::default(),
            passwords: Passwords::default(),
            denials: Denials::default(),
            metrics: Metrics::default(),
            workshop: Workshop::new(settings.allowed_targets.clone(), settings.endpoints.clone())
                .remembering(Arc::new(StoreMemory::new(&store))),
            turns: Turns::default(),
            store,
            settings,
        }))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}
