//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::commands::access::AccessCommand;
use crate::commands::bootstrap::BootstrapArgs;
use crate::commands::export::ExportArgs;
use crate::commands::folders::FoldersCommand;
use crate::commands::identity::IdentityCommand;
use crate::commands::login::LoginArgs;
use crate::commands::quickstart::QuickstartArgs;
use crate::commands::run::RunArgs;
use crate::commands::secrets::SecretsArgs;
use crate::commands::token::TokenCommand;
use crate::settings::server::ServerArgs;

/// Gives every workload an identity: a server for machine identities and secrets, and its client.
///
/// Exit codes: 0 done, 1 failed, 2 the command line or the settings make no sense.
#[derive(Parser)]
#[command(name = "vouchsafe", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Settings file; it may set what flags and environment variables leave open [default: ./vouchsafe.toml if
    /// it exists]
    #[arg(long, global = true, env = "VOUCHSAFE_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub(crate) config: Option<OsString>,
    /// Say nothing on stderr but warnings, errors and questions
    #[arg(long, global = true)]
    pub(crate) silent: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// See it work at once: an embedded instance, a secret, an identity that logs in and reads it
    Quickstart(Box<QuickstartArgs>),
    /// Serve the API
    Server(Box<ServerArgs>),
    /// Set up a new instance: the first administrator, an organization, and an identity for automation
    Bootstrap(Box<BootstrapArgs>),
    /// Log in as an identity, and print the access token
    Login(Box<LoginArgs>),
    /// List, read and write secrets
    Secrets(Box<SecretsArgs>),
    /// List, make and delete folders of secrets
    #[command(subcommand)]
    Folders(FoldersCommand),
    /// Print the secrets of a folder in a format that other programs read
    Export(Box<ExportArgs>),
    /// Run a command with the secrets of a folder as environment variables; ends with its exit code
    Run(Box<RunArgs>),
    /// Renew or revoke an access token
    #[command(subcommand)]
    Token(TokenCommand),
    /// Try auth methods of identities out
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Ask what others may do, and why a request was refused
    #[command(subcommand)]
    Access(AccessCommand),
    /// Make root keys
    #[command(subcommand)]
    RootKey(RootKeyCommand),
}

/// What to do about root keys.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum RootKeyCommand {
    /// Print a new root key: 32 random bytes in base64
    Generate,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn check(command: &clap::Command, guide: &str) {
        for argument in command.get_arguments() {
            let flag = argument.get_long().map(|long| format!("`--{long}"));
            let variable = argument.get_env().map(|name| format!("`{}`", name.to_string_lossy()));
            for name in flag.iter().chain(&variable).filter(|name| !name.ends_with("help")) {
                assert!(
                    guide.contains(name),
                    "{name} of {} is in no guide of docs/cli, nor in docs/configuration.md",
                    command.get_name()
                );
            }
        }
        command.get_subcommands().for_each(|command| check(command, guide));
    }

    #[test]
    fn the_command_line_is_sound_and_documented() {
        Cli::command().debug_assert();
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        let mut guides = std::fs::read_to_string(format!("{docs}/configuration.md")).unwrap();
        for guide in std::fs::read_dir(format!("{docs}/cli")).unwrap() {
            guides += &std::fs::read_to_string(guide.unwrap().path()).unwrap();
        }
        check(&Cli::command(), &guides);
    }
}
