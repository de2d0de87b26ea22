//! What checks of proofs have to know after a restart, in the database.

use vouchsafe_attest::jose::{Memory, Remembering};
use vouchsafe_attest::{Reason, Refusal};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{Store, StoreError};

/// Remembers in the database, so that every replica knows it.
pub struct StoreMemory(Store);

impl StoreMemory {
    /// A memory in this database.
    pub fn new(store: &Store) -> Self {
        Self(store.clone())
    }
}

impl Memory for StoreMemory {
    fn recall<'a>(&'a self, name: &'a str) -> Remembering<'a, Option<String>> {
        Box::pin(async { self.0.document(name).await.map_err(|error| failed(&error)) })
    }

    fn keep<'a>(&'a self, name: &'a str, text: &'a str, at: Timestamp) -> Remembering<'a, ()> {
        Box::pin(async move { self.0.keep_document(name, text, at).await.map_err(|error| failed(&error)) })
    }
}

/// Without the database nobody is trusted in place of whom it would name.
fn failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "a document of another cannot be kept or found");
    Refusal::new(Reason::Unreachable, "the database did not answer")
}
