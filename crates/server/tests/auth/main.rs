//! Auth methods through real HTTP, on both databases, against counterparts on loopback.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alicloud;
mod aws;
mod checks;
mod common;
mod fake;
mod jwt;
mod key_server;
mod kubernetes;
mod mint;
mod mint;
mod oci;
mod spiffe;
mod tls_cert;
#[path = "../../../attest/tests/trees/mod.rs"]
mod trees;
