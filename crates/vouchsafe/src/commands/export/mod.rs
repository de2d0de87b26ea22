//! `vouchsafe export`.

mod format;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use vouchsafe_api::secrets::Secret;

use super::reading::effective;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::rootkey::write_private;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs};
use crate::settings::selection::SelectionArgs;

/// Flags of `vouchsafe export`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe export --env prod > .env
  eval \"$(vouchsafe export --format shell)\"
  vouchsafe export --format k8s-secret --k8-secret-name app | kubectl apply -f -
  vouchsafe export --format json --output-file secrets.json")]
pub(crate) struct ExportArgs {
    /// In which format
    #[arg(long, short, value_enum, ignore_case = true, default_value_t = Format::Dotenv, value_name = "FORMAT")]
    format: Format,
    /// Write to this file, which only you can read, in place of stdout; into a folder, under a name that fits the format
    #[arg(long, short, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Name of the Kubernetes secret
    #[arg(long, default_value = "vouchsafe-secrets", value_name = "NAME")]
    k8_secret_name: String,
    /// Namespace of the Kubernetes secret
    #[arg(long, value_name = "NAMESPACE")]
    k8_secret_namespace: Option<String>,
    #[command(flatten)]
    folders: FolderArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// A format of secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// Lines of NAME='value'.
    Dotenv,
    /// The same with `export` before them.
    DotenvExport,
    /// Lines of `export NAME=value` for a POSIX shell.
    Shell,
    /// A list of objects, as the official client has it.
    Json,
    /// A map of names and values.
    Yaml,
    /// A table with the columns Key and Value.
    Csv,
    /// A manifest of a Kubernetes secret.
    K8sSecret,
}

impl Format {
    /// The name of a file of this format in a folder.
    fn file_name(self) -> &'static str {
        match self {
            Self::Dotenv | Self::DotenvExport => ".env",
            Self::Shell => "secrets.sh",
            Self::Json => "secrets.json",
            Self::Yaml => "secrets.yaml",
            Self::Csv => "secrets.csv",
            Self::K8sSecret => "secret.json",
        }
    }
}

/// Prints secrets, or writes them to a file.
pub(super) async fn run(args: ExportArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folders = args.folders.resolve_all(file)?;
    let client = args.access.client(file).await?;
    let secrets = effective(&client, &folders, &args.selection, printer).await?;
    let text = match args.format {
        Format::K8sSecret => {
            format::kubernetes(&secrets, &args.k8_secret_name, args.k8_secret_namespace.as_deref())
        }
        Format::Json => format::json(&secrets),
        Format::Dotenv => format::dotenv(&secrets, ""),
        Format::DotenvExport => format::dotenv(&secrets, "export "),
        Format::Shell => format::shell(&secrets),
        Format::Yaml => Ok(format::yaml(&secrets)),
        Format::Csv => format::csv(&secrets),
    }?;
    match args.output_file {
        None => printer.exactly(text),
        Some(path) => write(&path, args.format.file_name(), &text, &secrets, printer),
    }
}

fn write(
    path: &Path,
    name: &str,
    text: &str,
    secrets: &BTreeMap<String, Secret>,
    printer: &Printer,
) -> Outcome {
    let path = if path.is_dir() { path.join(name) } else { path.to_owned() };
    if path.file_name().is_none() {
        return Err(Failure::usage("`--output-file`: expected the name of a file or of a folder"));
    }
    write_private(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    printer.note(format!("wrote {} secrets to {}", secrets.len(), path.display()));
    Ok(())
}
