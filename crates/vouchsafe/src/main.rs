//! The `vouchsafe` binary: a server and a client in one.
//!
//! Three layers: clap types parse (`cli`), [`settings`] merges flags, environment and file,
//! `commands` do the work with resolved values and a [`Printer`].
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cli;
mod commands;
mod failure;
mod input;
mod instance;
mod logging;
mod manifest;
mod printer;
mod prompt;
mod rootkey;
mod sessions;
mod settings;
mod signals;
mod table;
mod unverified;

use std::process::ExitCode;

use clap::Parser;

use cli::Cli;
use printer::Printer;

/// Requests allocate and free a lot on several threads, at which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(cli.silent);
    match run(cli, &printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => printer.failure(&failure),
    }
}

fn run(cli: Cli, printer: &Printer) -> failure::Outcome {
    // One TLS stack for everything in the process; a second call would change nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    commands::run(cli, printer)
}
