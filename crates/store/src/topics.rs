//! What cached knowledge depends on, and how a change makes it stale.
//!
//! Every cache entry is stored with a *stamp*: the sum of the generations of the topics it was read
//! from, taken before reading. A committed change raises the generation of each topic it touches
//! before it is answered, so an entry read earlier is never served again.

use std::collections::HashMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;
use vouchsafe_domain::id::{IdentityId, OrgId, ProjectId, TokenId, UserId};

/// A thing whose change makes cached knowledge stale.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
pub enum Topic {
    /// The organization itself, and what its roles hold.
    Org(Uuid),
    /// An identity: its name, role, memberships, auth methods, client secrets, token epoch.
    Identity(Uuid),
    /// A user: sessions, roles, memberships.
    User(Uuid),
    /// Who is a member of a project, with which roles, and the project's own row.
    Project(Uuid),
    /// Environments, folders, secrets, imports and tags of a project.
    Secrets(Uuid),
    /// One access token.
    Token(Uuid),
}

impl From<OrgId> for Topic {
    fn from(id: OrgId) -> Self {
        Self::Org(id.as_uuid())
    }
}
impl From<IdentityId> for Topic {
    fn from(id: IdentityId) -> Self {
        Self::Identity(id.as_uuid())
    }
}
impl From<UserId> for Topic {
    fn from(id: UserId) -> Self {
        Self::User(id.as_uuid())
    }
}
impl From<ProjectId> for Topic {
    fn from(id: ProjectId) -> Self {
        Self::Project(id.as_uuid())
    }
}
impl From<TokenId> for Topic {
    fn from(id: TokenId) -> Self {
        Self::Token(id.as_uuid())
    }
}

impl Topic {
    /// The secrets of a project, with its environments, folders, imports and tags.
    pub fn secrets(project: ProjectId) -> Self {
        Self::Secrets(project.as_uuid())
    }
}

/// Past this many topics all are forgotten at once, which only costs cache entries.
const MOST_TOPICS: usize = 200_000;

/// The generations of all topics.
#[derive(Debug, Default)]
pub struct Generations {
    /// Raised when every cache entry must go. Grows by far more than any topic does, so that sums
    /// from before and after can never be equal.
    all: AtomicU64,
    /// How often anything was raised.
    raised: AtomicU64,
    topics: RwLock<HashMap<Topic, u64>>,
}

impl Generations {
    /// The stamp of knowledge that depends on these topics, as of now. Take it *before* reading.
    pub fn stamp(&self, topics: &[Topic]) -> u64 {
        let known = self.topics.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let base = self.all.load(Ordering::Acquire);
        topics
            .iter()
            .filter_map(|topic| known.get(topic))
            .fold(base, |sum, generation| sum.wrapping_add(*generation))
    }

    /// How often anything was made stale: knowledge whose topics are only known once it is read may be
    /// stamped after reading if this is the same as before.
    pub fn raised(&self) -> u64 {
        self.raised.load(Ordering::Acquire)
    }

    /// Makes everything that depends on one of these topics stale.
    pub fn raise(&self, topics: &[Topic]) {
        let mut known = self.topics.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.raised.fetch_add(1, Ordering::Release);
        if known.len() + topics.len() > MOST_TOPICS {
            known.clear();
            self.all.fetch_add(1 << 32, Ordering::Release);
        }
        for topic in topics {
            *known.entry(*topic).or_insert(0) += 1;
        }
    }

    /// Makes everything stale.
    pub fn raise_all(&self) {
        let mut known = self.topics.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.raised.fetch_add(1, Ordering::Release);
        known.clear();
        self.all.fetch_add(1 << 32, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_topic_changes_the_stamps_that_name_it_and_no_other() {
        let generations = Generations::default();
        let (a, b) = (Topic::Org(Uuid::from_u128(1)), Topic::Identity(Uuid::from_u128(2)));
        let (both, only_b) = (generations.stamp(&[a, b]), generations.stamp(&[b]));
        let raised = generations.raised();
        generations.raise(&[a]);
        assert_ne!(generations.raised(), raised);
        assert_ne!(generations.stamp(&[a, b]), both);
        assert_eq!(generations.stamp(&[b]), only_b);
        generations.raise_all();
        assert_ne!(generations.stamp(&[b]), only_b);
    }
}
