//! `vouchsafe secrets generate-example-env`.

use std::fmt::Write as _;

use clap::Args;
use vouchsafe_api::secrets::Secret;

use crate::commands::reading;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs};
use crate::settings::selection::SelectionArgs;

/// Flags of `vouchsafe secrets generate-example-env`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe secrets generate-example-env > .env.example")]
pub(crate) struct ExampleArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints names with their comments, and no value of a secret.
pub(super) async fn run(args: ExampleArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let list = reading::list(&client, &folder, &args.selection, false).await?;
    let imported = list.imports.into_iter().flat_map(|import| import.secrets);
    let secrets: std::collections::BTreeMap<String, Secret> =
        imported.chain(list.secrets).map(|secret| (secret.secret_key.clone(), secret)).collect();
    let lines: String =
        secrets.iter().map(|(name, secret)| lines(name, secret.secret_comment.reveal())).collect();
    printer.exactly(lines)
}

/// The lines of one secret: a comment, and an empty value or the one that the comment names after `DEFAULT:`.
fn lines(name: &str, comment: &str) -> String {
    let (comment, value) = comment.rsplit_once("DEFAULT:").unwrap_or((comment, ""));
    let mut lines = String::new();
    for line in comment.trim().lines().filter(|_| !comment.trim().is_empty()) {
        let _ = writeln!(lines, "# {}", line.trim_end());
    }
    let value = value.trim();
    let value = if value.is_empty() { String::new() } else { vouchsafe_domain::dotenv::quoted(value) };
    let _ = writeln!(lines, "{name}={value}");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_comments_and_defaults() {
        assert_eq!(lines("A", ""), "A=\n");
        assert_eq!(lines("A", "one\ntwo"), "# one\n# two\nA=\n");
        assert_eq!(lines("A", "The level. DEFAULT: info"), "# The level.\nA='info'\n");
        assert_eq!(lines("A", "DEFAULT:x"), "A='x'\n");
    }
}
