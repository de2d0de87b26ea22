//! `vouchsafe export`.

mod format;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use vouchsafe_api::secrets::Secret;
use vouchsafe_client::Client;

use super::reading::effective;
use crate::failure::{Failure, Outcome};
use crate::input;
use crate::printer::Printer;
use crate::rootkey::write_private;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs};
use crate::settings::selection::SelectionArgs;

/// Largest template, in bytes.
const LARGEST_TEMPLATE: u64 = 1024 * 1024;

/// Flags of `vouchsafe export`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe export --env prod > .env
  eval \"$(vouchsafe export --format shell)\"
  vouchsafe export --format k8s-secret --k8-secret-name app | kubectl apply -f -
  vouchsafe export --format json --output-file secrets.json
  vouchsafe export --template app.conf.tpl --output-file app.conf")]
pub(crate) struct ExportArgs {
    /// In which format
    #[arg(long, short, value_enum, ignore_case = true, default_value_t = Format::Dotenv, value_name = "FORMAT")]
    format: Format,
    /// Fill in this Go template in place of a format; `-` is stdin. Its `.` is the list of the secrets, and it may use
    /// all functions of the agent's templates
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "k8_secret_name", "k8_secret_namespace"])]
    template: Option<PathBuf>,
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
    let template = args.template.as_deref().map(Template::read).transpose()?;
    let client = args.access.client(file).await?;
    let secrets = effective(&client, &folders, &args.selection, printer).await?;
    let text = match (template, args.format) {
        (Some(template), _) => template.fill_in(&client, &secrets).await,
        (None, Format::K8sSecret) => {
            format::kubernetes(&secrets, &args.k8_secret_name, args.k8_secret_namespace.as_deref())
        }
        (None, Format::Json) => format::json(&secrets),
        (None, Format::Dotenv) => format::dotenv(&secrets, ""),
        (None, Format::DotenvExport) => format::dotenv(&secrets, "export "),
        (None, Format::Shell) => format::shell(&secrets),
        (None, Format::Yaml) => Ok(format::yaml(&secrets)),
        (None, Format::Csv) => format::csv(&secrets),
    }?;
    let Some(path) = args.output_file else { return printer.exactly(text) };
    let name = args.template.is_none().then(|| args.format.file_name());
    write(&path, name, &text, &secrets, printer)
}

/// A template and what errors call it.
struct Template {
    name: String,
    text: String,
}

impl Template {
    fn read(path: &Path) -> Outcome<Self> {
        let text = input::text(path, LARGEST_TEMPLATE)?;
        let is_stdin = path.as_os_str() == "-";
        Ok(Self { name: if is_stdin { "stdin".to_owned() } else { path.display().to_string() }, text })
    }

    /// With these secrets as its `.`, and with whatever else it asks the server for.
    async fn fill_in(&self, client: &Client, secrets: &BTreeMap<String, Secret>) -> Outcome<String> {
        let text = vouchsafe_agent::render(client, &self.name, &self.text, secrets.values()).await;
        Ok(text.context("cannot fill in the template")?.into_text())
    }
}

/// Writes a file; in a folder it has this name.
fn write(
    path: &Path,
    name: Option<&str>,
    text: &str,
    secrets: &BTreeMap<String, Secret>,
    printer: &Printer,
) -> Outcome {
    let path = match name {
        Some(name) if path.is_dir() => path.join(name),
        None if path.is_dir() => {
            return Err(Failure::usage("`--output-file`: with a template, expected the name of a file"));
        }
        _ => path.to_owned(),
    };
    if path.file_name().is_none() {
        return Err(Failure::usage("`--output-file`: expected the name of a file or of a folder"));
    }
    write_private(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    printer.note(format!("wrote {} secrets to {}", secrets.len(), path.display()));
    Ok(())
}
