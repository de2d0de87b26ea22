//! `vouchsafe secrets diff`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde::Serialize;
use vouchsafe_api::secrets::Secret;

use crate::commands::{quoted, reading};
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, Folder, FolderArgs, OutputArgs};
use crate::settings::selection::SelectionArgs;
use crate::table;

/// Flags of `vouchsafe secrets diff`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe secrets diff --env staging --to-env prod
  vouchsafe secrets diff --path /app --to-path /jobs --values")]
pub(crate) struct DiffArgs {
    /// Compare with this environment [default: that of --env]
    #[arg(long, visible_alias = "env2", value_name = "SLUG", required_unless_present = "to_path")]
    to_env: Option<String>,
    /// Compare with this folder [default: that of --path]
    #[arg(long, visible_alias = "path2", value_name = "PATH")]
    to_path: Option<String>,
    /// Show values too
    #[arg(long, visible_alias = "show-values")]
    values: bool,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A secret that is not the same in both.
#[derive(Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Difference {
    secret_key: String,
    /// Seen from the first one; words as the official client has them.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    right_value: Option<String>,
}

/// Compares two folders.
pub(super) async fn run(args: DiffArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let left = args.folder.resolve(file)?;
    let right = Folder {
        project: left.project,
        environment: args.to_env.unwrap_or_else(|| left.environment.clone()),
        path: args.to_path.unwrap_or_else(|| left.path.clone()),
    };
    if (&left.environment, &left.path) == (&right.environment, &right.path) {
        return Err(Failure::usage("both are the same folder")
            .hint("name another environment with --to-env, or another folder with --to-path"));
    }
    let client = args.access.client(file).await?;
    let mut sides = Vec::with_capacity(2);
    for folder in [&left, &right] {
        let one = std::slice::from_ref(folder);
        sides.push(reading::effective(&client, one, &args.selection, printer).await?);
    }
    let differences = compare(&sides[0], &sides[1], args.values);
    printer.show(args.output.format(), &differences, || {
        if differences.is_empty() {
            printer.note("nothing differs");
            return Ok(());
        }
        let cell = |value: &Option<String>| value.as_deref().map(quoted).unwrap_or_default();
        let cells = differences.iter().map(|one| {
            [one.secret_key.clone(), one.status.to_owned(), cell(&one.left_value), cell(&one.right_value)]
        });
        let cells: Vec<_> = cells.collect();
        if args.values {
            let (left, right) = (
                format!("{} {}", left.environment, left.path),
                format!("{} {}", right.environment, right.path),
            );
            return table::print(printer, ["SECRET", "STATUS", &left, &right], &cells);
        }
        let cells: Vec<_> = cells.into_iter().map(|[name, status, ..]| [name, status]).collect();
        table::print(printer, ["SECRET", "STATUS"], &cells)
    })
}

fn compare(
    left: &BTreeMap<String, Secret>,
    right: &BTreeMap<String, Secret>,
    values: bool,
) -> Vec<Difference> {
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let value = |side: Option<&Secret>| side.map(|secret| secret.secret_value.reveal().to_owned());
    let mut differences = Vec::new();
    for name in names {
        let (left_value, right_value) = (value(left.get(name)), value(right.get(name)));
        let status = match (&left_value, &right_value) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(left), Some(right)) if left != right => "changed",
            _ => continue,
        };
        let (left_value, right_value) = if values { (left_value, right_value) } else { (None, None) };
        differences.push(Difference { secret_key: name.clone(), status, left_value, right_value });
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::reading::tests::secret;

    #[test]
    fn what_differs_is_named() {
        let side = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), secret("/", name, value))).collect()
        };
        let (left, right) =
            (side(&[("A", "1"), ("B", "1"), ("C", "1")]), side(&[("B", "1"), ("C", "2"), ("D", "")]));
        let rows = compare(&left, &right, false);
        let short: Vec<_> = rows.iter().map(|row| (row.secret_key.as_str(), row.status)).collect();
        assert_eq!(short, [("A", "removed"), ("C", "changed"), ("D", "added")]);
        assert!(rows.iter().all(|row| row.left_value.is_none() && row.right_value.is_none()));
        let rows = compare(&left, &right, true);
        assert_eq!((rows[1].left_value.as_deref(), rows[1].right_value.as_deref()), (Some("1"), Some("2")));
    }
}
