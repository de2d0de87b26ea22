//! The calls, one method each, grouped as the API reference is.

mod access;
mod auth_methods;
mod client_secrets;
mod environments;
mod folders;
mod groups;
mod identities;
mod instance;
mod login;
mod members;
mod org_members;
mod org_roles;
mod organizations;
mod privileges;
mod project_groups;
mod project_identities;
mod project_roles;
mod project_users;
mod projects;
mod secrets;
mod sign_in;
mod tags;
mod token_auth;
