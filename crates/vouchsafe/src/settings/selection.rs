//! Settings of the commands that read secrets: which of a folder's secrets, and in which form.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::{ArgAction, Args};
use vouchsafe_api::secrets::{GetSecret, ListSecrets};

use super::api::Folder;

/// Which secrets of a folder, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct SelectionArgs {
    /// Only secrets with one of these tags: slugs, separated by commas
    #[arg(long, short = 't', value_name = "SLUGS")]
    tags: Option<String>,
    /// Also those of the folders below; a folder's own win over those of a deeper one
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false,
          default_missing_value = "true", value_name = "BOOL")]
    recursive: bool,
    /// Replace references such as ${OTHER} by what they refer to
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true,
          default_missing_value = "true", value_name = "BOOL")]
    expand: bool,
    /// Also those that the folder imports; its own win over them
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true,
          default_missing_value = "true", value_name = "BOOL")]
    include_imports: bool,
    /// Take your personal secret in place of the shared one of the same name
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true,
          default_missing_value = "true", value_name = "BOOL")]
    secret_overriding: bool,
}

impl SelectionArgs {
    /// Everything that one folder holds itself, as it is written there.
    pub(crate) fn of_one_folder() -> Self {
        Self { tags: None, recursive: false, expand: false, include_imports: false, secret_overriding: false }
    }

    /// The request for one folder; `values`: whether values come along.
    pub(crate) fn list(&self, folder: &Folder, values: bool) -> ListSecrets {
        ListSecrets {
            project_id: Some(folder.project),
            environment: folder.environment.clone(),
            secret_path: Some(folder.path.clone()),
            view_secret_value: Some(values),
            tag_slugs: self.tags.clone(),
            recursive: Some(self.recursive),
            expand_secret_references: Some(self.expand && values),
            include_imports_too: Some(self.include_imports),
            include_personal_overrides: Some(self.secret_overriding),
            ..ListSecrets::default()
        }
    }

    /// The request for one secret, but for where it is.
    pub(crate) fn get(&self) -> GetSecret {
        GetSecret {
            expand_secret_references: Some(self.expand),
            include_imports: Some(self.include_imports),
            ..GetSecret::default()
        }
    }

    /// Whether a single secret cannot be asked for like this.
    pub(crate) fn needs_list(&self) -> bool {
        self.recursive || self.tags.is_some()
    }

    /// Whether a personal secret goes before a shared one.
    pub(crate) fn takes_personal(&self) -> bool {
        self.secret_overriding
    }

    /// Whether folders below are read too.
    pub(crate) fn is_recursive(&self) -> bool {
        self.recursive
    }
}
