//! The binary from outside: in temporary folders, on free ports, with nothing of the developer's
//! environment. One module per group of commands.

mod access;
mod export;
mod folders;
mod harness;
mod instance;
#[cfg(unix)]
mod run;
mod secrets;
