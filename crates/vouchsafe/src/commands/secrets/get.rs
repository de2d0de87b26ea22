//! `vouchsafe secrets get`.

use anyhow::Context;
use clap::Args;
use vouchsafe_api::secrets::{GetSecret, Secret, SecretKind};
use vouchsafe_client::Client;

use super::{Kind, assignment, shown};
use crate::commands::reading::effective;
use crate::failure::{Failure, NOT_FOUND, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, Folder, FolderArgs, OutputArgs};
use crate::settings::selection::SelectionArgs;

/// Flags of `vouchsafe secrets get`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe secrets get DATABASE_URL
  vouchsafe secrets get API_KEY API_SECRET --env prod --path /app
  eval \"$(vouchsafe secrets get API_KEY API_SECRET)\"")]
pub(crate) struct GetArgs {
    /// Names of the secrets
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Print values only, one per line
    #[arg(long, alias = "raw-value", conflicts_with = "output")]
    plain: bool,
    /// Which of the secrets of this name; without it, your personal one if you have one
    #[arg(long, value_enum, value_name = "TYPE")]
    r#type: Option<Kind>,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads secrets, each by its name: that needs no right to list. Only lists choose by tags and look into folders below.
pub(super) async fn run(args: GetArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let secrets = if args.selection.needs_list() {
        listed(&client, &folder, &args.selection, &args.names, printer).await?
    } else {
        let kinds = match args.r#type {
            Some(kind) => vec![SecretKind::from(kind)],
            None if args.selection.takes_personal() => vec![SecretKind::Personal, SecretKind::Shared],
            None => vec![SecretKind::Shared],
        };
        let mut secrets = Vec::with_capacity(args.names.len());
        for name in &args.names {
            secrets.push(one(&client, &folder, &args.selection, name, &kinds).await?);
        }
        secrets
    };
    match (args.output.format(), secrets.as_slice()) {
        (Some(format), several) => printer.structured(format, &several.iter().map(shown).collect::<Vec<_>>()),
        (None, [one]) => printer.data(one.secret_value.reveal()),
        (None, several) if args.plain => {
            several.iter().try_for_each(|one| printer.data(one.secret_value.reveal()))
        }
        (None, several) => several
            .iter()
            .try_for_each(|one| printer.data(assignment(&one.secret_key, one.secret_value.reveal()))),
    }
}

async fn listed(
    client: &Client,
    folder: &Folder,
    selection: &SelectionArgs,
    names: &[String],
    printer: &Printer,
) -> Outcome<Vec<Secret>> {
    let mut found = effective(client, std::slice::from_ref(folder), selection, printer).await?;
    let missing = |name: &String| {
        Failure::message(format!("there is no secret `{name}` among those chosen")).code(NOT_FOUND)
    };
    names.iter().map(|name| found.remove(name).ok_or_else(|| missing(name))).collect()
}

/// The first of these kinds that is there.
async fn one(
    client: &Client,
    folder: &Folder,
    selection: &SelectionArgs,
    name: &str,
    kinds: &[SecretKind],
) -> Outcome<Secret> {
    let mut input = GetSecret {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        secret_name: name.to_owned(),
        ..selection.get()
    };
    let mut kinds = kinds.iter().copied().peekable();
    loop {
        input.r#type = kinds.next();
        match client.secret(&input).await {
            // Identities have no personal secrets, and people seldom have.
            Err(error) if kinds.peek().is_some() && error.refusal().is_some_and(|it| it.status == 404) => {}
            read => return Ok(read.with_context(|| format!("cannot read the secret `{name}`"))?),
        }
    }
}
