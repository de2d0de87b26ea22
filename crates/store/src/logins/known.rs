//! Auth methods and client secrets that logins named before, kept while they are still true, so that
//! a login reads nothing but lockouts.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use vouchsafe_domain::time::Timestamp;

use super::batch::Candidate;
use super::{Attempt, Credential};
use crate::replicas::Replicas;
use crate::topics::{Generations, Topic};

/// Most credentials that are remembered; past it all are forgotten, which only costs look-ups.
const MOST: usize = 50_000;

/// What is remembered. Only credentials that are good are: whatever is refused is looked up each
/// time, so that an unknown, a wrong, an expired and a revoked one take the same time.
#[derive(Clone)]
pub(crate) struct Known {
    generations: Arc<Generations>,
    replicas: Replicas,
    entries: Arc<RwLock<HashMap<Credential, Entry>>>,
}

struct Entry {
    candidate: Arc<Candidate>,
    topics: [Topic; 2],
    stamp: u64,
}

/// The state of all knowledge before something is read; see [`Known::remember`].
#[derive(Clone, Copy)]
pub(super) struct Before(Option<u64>);

impl Known {
    pub(crate) fn new(generations: Arc<Generations>, replicas: Replicas) -> Self {
        Self { generations, replicas, entries: Arc::default() }
    }

    /// What this credential names, if that is remembered and nothing changed since.
    pub(super) fn get(&self, credential: &Credential, now: Timestamp) -> Option<Arc<Candidate>> {
        if !self.replicas.lease_valid() {
            return None;
        }
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(credential)?;
        let is_true = self.generations.stamp(&entry.topics) == entry.stamp && entry.candidate.is_good(now);
        is_true.then(|| Arc::clone(&entry.candidate))
    }

    /// What all these attempts name, if that is remembered and nothing changed since.
    pub(super) fn all(&self, attempts: &[Attempt]) -> Option<Vec<Arc<Candidate>>> {
        attempts.iter().map(|attempt| self.get(&attempt.credential, attempt.at)).collect()
    }

    /// To be asked before candidates are read that may be remembered.
    pub(super) fn before(&self) -> Before {
        Before(self.replicas.lease_valid().then(|| self.generations.raised()))
    }

    /// Remembers a candidate that was read after `before`, unless anything at all changed meanwhile.
    pub(super) fn remember(&self, before: Before, candidate: &Arc<Candidate>, now: Timestamp) {
        let topics = [Topic::from(candidate.identity_id), Topic::from(candidate.org_id)];
        let stamp = self.generations.stamp(&topics);
        if before.0 != Some(self.generations.raised()) || !candidate.is_good(now) {
            return;
        }
        let entry = Entry { candidate: Arc::clone(candidate), topics, stamp };
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(candidate.credential.clone(), entry);
    }
}
