//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::settings::server::ServerArgs;

/// Gives every workload an identity: a server for machine identities and secrets, and its client.
///
/// Exit codes: 0 done, 1 failed, 2 the command line or the settings make no sense.
#[derive(Debug, Parser)]
#[command(name = "vouchsafe", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file; it may set what flags and environment variables leave open [default: ./vouchsafe.toml if
    /// it exists]
    #[arg(long, global = true, env = "VOUCHSAFE_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub(crate) config: Option<OsString>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API
    Server(Box<ServerArgs>),
    /// Make root keys
    #[command(subcommand)]
    RootKey(RootKeyCommand),
}

/// What to do about root keys.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum RootKeyCommand {
    /// Print a new root key: 32 random bytes in base64
    Generate,
}
