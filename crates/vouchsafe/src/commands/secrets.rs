//! `vouchsafe secrets get` and `vouchsafe secrets list`.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;
use vouchsafe_api::secrets::{GetSecret, ListSecrets, Secret};
use vouchsafe_client::Client;

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, Folder, FolderArgs, OutputArgs};

/// What to do about secrets.
#[derive(Subcommand)]
pub(crate) enum SecretsCommand {
    /// Print the values of secrets: of one as it is, of several as NAME=value for a shell
    #[command(after_help = "Examples:\n  \
        vouchsafe secrets get DATABASE_URL\n  \
        eval \"$(vouchsafe secrets get DATABASE_URL API_KEY --env prod)\"")]
    Get(GetArgs),
    /// List the names of the secrets in a folder
    #[command(after_help = "Examples:\n  \
        vouchsafe secrets list --env prod --path /api\n  \
        vouchsafe secrets list --values --output json")]
    List(ListArgs),
}

/// Flags of `vouchsafe secrets get`.
#[derive(Args)]
pub(crate) struct GetArgs {
    /// Names of the secrets
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `vouchsafe secrets list`.
#[derive(Args)]
pub(crate) struct ListArgs {
    /// Print values too, as NAME=value for a shell
    #[arg(long)]
    values: bool,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads or lists.
pub(super) async fn run(command: SecretsCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    match command {
        SecretsCommand::Get(args) => get(args, file, printer).await,
        SecretsCommand::List(args) => list(args, file, printer).await,
    }
}

async fn get(args: GetArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let mut secrets = Vec::with_capacity(args.names.len());
    for name in &args.names {
        let input = GetSecret {
            project_id: Some(folder.project),
            environment: folder.environment.clone(),
            secret_path: Some(folder.path.clone()),
            secret_name: name.clone(),
            ..GetSecret::default()
        };
        secrets
            .push(client.secret(&input).await.with_context(|| format!("cannot read the secret `{name}`"))?);
    }
    match (args.output.format(), secrets.as_slice()) {
        (None, [one]) => printer.data(one.secret_value.reveal()),
        (None, several) => several
            .iter()
            .try_for_each(|one| printer.data(assignment(&one.secret_key, one.secret_value.reveal()))),
        (Some(format), several) => printer.structured(format, &several.iter().map(shown).collect::<Vec<_>>()),
    }
}

async fn list(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let secrets = effective(&client, &folder, args.values).await?;
    if let Some(format) = args.output.format() {
        let rows = secrets.values().map(|secret| {
            let mut row = shown(secret);
            if !args.values {
                row.as_object_mut().map(|row| row.remove("secretValue"));
            }
            row
        });
        return printer.structured(format, &rows.collect::<Vec<_>>());
    }
    for (name, secret) in &secrets {
        let line = if args.values { assignment(name, secret.secret_value.reveal()) } else { name.clone() };
        printer.data(line)?;
    }
    if secrets.is_empty() {
        printer.note(format!("no secrets in {}{}", folder.environment, folder.path));
    }
    Ok(())
}

/// What a folder offers, by name: imported secrets, the last import over the first, and the
/// folder's own over all.
pub(super) async fn effective(
    client: &Client,
    folder: &Folder,
    values: bool,
) -> Outcome<BTreeMap<String, Secret>> {
    let input = ListSecrets {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        view_secret_value: Some(values),
        ..ListSecrets::default()
    };
    let list = client.list_secrets(&input).await.context("cannot list the secrets")?;
    let imported = list.imports.into_iter().flat_map(|import| import.secrets);
    Ok(imported.chain(list.secrets).map(|secret| (secret.secret_key.clone(), secret)).collect())
}

fn shown(secret: &Secret) -> serde_json::Value {
    json!({
        "secretKey": secret.secret_key,
        "secretValue": secret.secret_value,
        "secretPath": secret.secret_path,
        "environment": secret.environment,
        "version": secret.version,
    })
}

/// `NAME='value'`, safe to be read by a shell.
fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}", super::quoted(value))
}

/// A name that an environment variable can have.
pub(super) fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
