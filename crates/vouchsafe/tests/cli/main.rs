//! The binary from outside: in temporary folders, on free ports, with nothing of the developer's
//! environment. One module per group of commands.

mod access;
mod agent;
mod apply;
mod export;
mod folders;
mod harness;
mod init;
mod instance;
mod login;
mod people;
#[cfg(unix)]
mod run;
mod secrets;
mod sessions;
mod terminal;
