//! `vouchsafe secrets import`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vouchsafe_api::secrets::Secret;
use vouchsafe_client::Client;

use super::given::{self, Given};
use super::write::{self, Known, Shared};
use crate::commands::reading;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::prompt;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, Folder, FolderArgs, OutputArgs};
use crate::settings::selection::SelectionArgs;
use crate::table;

/// Flags of `vouchsafe secrets import`.
#[derive(Args)]
#[command(after_help = "Secrets that the file does not name stay as they are.

Examples:
  vouchsafe secrets import .env --env staging --dry-run
  vouchsafe secrets import secrets.yaml --path /app --yes")]
pub(crate) struct ImportArgs {
    /// A map of names and texts in .yaml or .json, else lines of NAME=value; `-` for stdin
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Show what would be made and changed, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without a question
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What an import does to a secret.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Effect {
    Make,
    Change,
    /// It is there, and the value may not be read.
    Overwrite,
    Same,
}

impl Effect {
    fn word(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Change => "change",
            Self::Overwrite => "overwrite",
            Self::Same => "same",
        }
    }
}

/// What an import does, by name.
type Plan = BTreeMap<String, Effect>;

/// A line of what an import does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    secret_key: &'a str,
    operation: Effect,
}

/// Makes and changes secrets as the file says.
pub(super) async fn run(args: ImportArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let folder = args.folder.resolve(file)?;
    let mut given = given::file(&args.from)?;
    if given.is_empty() {
        return Err(Failure::message(format!("{} holds no secrets", args.from.display())));
    }
    write::warn_of_trimming(&given, printer);
    let client = args.access.client(file).await?;
    let plan = plan(&given, &there(&client, &folder).await?);
    show(&plan, args.output, printer)?;

    given.retain(|name, _| plan.get(name) != Some(&Effect::Same));
    if given.is_empty() || args.dry_run {
        printer.note(if given.is_empty() { "nothing differs" } else { "nothing was changed" });
        return Ok(());
    }
    let place = format!("{} of {}", folder.path, folder.environment);
    let what = format!("{} secrets will be written to {place}", given.len());
    if !args.yes && !prompt::confirmed(printer, &what, "yes", "--yes")? {
        printer.note("nothing was changed");
        return Ok(());
    }
    let all_new = given.keys().all(|name| plan.get(name) == Some(&Effect::Make));
    let known = if all_new { Known::Missing } else { Known::Maybe };
    let written = write::shared(&client, &folder, given, &Shared::default(), known).await?;
    printer.note(format!("wrote {} secrets to {place}", written.len()));
    Ok(())
}

/// The folder's own secrets as they are written there, without values if those may not be read.
async fn there(client: &Client, folder: &Folder) -> Outcome<BTreeMap<String, Secret>> {
    let selection = SelectionArgs::of_one_folder();
    let list = match client.list_secrets(&selection.list(folder, true)).await {
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
            reading::list(client, folder, &selection, false).await?
        }
        list => list?,
    };
    Ok(list.secrets.into_iter().map(|secret| (secret.secret_key.clone(), secret)).collect())
}

fn plan(given: &Given, there: &BTreeMap<String, Secret>) -> Plan {
    let effect = |name: &String, value: &str| match there.get(name.trim()) {
        None => Effect::Make,
        Some(secret) if secret.secret_value_hidden => Effect::Overwrite,
        Some(secret) if secret.secret_value.reveal() == value => Effect::Same,
        Some(_) => Effect::Change,
    };
    given.iter().map(|(name, value)| (name.clone(), effect(name, value.reveal()))).collect()
}

fn show(plan: &Plan, output: OutputArgs, printer: &Printer) -> Outcome {
    let rows: Vec<Row<'_>> =
        plan.iter().map(|(name, &operation)| Row { secret_key: name, operation }).collect();
    printer.show(output.format(), &rows, || {
        let mut cells: Vec<_> = plan.iter().filter(|(_, effect)| **effect != Effect::Same).collect();
        cells.sort_by_key(|(_, effect)| **effect);
        let cells: Vec<_> =
            cells.into_iter().map(|(name, effect)| [effect.word().to_owned(), name.clone()]).collect();
        if !cells.is_empty() {
            table::print(printer, ["OPERATION", "SECRET"], &cells)?;
        }
        let same = plan.len() - cells.len();
        if same > 0 {
            printer.note(format!("{same} of {} have this value already", plan.len()));
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use vouchsafe_api::concealed::Concealed;

    use super::*;
    use crate::commands::reading::tests::secret;

    #[test]
    fn a_plan_says_what_happens_to_each() {
        let mut hidden = secret("/", "HIDDEN", "<hidden>");
        hidden.secret_value_hidden = true;
        let there = [secret("/", "SAME", "1"), secret("/", "OTHER", "1"), hidden, secret("/", "LEFT", "1")];
        let there = there.into_iter().map(|secret| (secret.secret_key.clone(), secret)).collect();
        let given = [("SAME", "1"), ("OTHER", "2"), ("HIDDEN", "<hidden>"), ("NEW", "1")];
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), Concealed::new(value))).collect();
        let plan: Vec<_> = plan(&given, &there).into_iter().collect();
        let want = [
            ("HIDDEN", Effect::Overwrite),
            ("NEW", Effect::Make),
            ("OTHER", Effect::Change),
            ("SAME", Effect::Same),
        ];
        assert_eq!(plan, want.map(|(name, effect)| (name.to_owned(), effect)));
    }
}
