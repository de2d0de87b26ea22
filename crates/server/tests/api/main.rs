#![recursion_limit = "512"]
//! The API through real HTTP, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod identities;
mod network;
mod identity_members;
mod projects;
mod replicas;
mod tags;
mod invitations;
mod organizations;
mod people;
mod project_users;
mod sign_in;
mod universal_auth;
