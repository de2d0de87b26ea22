//! `vouchsafe secrets set`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::Secret;

use super::write::{self, Known, Shared};
use super::{Kind, given};
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs, OutputArgs};
use crate::table;

/// Flags of `vouchsafe secrets set`.
#[derive(Args)]
#[command(
    after_help = "Other users of this machine can see arguments while a command runs, so rather use a file or stdin.

Examples:
  vouchsafe secrets set LOG_LEVEL=debug REGION=eu
  vouchsafe secrets set TLS_KEY=@key.pem
  pass show db | vouchsafe secrets set DATABASE_URL=- --env prod
  vouchsafe secrets set --file .env --tag imported"
)]
pub(crate) struct SetArgs {
    /// NAME=value, NAME=@file, or NAME=- for stdin; NAME=\@value and NAME=\- take the sign as it is
    #[arg(value_name = "NAME=VALUE", required_unless_present = "file", conflicts_with = "file")]
    secrets: Vec<String>,
    /// Take the secrets from this file: a map in .yaml or .json, else lines of NAME=value; `-` for stdin
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Who the secrets are for; only people have personal ones
    #[arg(long, value_enum, default_value_t = Kind::Shared, value_name = "TYPE")]
    r#type: Kind,
    /// Give the secrets these tags in place of those they have, by slug; they are made if there are none
    #[arg(long = "tag", value_name = "SLUG", value_delimiter = ',')]
    tags: Vec<String>,
    /// Give the secrets this comment
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A secret that was written; names as the official client has them, without the value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    secret_key: String,
    operation: &'static str,
    version: i64,
}

impl From<Secret> for Row {
    fn from(secret: Secret) -> Self {
        let operation = if secret.version == 1 { "made" } else { "changed" };
        Self { secret_key: secret.secret_key, operation, version: secret.version }
    }
}

/// Makes or changes secrets.
pub(super) async fn run(args: SetArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let given = match &args.file {
        Some(path) => given::file(path)?,
        None => given::arguments(&args.secrets)?,
    };
    if given.is_empty() {
        return Err(Failure::message("the file holds no secrets"));
    }
    write::warn_of_trimming(&given, printer);
    let client = args.access.client(file).await?;
    let with = Shared {
        comment: args.comment.map(Concealed::new),
        tags: match args.tags.as_slice() {
            [] => None,
            slugs => Some(write::tags(&client, &folder, slugs).await?),
        },
    };
    let written = match args.r#type {
        Kind::Shared => match write::shared(&client, &folder, given.clone(), &with, Known::Maybe).await {
            // Who may make secrets and not change them is refused an attempt at both.
            Err(failure) if is_forbidden(&failure) => {
                let made = write::shared(&client, &folder, given, &with, Known::Missing).await;
                made.map_err(|_| failure)?
            }
            written => written?,
        },
        Kind::Personal => {
            let mut written = Vec::with_capacity(given.len());
            for (name, value) in given {
                written.push(write::personal(&client, &folder, name, value, &with).await?);
            }
            written
        }
    };
    let rows: Vec<Row> = written.into_iter().map(Row::from).collect();
    printer.show(args.output.format(), &rows, || {
        let cells: Vec<_> = rows
            .iter()
            .map(|row| [row.secret_key.clone(), row.operation.to_owned(), row.version.to_string()])
            .collect();
        table::print(printer, ["SECRET", "OPERATION", "VERSION"], &cells)
    })
}

fn is_forbidden(failure: &Failure) -> bool {
    failure.error.chain().any(|cause| {
        cause
            .downcast_ref::<vouchsafe_client::Error>()
            .and_then(vouchsafe_client::Error::refusal)
            .is_some_and(|refusal| refusal.status == 403)
    })
}
