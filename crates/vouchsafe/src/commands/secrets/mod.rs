//! `vouchsafe secrets`.

mod delete;
mod diff;
mod example;
mod get;
mod given;
mod import;
mod list;
mod set;
mod write;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use vouchsafe_api::secrets::{Secret, SecretKind};

use super::folders::{self, FoldersCommand};
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;

/// `vouchsafe secrets`: without a subcommand it lists.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  vouchsafe secrets                           the same as `secrets list`
  vouchsafe secrets get DATABASE_URL
  vouchsafe secrets set DATABASE_URL=- < url.txt
  vouchsafe secrets import .env --env staging --dry-run"
)]
pub(crate) struct SecretsArgs {
    #[command(subcommand)]
    command: Option<SecretsCommand>,
    #[command(flatten)]
    list: list::ListArgs,
}

/// What to do about secrets.
#[derive(Subcommand)]
enum SecretsCommand {
    /// Print the values of secrets: of one as it is, of several as NAME=value for a shell
    Get(get::GetArgs),
    /// List the names of the secrets in a folder
    List(list::ListArgs),
    /// Make secrets, or change their values
    Set(set::SetArgs),
    /// Delete secrets
    Delete(delete::DeleteArgs),
    /// Make and change secrets as a file says, after showing what that means
    Import(import::ImportArgs),
    /// Compare the secrets of two environments or folders
    Diff(diff::DiffArgs),
    /// Print a sample .env file: names, comments, and values that comments name after `DEFAULT:`
    GenerateExampleEnv(example::ExampleArgs),
    /// List, make and delete folders of secrets
    #[command(subcommand)]
    Folders(FoldersCommand),
}

/// Who a secret is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Kind {
    /// Everybody who may read it.
    Shared,
    /// You alone, in place of the shared one.
    Personal,
}

impl From<Kind> for SecretKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Shared => Self::Shared,
            Kind::Personal => Self::Personal,
        }
    }
}

/// Reads and writes secrets.
pub(super) async fn run(args: SecretsArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let Some(command) = args.command else { return list::run(args.list, file, printer).await };
    match command {
        SecretsCommand::Get(args) => get::run(args, file, printer).await,
        SecretsCommand::List(args) => list::run(args, file, printer).await,
        SecretsCommand::Set(args) => set::run(args, file, printer).await,
        SecretsCommand::Delete(args) => delete::run(args, file, printer).await,
        SecretsCommand::Import(args) => import::run(args, file, printer).await,
        SecretsCommand::Diff(args) => diff::run(args, file, printer).await,
        SecretsCommand::GenerateExampleEnv(args) => example::run(args, file, printer).await,
        SecretsCommand::Folders(command) => folders::run(command, file, printer).await,
    }
}

/// A secret for programs; a value that may not be read is null.
fn shown(secret: &Secret) -> Value {
    json!({
        "secretKey": secret.secret_key,
        "secretValue": (!secret.secret_value_hidden).then_some(&secret.secret_value),
        "secretPath": secret.secret_path,
        "environment": secret.environment,
        "version": secret.version,
    })
}

/// `NAME='value'`, safe to be read by a shell.
fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}", super::quoted(value))
}
