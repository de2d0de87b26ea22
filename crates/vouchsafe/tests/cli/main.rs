//! The binary from outside: in temporary folders, on free ports, with nothing of the developer's
//! environment. One module per group of commands.

mod access;
mod agent;
mod apply;
#[cfg(unix)]
mod canaries;
#[path = "../../../server/tests/counterparts/mod.rs"]
mod counterparts;
mod export;
mod folders;
mod group;
mod harness;
mod identity;
mod init;
mod instance;
mod login;
mod login_clouds;
mod login_methods;
mod member;
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
mod workload;
