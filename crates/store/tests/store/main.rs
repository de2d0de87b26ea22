//! The store on both databases: opening, units of work, logins, purging, and lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activity;
mod change;
mod denials;
mod documents;
mod expiring;
mod fixture;
mod identities;
mod identity_roles;
mod logins;
mod opening;
mod purge;
mod topics;
