//! Pages through real HTTP, as a browser without scripts asks for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activity;
mod auth_methods;
mod browser;
mod checks;
mod credentials;
mod explain;
mod forms;
mod frame;
mod groups;
mod identities;
mod members;
#[path = "../common/methods.rs"]
mod methods;
mod people;
mod privileges;
mod profile;
mod project_parts;
mod projects;
mod roles;
mod secrets;
mod settings;
