//! `vouchsafe secrets delete`.

use clap::Args;
use serde_json::json;
use vouchsafe_api::secrets::{DeleteSecrets, NamedSecret};

use super::Kind;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs, OutputArgs};

/// Flags of `vouchsafe secrets delete`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe secrets delete OLD_KEY OLD_SECRET --env staging
  vouchsafe secrets delete LOG_LEVEL --type personal")]
pub(crate) struct DeleteArgs {
    /// Names of the secrets: all are deleted, or none
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Which of the secrets of these names; with a shared one go the personal ones in its place
    #[arg(long, value_enum, default_value_t = Kind::Shared, value_name = "TYPE")]
    r#type: Kind,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Deletes secrets.
pub(super) async fn run(args: DeleteArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let kind = args.r#type.into();
    let secrets = args.names.iter().map(|name| NamedSecret { secret_key: name.clone(), r#type: Some(kind) });
    let input = DeleteSecrets {
        project_id: Some(folder.project),
        environment: folder.environment,
        secret_path: Some(folder.path),
        secrets: secrets.collect(),
        ..DeleteSecrets::default()
    };
    args.access.client(file).await?.delete_secrets(&input).await?;
    let deleted: Vec<_> = args.names.iter().map(|name| json!({ "secretKey": name })).collect();
    printer.show(args.output.format(), &deleted, || {
        printer.note(format!("deleted {}", args.names.join(", ")));
        Ok(())
    })
}
