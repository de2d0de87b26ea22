//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::commands::access::AccessCommand;
use crate::commands::agent::AgentArgs;
use crate::commands::apply::{self, ApplyArgs};
use crate::commands::bootstrap::BootstrapArgs;
use crate::commands::export::ExportArgs;
use crate::commands::folders::FoldersCommand;
use crate::commands::group::GroupCommand;
use crate::commands::identity::IdentityCommand;
use crate::commands::init::{self, InitArgs};
use crate::commands::login::logout::{self, LogoutArgs};
use crate::commands::login::{self, LoginArgs};
use crate::commands::member::MemberCommand;
use crate::commands::people::{self, CompletionsArgs, ManArgs};
use crate::commands::project::ProjectCommand;
use crate::commands::quickstart::QuickstartArgs;
use crate::commands::role::RoleCommand;
use crate::commands::run::RunArgs;
use crate::commands::secrets::SecretsArgs;
use crate::commands::token::TokenCommand;
use crate::failure::exit_codes;
use crate::settings::server::ServerArgs;

/// Gives every workload an identity: a server for machine identities and secrets, and its client.
#[derive(Parser)]
#[command(name = "vouchsafe", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = after_help())]
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

/// Where to begin, and how commands end.
fn after_help() -> String {
    const EXAMPLES: &str = "Examples:\n  \
        vouchsafe quickstart\n  \
        vouchsafe login --api-url https://vouchsafe.example.com\n  \
        vouchsafe init\n  \
        vouchsafe run -- ./server";
    format!("{EXAMPLES}\n\n{}", exit_codes())
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// See it work at once: an embedded instance, a secret, an identity that logs in and reads it
    #[command(after_help = "Examples:\n  \
        vouchsafe quickstart\n  \
        vouchsafe quickstart --once --data-dir /tmp/vouchsafe")]
    Quickstart(Box<QuickstartArgs>),
    /// Serve the API
    #[command(after_help = "Examples:\n  \
        vouchsafe server\n  \
        vouchsafe server --listen 0.0.0.0:8080 --site-url https://vouchsafe.example.com --trusted-proxy 10.0.0.0/8\n  \
        vouchsafe server --database-url postgres://vouchsafe@db.internal/vouchsafe --root-key-file /etc/vouchsafe/root.key")]
    Server(Box<ServerArgs>),
    /// Set up a new instance: the first administrator, an organization, and an identity for automation
    #[command(after_help = "Examples:\n  \
        vouchsafe bootstrap --email ann@example.com --organization Acme\n  \
        vouchsafe bootstrap --email ann@example.com --organization Acme --password-file /run/secrets/admin \\\n    \
          --ignore-if-bootstrapped --output k8-secret | kubectl apply -f -")]
    Bootstrap(Box<BootstrapArgs>),
    /// Log in: as a person, which is stored for other commands, or as an identity, which prints the access token
    #[command(after_help = login::EXAMPLES)]
    Login(Box<LoginArgs>),
    /// End a stored login, here and on the server
    #[command(after_help = logout::EXAMPLES)]
    Logout(Box<LogoutArgs>),
    /// Link the current folder to a project, in a file that the official client reads too
    #[command(after_help = init::EXAMPLES)]
    Init(Box<InitArgs>),
    /// List, read and write secrets
    Secrets(Box<SecretsArgs>),
    /// List, make and delete folders of secrets
    #[command(subcommand)]
    Folders(FoldersCommand),
    /// Print the secrets of a folder in a format that other programs read
    Export(Box<ExportArgs>),
    /// Run a command with the secrets of a folder as environment variables; ends with its exit code
    Run(Box<RunArgs>),
    /// Stay logged in and keep files fresh, as the official agent's configuration or ours says
    Agent(Box<AgentArgs>),
    /// Look into an access token, renew or revoke it
    #[command(subcommand)]
    Token(TokenCommand),
    /// Administer machine identities, and how they log in
    #[command(subcommand)]
    Identity(Box<IdentityCommand>),
    /// Administer roles of the organization and of projects
    #[command(subcommand)]
    Role(Box<RoleCommand>),
    /// Administer projects and their environments
    #[command(subcommand)]
    Project(Box<ProjectCommand>),
    /// Administer who has which role, in the organization and in projects
    #[command(subcommand)]
    Member(Box<MemberCommand>),
    /// Administer groups of people and identities
    #[command(subcommand)]
    Group(Box<GroupCommand>),
    /// Ask what others may do, and why a request was refused
    #[command(subcommand)]
    Access(AccessCommand),
    /// Make identities, roles and memberships as files say; shows what differs, and changes nothing else
    #[command(after_help = apply::EXAMPLES)]
    Apply(Box<ApplyArgs>),
    /// Make root keys
    #[command(subcommand)]
    RootKey(RootKeyCommand),
    /// Print a script that lets a shell complete commands and flags
    #[command(after_help = people::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print a manual page, or write those of all commands
    #[command(after_help = people::MAN_EXAMPLES)]
    Man(ManArgs),
}

/// What to do about root keys.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum RootKeyCommand {
    /// Print a new root key: 32 random bytes in base64
    #[command(after_help = "Example:\n  \
        (umask 077 && vouchsafe root-key generate > root.key)")]
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

    /// Commands that do something, with the words that lead there.
    fn leaves(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let words = format!("{words} {}", command.get_name());
        let below: Vec<_> = command.get_subcommands().collect();
        let mut found: Vec<_> = below.iter().flat_map(|command| leaves(command, &words)).collect();
        if below.is_empty() || !command.is_subcommand_required_set() {
            found.push((words, command.clone()));
        }
        found
    }

    /// The command lines of vouchsafe in a help text, as a shell would split them.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let text = help.split("\\\n").enumerate().fold(String::new(), |text, (at, part)| {
            if at == 0 { part.to_owned() } else { text.trim_end().to_owned() + " " + part.trim_start() }
        });
        let lines = text.lines().filter(|line| line.starts_with("  "));
        lines.filter_map(|line| line.find("vouchsafe ").map(|at| words(&line[at..]))).collect()
    }

    /// Up to where the command ends: at a pipe, a redirection, the end of a substitution, or a remark after two spaces.
    fn words(line: &str) -> Vec<String> {
        let line = line.split("  ").next().unwrap_or_default();
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (c, quote) {
                (c, Some(open)) if c == open => quote = None,
                ('\'' | '"', None) => quote = Some(c),
                (' ', None) => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
                ('|' | '>' | '<' | ')' | ';' | '&' | '#', None) => break,
                (c, _) => word.push(c),
            }
        }
        words.extend((!word.is_empty()).then_some(word));
        words
    }

    #[test]
    fn every_command_has_examples_and_they_are_of_today() {
        for (command_words, command) in leaves(&Cli::command(), "") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let found = examples(&help);
            assert!(!found.is_empty(), "{command_words} has no examples: {help}");
            for example in found {
                if let Err(error) = Cli::try_parse_from(&example) {
                    panic!("an example of{command_words} is wrong: {example:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_command_line_is_sound_and_documented() {
        Cli::command().debug_assert();
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        let mut guides = std::fs::read_to_string(format!("{docs}/configuration.md")).unwrap();
        for guide in std::fs::read_dir(format!("{docs}/cli")).unwrap() {
            let path = guide.unwrap().path();
            if path.extension().is_some_and(|end| end == "md") {
                guides += &std::fs::read_to_string(path).unwrap();
            }
        }
        check(&Cli::command(), &guides);
    }
}
