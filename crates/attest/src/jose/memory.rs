//! What has to be remembered for longer than a process lives.

use std::future::Future;
use std::pin::Pin;

use quick_cache::sync::Cache;
use vouchsafe_domain::time::Timestamp;

use crate::reason::Refusal;

/// How many texts [`ProcessMemory`] keeps.
const MOST: usize = 2_000;

/// What a [`Memory`] answers, some time later.
pub type Remembering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// Keeps texts under names. None of them is secret, and each is at most [`SIZE_LIMIT`](crate::net::SIZE_LIMIT) long.
pub trait Memory: Send + Sync {
    /// The text that was kept last under a name.
    fn recall<'a>(&'a self, name: &'a str) -> Remembering<'a, Option<String>>;

    /// Keeps a text under a name in place of an older one. `at` is when it was got.
    fn keep<'a>(&'a self, name: &'a str, text: &'a str, at: Timestamp) -> Remembering<'a, ()>;
}

/// Remembers as long as the process lives.
pub struct ProcessMemory(Cache<String, String>);

impl Default for ProcessMemory {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Memory for ProcessMemory {
    fn recall<'a>(&'a self, name: &'a str) -> Remembering<'a, Option<String>> {
        Box::pin(async { Ok(self.0.get(name)) })
    }

    fn keep<'a>(&'a self, name: &'a str, text: &'a str, _: Timestamp) -> Remembering<'a, ()> {
        Box::pin(async {
            self.0.insert(name.to_owned(), text.to_owned());
            Ok(())
        })
    }
}
