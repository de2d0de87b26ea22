//! `vouchsafe secrets list`, and `vouchsafe secrets` alone.

use std::collections::BTreeSet;

use clap::Args;
use vouchsafe_api::secrets::{Secret, SecretList};

use super::{assignment, shown};
use crate::commands::reading;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs, OutputArgs};
use crate::settings::selection::SelectionArgs;

/// Flags of `vouchsafe secrets list`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe secrets list --env prod --path /app
  vouchsafe secrets list --recursive --tags database
  vouchsafe secrets list --values")]
pub(crate) struct ListArgs {
    /// Print values too, as NAME=value for a shell
    #[arg(long)]
    values: bool,
    /// Print NAME=value as it is, which a shell may read otherwise
    #[arg(long, conflicts_with = "output")]
    plain: bool,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Lists the secrets of a folder.
pub(super) async fn run(args: ListArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let values = args.values || args.plain;
    let secrets = rows(reading::list(&client, &folder, &args.selection, values).await?);
    if let Some(format) = args.output.format() {
        let rows = secrets.iter().map(|secret| {
            let mut row = shown(secret);
            if !values {
                row.as_object_mut().map(|row| row.remove("secretValue"));
            }
            row
        });
        return printer.structured(format, &rows.collect::<Vec<_>>());
    }
    for secret in &secrets {
        if values && secret.secret_value_hidden {
            printer.warning(format!("you may not read the value of `{}`", secret.secret_key));
            continue;
        }
        let (name, value) = (&secret.secret_key, secret.secret_value.reveal());
        printer.data(match (args.plain, args.values, args.selection.is_recursive()) {
            (true, ..) => format!("{name}={value}"),
            (false, true, _) => assignment(name, value),
            (false, false, true) => format!("{}/{name}", secret.secret_path.trim_end_matches('/')),
            (false, false, false) => name.clone(),
        })?;
    }
    if secrets.is_empty() {
        printer.note(format!("no secrets in {}{}", folder.environment, folder.path));
    }
    Ok(())
}

/// The folder's own secrets and those below it, and imported ones unless there is one of the same name; by folder and name.
fn rows(list: SecretList) -> Vec<Secret> {
    let mut rows = list.secrets;
    let mut names: BTreeSet<String> = rows.iter().map(|secret| secret.secret_key.clone()).collect();
    // The last import wins.
    let imported: Vec<Secret> = list.imports.into_iter().flat_map(|import| import.secrets).collect();
    rows.extend(imported.into_iter().rev().filter(|secret| names.insert(secret.secret_key.clone())));
    rows.sort_by(|a, b| (&a.secret_path, &a.secret_key).cmp(&(&b.secret_path, &b.secret_key)));
    rows
}
