//! Auth methods through real HTTP, on both databases, against counterparts on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checks;
mod common;
mod jwt;
mod mint;
