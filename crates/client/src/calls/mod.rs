//! The calls, one method each, grouped as the API reference is.

mod access;
mod auth_methods;
mod folders;
mod identities;
mod instance;
mod login;
mod members;
mod projects;
mod secrets;
mod tags;
