//! The calls, one method each, grouped as the API reference is.

mod access;
mod auth_methods;
mod folders;
mod identities;
mod instance;
mod login;
mod members;
mod organizations;
mod projects;
mod secrets;
mod sign_in;
mod tags;
