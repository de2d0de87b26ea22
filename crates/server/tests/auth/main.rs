//! Auth methods through real HTTP, on both databases, against counterparts on loopback.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alicloud;
mod aws;
mod azure;
mod checks;
mod common;
#[path = "../counterparts/mod.rs"]
mod counterparts;
#[path = "../../../attest/tests/endpoint/mod.rs"]
mod endpoint;
mod gcp;
mod jwt;
mod key_server;
mod kubernetes;
mod ldap;
mod oci;
mod oidc;
mod spiffe;
mod tls_cert;
#[path = "../../../attest/tests/trees/mod.rs"]
mod trees;
