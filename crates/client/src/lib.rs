//! Typed API client, and logging in with what a platform gives. The types are those of the server, so the two cannot drift apart.
//!
//! One request is one call: at most 10 seconds, an answer of at most 8 MiB, no redirects (a token
//! must not follow one), and an [`Error`] that says what the server said. Lists of secrets may take 60 seconds and 256 MiB.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod calls;
mod error;
pub mod platform;
mod transport;
pub mod variables;

pub use error::{Error, Refusal};
pub use transport::{Answer, Client, Fetched, Limits};
