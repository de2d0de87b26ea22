//! Auth methods through real HTTP, on both databases, against counterparts on loopback.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alicloud;
mod aws;
mod checks;
mod common;
mod fake;
mod jwt;
mod kubernetes;
mod mint;
mod oci;
