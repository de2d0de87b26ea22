//! One caller reading one project's secrets: what it may see, and how it is shown.

use std::sync::Arc;

use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{HIDDEN_VALUE, Secret, SecretActor, SecretKind, SecretTag};
use vouchsafe_domain::id::UserId;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{Need, Object, project};
use vouchsafe_store::{FolderTree, MOST_BYTES, MOST_SECRETS, SecretRow, TagRef, Topic};

use super::vault::{Plain, Vault};
use crate::access::ProjectScope;
use crate::auth::Actor;
use crate::cache::FolderKey;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// Reads secrets of a project for the caller.
pub struct Reader<'a> {
    /// The request.
    pub cx: &'a Cx,
    /// The project.
    pub scope: &'a ProjectScope,
    /// Its data key.
    pub vault: Vault,
    /// The caller, if it is a user: only users have personal secrets.
    pub user: Option<UserId>,
}

/// How much of a secret is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sight {
    /// Nothing.
    Nothing,
    /// All but the value, because only that was asked for or because no more is allowed.
    Masked,
    /// All of it.
    Whole,
}

impl<'a> Reader<'a> {
    /// For the caller of this request.
    pub async fn open(cx: &'a Cx, scope: &'a ProjectScope) -> ApiResult<Self> {
        let user = match &cx.actor {
            Actor::User(user) => Some(user.id),
            _ => None,
        };
        Ok(Self { cx, scope, vault: Vault::of(&cx.app, scope.project()).await?, user })
    }

    /// A folder with its secrets, and with those of all folders below if asked for.
    pub async fn folder(
        &self,
        environment: String,
        path: SecretPath,
        recursive: bool,
    ) -> ApiResult<Option<Arc<FolderTree>>> {
        let key = FolderKey { project: self.scope.id(), environment, path, recursive };
        let tree = self.tree(&key).await?;
        if tree.as_ref().is_some_and(|tree| tree.overflow) {
            return Err(ApiError::bad_request(format!(
                "There are more than {MOST_SECRETS} secrets here, or more than {} MiB of them; read the folders or the \
                 secrets one by one",
                MOST_BYTES >> 20
            )));
        }
        Ok(tree)
    }

    /// A folder with the secrets of this name, and perhaps others: works for folders of any size.
    pub async fn folder_with(
        &self,
        environment: String,
        path: SecretPath,
        name: &str,
    ) -> ApiResult<Option<Arc<FolderTree>>> {
        let key = FolderKey { project: self.scope.id(), environment, path, recursive: false };
        let tree = self.tree(&key).await?;
        if tree.as_ref().is_none_or(|tree| !tree.overflow) {
            return Ok(tree);
        }
        let store = &self.cx.app.store;
        let tree = Box::pin(store.folder_with(self.scope.id(), &key.environment, &key.path, name)).await?;
        Ok(tree.map(Arc::new))
    }

    async fn tree(&self, key: &FolderKey) -> ApiResult<Option<Arc<FolderTree>>> {
        let (store, cache, project) = (&self.cx.app.store, &self.cx.app.caches.folders, self.scope.id());
        if let Some(tree) = cache.get(store, key) {
            return Ok(Some(tree));
        }
        let load = || async {
            let read = store.folder_tree(project, &key.environment, &key.path, key.recursive);
            read.await.map_err(ApiError::from)
        };
        cache.get_or_load(store, key.clone(), &[Topic::secrets(project)], load).await
    }

    /// Whether the caller may do something with a secret.
    pub fn allows(&self, need: Need, environment: &str, path: &SecretPath, row: &SecretRow) -> bool {
        let tags = slugs(&row.tags);
        self.scope.allows(need, &Object::secret(environment, path.as_str(), &row.key, &tags))
    }

    /// The same, with the refusal as the answer.
    pub fn check(&self, need: Need, environment: &str, path: &SecretPath, row: &SecretRow) -> ApiResult<()> {
        let tags = slugs(&row.tags);
        self.scope.may_need(need, &Object::secret(environment, path.as_str(), &row.key, &tags)).map(drop)
    }

    /// How much the caller may see of a secret.
    pub fn sight(&self, environment: &str, path: &SecretPath, row: &SecretRow) -> Sight {
        if !self.allows(project::SECRET_DESCRIBE, environment, path, row) {
            Sight::Nothing
        } else if self.allows(project::SECRET_READ_VALUE, environment, path, row) {
            Sight::Whole
        } else {
            Sight::Masked
        }
    }

    /// A stored secret as it goes over the wire.
    pub fn shown(
        &self,
        environment: &str,
        path: &SecretPath,
        row: &SecretRow,
        with_value: bool,
    ) -> ApiResult<Secret> {
        let mut plain = self.vault.rest(row)?;
        if with_value {
            plain.value = self.vault.value(row)?;
        }
        Ok(self.secret(environment, path, row, plain, with_value))
    }

    /// A secret as it goes over the wire, from its row and what it holds.
    pub fn secret(
        &self,
        environment: &str,
        path: &SecretPath,
        row: &SecretRow,
        plain: Plain,
        with_value: bool,
    ) -> Secret {
        Secret {
            id: row.id,
            id_too: row.id,
            workspace: self.scope.id(),
            environment: environment.to_owned(),
            version: row.version,
            r#type: if row.owner.is_some() { SecretKind::Personal } else { SecretKind::Shared },
            secret_key: row.key.clone(),
            secret_value: if with_value { Concealed::new(plain.value) } else { Concealed::new(HIDDEN_VALUE) },
            secret_value_hidden: !with_value,
            secret_comment: Concealed::new(plain.comment),
            secret_path: path.as_str().to_owned(),
            skip_multiline_encoding: row.skip_multiline_encoding,
            secret_reminder_note: row.reminder_note.clone(),
            secret_reminder_repeat_days: row.reminder_repeat_days,
            secret_metadata: plain.metadata,
            tags: row.tags.iter().map(tag).collect(),
            actor: Some(SecretActor {
                actor_id: Some(row.actor_id.clone()),
                actor_type: Some(row.actor_type.clone()),
                name: None,
                membership_id: None,
                group_id: None,
            }),
            is_rotated_secret: false,
            rotation_id: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Slugs of tags, as conditions look at them.
pub(super) fn slugs(tags: &[TagRef]) -> Vec<&str> {
    tags.iter().map(|tag| tag.slug.as_str()).collect()
}

fn tag(tag: &TagRef) -> SecretTag {
    SecretTag { id: tag.id, slug: tag.slug.clone(), name: tag.slug.clone(), color: tag.color.clone() }
}

/// The refusal of a value that may be described but not read.
pub(super) fn value_denied(scope: &ProjectScope) -> ApiError {
    scope.permissions().denial(project::SECRET_READ_VALUE).into()
}
