//! The binary from outside: in temporary folders, on free ports, with nothing of the developer's
//! environment. One module per group of commands.

mod access;
mod agent;
mod apply;
#[cfg(unix)]
mod canaries;
mod export;
mod folders;
mod group;
mod harness;
mod identity;
mod init;
mod instance;
mod login;
mod login_methods;
mod member;
#[path = "../../../server/tests/auth/mint.rs"]
mod mint;
mod people;
mod project;
mod role;
#[cfg(unix)]
mod run;
mod secrets;
mod sessions;
mod terminal;
#[path = "../../../attest/tests/trees/mod.rs"]
mod trees;
