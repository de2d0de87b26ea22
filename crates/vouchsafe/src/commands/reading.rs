//! Reading secrets of folders: what `run`, `export` and `secrets` have in common.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use vouchsafe_api::secrets::{Secret, SecretList};
use vouchsafe_client::Client;
use vouchsafe_client::variables::weakest_first;

use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::api::Folder;
use crate::settings::selection::SelectionArgs;

/// How many names one warning lists.
const NAMED: usize = 10;

/// Reads a folder; `values`: whether values come along.
pub(super) async fn list(
    client: &Client,
    folder: &Folder,
    selection: &SelectionArgs,
    values: bool,
) -> Outcome<SecretList> {
    let list = client.list_secrets(&selection.list(folder, values)).await;
    Ok(list.with_context(|| cannot_list(folder))?)
}

/// What failed when a list was asked for.
pub(super) fn cannot_list(folder: &Folder) -> String {
    format!("cannot list the secrets of {} in {}", folder.path, folder.environment)
}

/// What the folders offer, by name. Later folders win over earlier ones; in each of them its own secrets win over those of
/// folders below and those over imported ones, of which later imports win.
pub(super) async fn effective(
    client: &Client,
    folders: &[Folder],
    selection: &SelectionArgs,
    printer: &Printer,
) -> Outcome<BTreeMap<String, Secret>> {
    let mut lists = Vec::with_capacity(folders.len());
    for folder in folders {
        lists.push(list(client, folder, selection, true).await?);
    }
    let merged = merge(lists);
    merged.warn(printer);
    Ok(merged.secrets)
}

/// Secrets by name, and what should be said about them.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) secrets: BTreeMap<String, Secret>,
    /// Names that several folders of one list have.
    twice: BTreeSet<String>,
    /// Names of secrets whose values may not be read.
    hidden: BTreeSet<String>,
}

impl Merged {
    /// Says what was left out.
    pub(super) fn warn(&self, printer: &Printer) {
        if !self.twice.is_empty() {
            let names = listed(&self.twice);
            printer.warning(format!("several folders have {names}; that of the highest is taken"));
        }
        if !self.hidden.is_empty() {
            let names = listed(&self.hidden);
            printer.warning(format!("left out, because you may not read the value: {names}"));
        }
    }
}

/// Makes one of several lists that came with values.
pub(super) fn merge(lists: impl IntoIterator<Item = SecretList>) -> Merged {
    let mut merged = Merged::default();
    for list in lists {
        let mut seen = BTreeSet::new();
        let twice = list.secrets.iter().filter(|one| !seen.insert(&one.secret_key));
        merged.twice.extend(twice.map(|one| one.secret_key.clone()));
        for secret in weakest_first(list) {
            if secret.secret_value_hidden {
                merged.hidden.insert(secret.secret_key);
            } else {
                merged.secrets.insert(secret.secret_key.clone(), secret);
            }
        }
    }
    merged
}

/// Some names, for a message.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&String> = names.into_iter().collect();
    let some: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    if more == 0 { some.join(", ") } else { format!("{} and {more} more", some.join(", ")) }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A secret in a folder.
    pub(in crate::commands) fn secret(path: &str, name: &str, value: &str) -> Secret {
        let id = "00000000-0000-4000-8000-000000000001";
        serde_json::from_value(json!({
            "id": id, "_id": id, "workspace": id, "environment": "dev", "version": 1, "type": "shared",
            "secretKey": name, "secretValue": value, "secretComment": "", "secretPath": path,
            "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z",
        }))
        .unwrap()
    }

    fn list(own: &[(&str, &str, &str)], imports: &[&[(&str, &str)]]) -> SecretList {
        let id = "00000000-0000-4000-8000-000000000001";
        let imports = imports.iter().map(|secrets| {
            let secrets: Vec<Secret> =
                secrets.iter().map(|(name, value)| secret("/other", name, value)).collect();
            json!({ "secretPath": "/other", "environment": "dev", "folderId": id, "secrets": secrets })
        });
        let own: Vec<Secret> = own.iter().map(|(path, name, value)| secret(path, name, value)).collect();
        serde_json::from_value(json!({ "secrets": own, "imports": imports.collect::<Vec<_>>() })).unwrap()
    }

    fn values(merged: &Merged) -> Vec<(&str, &str)> {
        merged.secrets.iter().map(|(name, secret)| (name.as_str(), secret.secret_value.reveal())).collect()
    }

    #[test]
    fn the_nearest_secret_wins() {
        let first = list(
            &[("/", "A", "own"), ("/a/b", "A", "deep"), ("/b", "B", "in b"), ("/a", "B", "in a")],
            &[&[("A", "import"), ("C", "first")], &[("C", "last")]],
        );
        let merged = merge([first]);
        assert_eq!(values(&merged), [("A", "own"), ("B", "in a"), ("C", "last")]);
        assert_eq!(listed(&merged.twice), "`A`, `B`");
    }

    #[test]
    fn later_lists_win_and_hidden_values_are_none() {
        let (one, mut two) = (list(&[("/", "A", "1"), ("/", "B", "1")], &[]), list(&[("/", "A", "2")], &[]));
        let mut hidden = secret("/", "B", vouchsafe_api::secrets::HIDDEN_VALUE);
        hidden.secret_value_hidden = true;
        two.secrets.push(hidden);
        let merged = merge([one, two]);
        assert_eq!(values(&merged), [("A", "2"), ("B", "1")]);
        assert!(merged.twice.is_empty());
        assert_eq!(listed(&merged.hidden), "`B`");
    }

    #[test]
    fn long_lists_of_names_end() {
        let names: Vec<String> = (0..12).map(|number| number.to_string()).collect();
        assert!(listed(&names).ends_with("`9` and 2 more"));
    }
}
