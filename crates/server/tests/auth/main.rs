//! Auth methods through real HTTP, on both databases, against counterparts on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod azure;
mod common;
mod fake_keys;
mod gcp;
mod jwt;
mod ldap;
mod mint;
mod mint_rsa;
