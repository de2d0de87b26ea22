//! The API through real HTTP, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod activity;
mod admin;
mod denials;
mod folders;
mod groups;
mod identities;
mod identity_members;
mod identity_search;
mod imports;
mod invitations;
mod managed_identities;
mod network;
mod organizations;
mod people;
mod privileges;
mod project_users;
mod projects;
mod replicas;
mod roles;
mod secret_batch;
mod secret_lists;
mod secrets;
mod sign_in;
mod starting;
mod table;
mod tags;
mod universal_auth;
mod walk;
