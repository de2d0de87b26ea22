//! Knowledge read from the database and kept while it is still true.
//!
//! An entry carries the topics it depends on and their stamp from before it was read (see
//! `vouchsafe_store::topics`): a change that was answered is never hidden by an older entry. While
//! the store says that cached knowledge may not be served, every look-up goes to the database.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use vouchsafe_domain::id::{IdentityId, OrgId, ProjectId, SessionId};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_keys::DataKey;
use vouchsafe_policy::Permissions;
use vouchsafe_store::{FolderTree, Store, Topic};

use crate::access::{ActorId, IdentityStanding, ProjectFacts, UserStanding};
use crate::auth::VerifiedToken;
use crate::auth::scope::ScopeKey;
use crate::http::LoginSource;

/// A bounded cache of stamped entries.
pub struct Stamped<K, V> {
    entries: Cache<K, Arc<Entry<V>>, Weigh<V>>,
}

struct Entry<V> {
    topics: Box<[Topic]>,
    stamp: u64,
    value: Arc<V>,
}

/// How much of a cache's capacity an entry takes.
struct Weigh<V>(fn(&V) -> usize);

impl<V> Clone for Weigh<V> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<K, V> Weighter<K, Arc<Entry<V>>> for Weigh<V> {
    fn weight(&self, _: &K, entry: &Arc<Entry<V>>) -> u64 {
        (self.0)(&entry.value) as u64
    }
}

impl<K, V> Stamped<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A cache of at most `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { entries: Cache::with_weighter(capacity, capacity as u64, Weigh(|_| 1)) }
    }

    /// A cache of about `entries` entries that weigh at most `bytes` together.
    pub fn weighted(entries: usize, bytes: u64, weigh: fn(&V) -> usize) -> Self {
        Self { entries: Cache::with_weighter(entries, bytes, Weigh(weigh)) }
    }

    /// The entry, if it is there and still true.
    pub fn get(&self, store: &Store, key: &K) -> Option<Arc<V>> {
        if !store.may_serve_cached() {
            return None;
        }
        let entry = self.entries.get(key)?;
        (store.generations().stamp(&entry.topics) == entry.stamp).then(|| Arc::clone(&entry.value))
    }

    /// Drops an entry.
    pub fn forget(&self, key: &K) {
        self.entries.remove(key);
    }

    /// The entry, or what `load` answers, kept if there is something to keep. Loading is boxed, so
    /// that requests which find the entry do not carry the room for it around.
    pub async fn get_or_load<E, F, L>(
        &self,
        store: &Store,
        key: K,
        topics: &[Topic],
        load: L,
    ) -> Result<Option<Arc<V>>, E>
    where
        F: Future<Output = Result<Option<V>, E>>,
        L: FnOnce() -> F,
    {
        if let Some(value) = self.get(store, &key) {
            return Ok(Some(value));
        }
        let keep = store.may_serve_cached();
        let stamp = store.generations().stamp(topics);
        let Some(value) = Box::pin(load()).await?.map(Arc::new) else { return Ok(None) };
        if keep {
            let entry = Entry { topics: topics.into(), stamp, value: Arc::clone(&value) };
            self.entries.insert(key, Arc::new(entry));
        }
        Ok(Some(value))
    }
}

/// All caches of an instance.
pub struct Caches {
    /// Tokens whose signature and revocation were checked, by fingerprint.
    pub tokens: Stamped<[u8; 32], VerifiedToken>,
    /// What a request by an identity is checked against.
    pub identities: Stamped<IdentityId, IdentityStanding>,
    /// What a request by a user is checked against, by session and chosen organization.
    pub users: Stamped<(SessionId, Option<OrgId>), UserStanding>,
    /// What tokens that prove or narrow something hold in the organization.
    pub scoped: Stamped<(IdentityId, ScopeKey), Permissions>,
    /// What an actor holds in a project, with the scope of its token if it has one.
    pub projects: Stamped<(ActorId, Option<ScopeKey>, ProjectId), ProjectFacts>,
    /// Sources of auth methods, ready to check proofs.
    pub sources: Stamped<(IdentityId, &'static str), Vec<LoginSource>>,
    /// Which project had a slug when it was last looked up; to be checked against the project.
    pub project_slugs: Cache<(OrgId, String), ProjectId>,
    /// Folders with their secrets, sealed.
    pub folders: Stamped<FolderKey, FolderTree>,
    /// Opened data keys of projects.
    pub data_keys: Stamped<ProjectId, DataKey>,
}

/// Which folder a cached one is.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct FolderKey {
    /// The project.
    pub project: ProjectId,
    /// Slug of the environment.
    pub environment: String,
    /// Path of the folder.
    pub path: SecretPath,
    /// Whether the folders below are in it.
    pub recursive: bool,
}

/// What cached folders may take in memory, in bytes.
const FOLDER_BYTES: u64 = 128 * 1024 * 1024;
/// How many folders are expected in that.
const FOLDERS: usize = 10_000;

impl Default for Caches {
    fn default() -> Self {
        Self {
            tokens: Stamped::new(50_000),
            identities: Stamped::new(50_000),
            users: Stamped::new(10_000),
            scoped: Stamped::new(20_000),
            projects: Stamped::new(50_000),
            sources: Stamped::new(20_000),
            project_slugs: Cache::new(10_000),
            folders: Stamped::weighted(FOLDERS, FOLDER_BYTES, FolderTree::weight),
            data_keys: Stamped::new(10_000),
        }
    }
}
