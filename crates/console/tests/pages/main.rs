//! Pages through real HTTP, as a browser without scripts asks for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth_methods;
mod activity;
mod browser;
mod credentials;
mod forms;
mod explain;
mod frame;
mod groups;
mod identities;
#[path = "../common/methods.rs"]
mod methods;
mod people;
mod profile;
mod settings;
mod project_parts;
mod projects;
mod secrets;
mod roles;
