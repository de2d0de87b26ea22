//! What is kept: the last good answers about secrets, in memory only, and wiped when they go.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, StatusCode};
use zeroize::Zeroizing;

use crate::moment::Moment;

/// Paths whose answers are kept, and all below them.
const KEPT: [&str; 2] = ["/api/v3/secrets/raw", "/api/v4/secrets"];

/// Whether answers to this are kept.
pub(super) fn is_kept(target: &str) -> bool {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    KEPT.iter()
        .any(|kept| path.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// An answer as callers get it.
pub(super) struct Kept {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Kept {
    /// The entity tag.
    pub(super) fn tag(&self) -> Option<&HeaderValue> {
        self.headers.get(http::header::ETAG)
    }

    /// What it costs to keep, in bytes, next to enough.
    fn size(&self, target: &str) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        target.len() + headers + self.body.len()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("status", &self.status).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Entry {
    kept: Arc<Kept>,
    size: usize,
    /// When the server last said that this is so.
    confirmed: Moment,
    /// Number of the last use.
    used: u64,
}

/// Answers by path and query; the least recently used go first.
#[derive(Debug)]
pub(super) struct Cache {
    entries: HashMap<String, Entry>,
    bytes: usize,
    uses: u64,
    /// Grows with each change of what is true; an answer that was asked for before does not get in.
    age: u64,
    most_entries: usize,
    most_bytes: usize,
}

impl Cache {
    pub(super) fn new(most_entries: usize, most_bytes: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, uses: 0, age: 0, most_entries, most_bytes }
    }

    /// To be given to [`Self::keep`] and [`Self::confirm`] by who asks the server now.
    pub(super) fn age(&self) -> u64 {
        self.age
    }

    /// The last good answer, and when the server said so.
    pub(super) fn get(&mut self, target: &str) -> Option<(Arc<Kept>, Moment)> {
        self.uses += 1;
        let entry = self.entries.get_mut(target)?;
        entry.used = self.uses;
        Some((Arc::clone(&entry.kept), entry.confirmed))
    }

    /// The server says that the answer is still so.
    pub(super) fn confirm(&mut self, target: &str, age: u64, now: Moment) {
        if let Some(entry) = self.entries.get_mut(target).filter(|_| age == self.age) {
            entry.confirmed = now;
        }
    }

    /// Keeps an answer, unless it is too large or what it says may be old.
    pub(super) fn keep(&mut self, target: &str, kept: &Arc<Kept>, age: u64, now: Moment) {
        self.drop_one(target);
        let size = kept.size(target);
        if age != self.age || size > self.most_bytes || self.most_entries == 0 {
            return;
        }
        while self.entries.len() >= self.most_entries || self.bytes + size > self.most_bytes {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used) else { break };
            let oldest = oldest.0.clone();
            self.drop_one(&oldest);
        }
        self.uses += 1;
        self.bytes += size;
        let entry = Entry { kept: Arc::clone(kept), size, confirmed: now, used: self.uses };
        self.entries.insert(target.to_owned(), entry);
    }

    /// Forgets one answer.
    pub(super) fn drop_one(&mut self, target: &str) {
        if let Some(entry) = self.entries.remove(target) {
            self.bytes -= entry.size;
        }
    }

    /// Forgets everything, also what is being asked for.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        (self.bytes, self.age) = (0, self.age + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(length: usize) -> Arc<Kept> {
        let body = Zeroizing::new(vec![b'x'; length]);
        Arc::new(Kept { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }

    const NOW: Moment = Moment::after_start(std::time::Duration::ZERO);

    #[test]
    fn it_is_bounded_in_number_and_in_bytes_and_the_least_used_goes_first() {
        let mut cache = Cache::new(2, 1000);
        for target in ["a", "b"] {
            cache.keep(target, &kept(10), cache.age(), NOW);
        }
        assert!(cache.get("a").is_some());
        cache.keep("c", &kept(10), cache.age(), NOW);
        assert!(cache.get("b").is_none(), "used least recently");
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        cache.keep("d", &kept(995), cache.age(), NOW);
        assert_eq!((cache.entries.len(), cache.bytes), (1, 996));
        cache.keep("e", &kept(1001), cache.age(), NOW);
        assert!(cache.get("e").is_none(), "larger than all there is");
        cache.keep("d", &kept(10), cache.age(), NOW);
        assert_eq!(cache.bytes, 11, "one that is replaced does not count");
        cache.drop_one("d");
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn what_was_asked_for_before_a_change_does_not_get_in() {
        let mut cache = Cache::new(2, 1000);
        let age = cache.age();
        cache.clear();
        cache.keep("a", &kept(1), age, NOW);
        assert!(cache.get("a").is_none());
    }

    #[test]
    fn only_answers_about_secrets_are_kept() {
        for target in
            ["/api/v3/secrets/raw", "/api/v3/secrets/raw/A?x=1", "/api/v4/secrets?x", "/api/v4/secrets/A/b"]
        {
            assert!(is_kept(target), "{target}");
        }
        for target in
            ["/api/v3/secrets/rawer", "/api/v4/secretsx", "/api/v1/x?/api/v4/secrets", "/api/v3/secrets"]
        {
            assert!(!is_kept(target), "{target}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let mut cache = Cache::new(2, 1000);
        let kept = Kept {
            body: Zeroizing::new(b"canary-7".to_vec()),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
        };
        cache.keep("a", &Arc::new(kept), cache.age(), NOW);
        let shown = format!("{cache:?}");
        assert!(!shown.contains("canary-7") && !shown.contains("99, 97"), "{shown}");
    }
}
