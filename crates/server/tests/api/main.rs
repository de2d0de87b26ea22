#![recursion_limit = "512"]
//! The API through real HTTP, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod identities;
mod network;
mod identity_members;
mod projects;
mod replicas;
mod tags;
mod universal_auth;
