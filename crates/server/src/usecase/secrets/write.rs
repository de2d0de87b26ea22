//! Making, changing and deleting secrets: each request is one unit of work over one project, one secret or many.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;
use vouchsafe_api::secrets::{Secret, SecretKind, UpdateMode};
use vouchsafe_domain::id::{FolderId, SecretId, TagId, UserId};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{Object, Permit, project};
use vouchsafe_store::{Change, SecretRow, TagRef, Topic};

use super::draft::{Draft, no_duplicates};
use super::expand::check_references;
use super::reader::{Reader, slugs};
use super::vault::Plain;
use super::{Target, no_folder};
use crate::access::ProjectScope;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// Whether a request is about one secret or a list; the answers to mistakes differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Many {
    /// One secret.
    No,
    /// A list.
    Yes,
}

/// Makes secrets in one folder.
pub async fn create(cx: &Cx, target: &Target, drafts: Vec<Draft>, many: Many) -> ApiResult<Vec<Secret>> {
    no_duplicates(drafts.iter().map(|draft| (draft.key.as_str(), draft.kind)))?;
    let mut writer = Writer::open(cx, target, many).await?;
    let permit = writer.create_permit(&target.path, &drafts).await?;
    writer.check_values(&target.path, &drafts).await?;
    let mut change = writer.change(&permit).await?;
    let written = writer.insert(&mut change, &target.path, drafts).await?;
    writer.finish(change, ["create-secret", "create-secrets"], &written).await?;
    Ok(writer.shown(written))
}

/// Changes secrets; each draft comes with the folder that its secret is in.
pub async fn update(
    cx: &Cx,
    target: &Target,
    drafts: Vec<(SecretPath, Draft)>,
    mode: UpdateMode,
    many: Many,
) -> ApiResult<Vec<Secret>> {
    let mut folders: Vec<(SecretPath, Vec<Draft>)> = Vec::new();
    for (path, draft) in drafts {
        match folders.iter_mut().find(|(known, _)| *known == path) {
            Some((_, drafts)) => drafts.push(draft),
            None => folders.push((path, vec![draft])),
        }
    }
    if folders.len() > MOST_FOLDERS {
        return Err(ApiError::bad_request(format!("Expected secrets of at most {MOST_FOLDERS} folders")));
    }
    let mut writer = Writer::open(cx, target, many).await?;
    let all = folders.iter().flat_map(|(_, drafts)| drafts);
    let permit = writer.edit_permit(all.map(|draft| draft.kind))?;
    for (path, drafts) in &folders {
        no_duplicates(drafts.iter().map(|draft| (draft.key.as_str(), draft.kind)))?;
        writer.check_values(path, drafts).await?;
    }
    let mut change = writer.change(&permit).await?;
    let mut written = Vec::new();
    for (path, drafts) in folders {
        written.extend(writer.edit(&mut change, &path, drafts, mode).await?);
    }
    writer.finish(change, ["update-secret", "update-secrets"], &written).await?;
    Ok(writer.shown(written))
}

/// Deletes secrets of one folder; with a shared secret go the personal ones that stand in for it.
pub async fn delete(
    cx: &Cx,
    target: &Target,
    names: Vec<(String, SecretKind)>,
    many: Many,
) -> ApiResult<Vec<Secret>> {
    no_duplicates(names.iter().map(|(key, kind)| (key.as_str(), *kind)))?;
    let writer = Writer::open(cx, target, many).await?;
    let permit = writer.permit(project::SECRET_DELETE, names.iter().map(|(_, kind)| *kind))?;
    let mut change = writer.change(&permit).await?;
    let written = writer.remove(&mut change, &target.path, &names).await?;
    writer.finish(change, ["delete-secret", "delete-secrets"], &written).await?;
    Ok(writer.shown(written))
}

/// Adds tags to a secret, or takes them from it.
pub async fn retag(
    cx: &Cx,
    target: &Target,
    key: String,
    kind: SecretKind,
    tag_slugs: &[String],
    add: bool,
) -> ApiResult<Secret> {
    let writer = Writer::open(cx, target, Many::No).await?;
    let tags = cx.app.store.tag_refs(target.scope.id()).await?;
    let named: Vec<&TagRef> = tags.iter().filter(|tag| tag_slugs.contains(&tag.slug)).collect();
    if tag_slugs.iter().any(|slug| named.iter().all(|tag| tag.slug != *slug)) {
        return Err(ApiError::not_found("One or more tags not found"));
    }
    let permit = writer.edit_permit(std::iter::once(kind))?;
    let mut change = writer.change(&permit).await?;
    let folder = writer.folder(&mut change, &target.path).await?;
    let rows = change.secrets_named(target.scope.id(), folder, &[key.as_str()]).await?;
    let owner = writer.owner(kind)?;
    let mut row = rows.into_iter().find(|row| row.owner == owner).ok_or_else(|| not_found(&key, kind))?;
    writer.may_edit(&target.path, &row)?;
    row.tags.retain(|tag| !tag_slugs.contains(&tag.slug));
    if add {
        row.tags.extend(named.into_iter().cloned());
        row.tags.sort_by(|a, b| a.slug.cmp(&b.slug));
    }
    writer.may_edit(&target.path, &row)?;
    change.set_secret_tags(std::slice::from_ref(&row)).await?;
    change.secrets_modified(folder).await?;
    let plain = Plain { value: writer.reader.vault.value(&row)?, ..writer.reader.vault.rest(&row)? };
    let written = vec![Written { path: target.path.clone(), row, plain }];
    writer.finish(change, ["update-secret", "update-secrets"], &written).await?;
    writer.shown(written).pop().ok_or_else(|| ApiError::internal("no secret was written"))
}

/// How many folders one batch may write to.
const MOST_FOLDERS: usize = 100;

/// A secret as it was written (or deleted), and what it holds.
pub(super) struct Written {
    path: SecretPath,
    pub(super) row: SecretRow,
    plain: Plain,
}

/// Writes secrets of one environment for the caller.
pub(super) struct Writer<'a> {
    pub(super) reader: Reader<'a>,
    scope: &'a ProjectScope,
    environment: &'a str,
    tags: Vec<TagRef>,
    many: Many,
}

impl<'a> Writer<'a> {
    pub(super) async fn open(cx: &'a Cx, target: &'a Target, many: Many) -> ApiResult<Self> {
        let scope = &target.scope;
        let reader = Reader::open(cx, scope).await?;
        Ok(Self { reader, scope, environment: &target.environment, tags: Vec::new(), many })
    }

    /// The user whose personal secrets are meant, or none for shared ones.
    fn owner(&self, kind: SecretKind) -> ApiResult<Option<UserId>> {
        match kind {
            SecretKind::Shared => Ok(None),
            SecretKind::Personal => {
                let user = self.reader.user;
                user.map(Some).ok_or_else(|| ApiError::bad_request("Must be user to create personal secret"))
            }
        }
    }

    /// A permit to open the change with. Which secret and which tags it is about is known only once the row was
    /// read under the change; then each row has its own check.
    pub(super) fn permit(
        &self,
        need: vouchsafe_policy::Need,
        kinds: impl Iterator<Item = SecretKind>,
    ) -> ApiResult<Permit> {
        let mut permit = Permit::own("personal secret");
        for kind in kinds {
            self.owner(kind)?;
            if kind == SecretKind::Shared {
                permit = self.scope.may_need(need, &Object::any())?;
            }
        }
        Ok(permit)
    }

    fn edit_permit(&self, kinds: impl Iterator<Item = SecretKind>) -> ApiResult<Permit> {
        self.permit(project::SECRET_EDIT, kinds)
    }

    /// Checks each new secret with its tags. Personal ones need no rule beyond membership.
    async fn create_permit(&mut self, path: &SecretPath, drafts: &[Draft]) -> ApiResult<Permit> {
        self.load_tags(drafts).await?;
        let mut permit = Permit::own("personal secret");
        for draft in drafts {
            self.owner(draft.kind)?;
            if draft.kind == SecretKind::Shared {
                let tags = self.tags_of(draft.tags.as_deref().unwrap_or_default())?;
                permit = self.may_create(path, &draft.key, &tags)?;
            }
        }
        Ok(permit)
    }

    pub(super) fn may_create(&self, path: &SecretPath, key: &str, tags: &[TagRef]) -> ApiResult<Permit> {
        let object_tags = slugs(tags);
        let object = Object::secret(self.environment, path.as_str(), key, &object_tags);
        self.scope.may_need(project::SECRET_CREATE, &object)
    }

    fn may_edit(&self, path: &SecretPath, row: &SecretRow) -> ApiResult<()> {
        match row.owner {
            None => self.reader.check(project::SECRET_EDIT, self.environment, path, row),
            Some(_) => Ok(()),
        }
    }

    async fn load_tags(&mut self, drafts: &[Draft]) -> ApiResult<()> {
        if self.tags.is_empty()
            && drafts.iter().any(|draft| draft.tags.as_ref().is_some_and(|t| !t.is_empty()))
        {
            self.tags = self.reader.cx.app.store.tag_refs(self.scope.id()).await?;
        }
        Ok(())
    }

    fn tags_of(&self, ids: &[TagId]) -> ApiResult<Vec<TagRef>> {
        let found: Vec<TagRef> = self.tags.iter().filter(|tag| ids.contains(&tag.id)).cloned().collect();
        if found.len() < ids.len() {
            return Err(ApiError::not_found(format!("Tag not found. Found {}", slugs(&found).join(","))));
        }
        Ok(found)
    }

    /// What can be said of the drafts before the change is open.
    async fn check_values(&mut self, path: &SecretPath, drafts: &[Draft]) -> ApiResult<()> {
        self.load_tags(drafts).await?;
        for draft in drafts {
            draft.check_policy(self.scope.project())?;
        }
        let values = drafts.iter().filter_map(|draft| draft.value.as_deref());
        check_references(&self.reader, self.environment, path, values).await
    }

    pub(super) async fn change(&self, permit: &Permit) -> ApiResult<Change> {
        let cx = self.reader.cx;
        let mut change = cx.app.store.change(permit, &cx.author()).await?;
        change.serialize_project(self.scope.id()).await?;
        Ok(change)
    }

    pub(super) async fn folder(&self, change: &mut Change, path: &SecretPath) -> ApiResult<FolderId> {
        let folder = change.folder_at(self.scope.id(), self.environment, path).await?;
        folder.map(|folder| folder.id).ok_or_else(|| no_folder(self.environment, path))
    }

    async fn insert(
        &self,
        change: &mut Change,
        path: &SecretPath,
        drafts: Vec<Draft>,
    ) -> ApiResult<Vec<Written>> {
        let folder = self.folder(change, path).await?;
        let keys: Vec<&str> = drafts.iter().map(|draft| draft.key.as_str()).collect();
        let known = change.secrets_named(self.scope.id(), folder, &keys).await?;
        let known: HashMap<(&str, Option<UserId>), SecretId> =
            known.iter().map(|row| ((row.key.as_str(), row.owner), row.id)).collect();
        let mut taken = Vec::new();
        for draft in &drafts {
            let owner = self.owner(draft.kind)?;
            if known.contains_key(&(draft.key.as_str(), owner)) {
                taken.push(draft.key.as_str());
            } else if owner.is_some() && !known.contains_key(&(draft.key.as_str(), None)) {
                return Err(ApiError::bad_request(
                    "Failed to create personal secret override for no corresponding shared secret",
                ));
            }
        }
        if !taken.is_empty() {
            return Err(self.already_there(&taken));
        }
        let mut written = Vec::with_capacity(drafts.len());
        for draft in drafts {
            written.push(self.fresh(change, folder, path, draft)?);
        }
        let rows: Vec<SecretRow> = written.iter().map(|one| one.row.clone()).collect();
        change.insert_secrets(&rows).await?;
        change.secrets_modified(folder).await?;
        Ok(written)
    }

    pub(super) fn already_there(&self, keys: &[&str]) -> ApiError {
        match self.many {
            Many::No => ApiError::bad_request("Secret already exists"),
            Many::Yes => ApiError::bad_request(format!("Secret already exists: {}", keys.join(","))),
        }
    }

    fn fresh(
        &self,
        change: &Change,
        folder: FolderId,
        path: &SecretPath,
        draft: Draft,
    ) -> ApiResult<Written> {
        let (at, author) = (change.at(), change.author());
        let plain = Plain {
            value: draft.value.unwrap_or_default(),
            comment: draft.comment.unwrap_or_default(),
            metadata: draft.metadata.unwrap_or_default(),
        };
        let mut row = SecretRow {
            id: SecretId::from_uuid(Uuid::now_v7()),
            folder_id: folder,
            key: draft.key,
            owner: self.owner(draft.kind)?,
            version: 1,
            value: Vec::new(),
            comment: Vec::new(),
            metadata: Vec::new(),
            skip_multiline_encoding: draft.skip_multiline_encoding.flatten(),
            reminder_note: draft.reminder_note.flatten(),
            reminder_repeat_days: draft.reminder_days.flatten(),
            actor_type: author.kind.to_owned(),
            actor_id: author.id.clone(),
            created_at: at,
            updated_at: at,
            tags: self.tags_of(draft.tags.as_deref().unwrap_or_default())?,
        };
        self.reader.vault.seal(&mut row, &plain)?;
        Ok(Written { path: path.clone(), row, plain })
    }

    async fn edit(
        &self,
        change: &mut Change,
        path: &SecretPath,
        drafts: Vec<Draft>,
        mode: UpdateMode,
    ) -> ApiResult<Vec<Written>> {
        let folder = self.folder(change, path).await?;
        let names = drafts.iter().flat_map(|draft| std::iter::once(&draft.key).chain(&draft.new_key));
        let names: Vec<&str> = names.map(String::as_str).collect();
        let mut known: HashMap<(String, Option<UserId>), SecretRow> = HashMap::new();
        for row in change.secrets_named(self.scope.id(), folder, &names).await? {
            known.insert((row.key.clone(), row.owner), row);
        }
        let (mut written, mut absent, mut renamed, mut retagged) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for draft in drafts {
            let owner = self.owner(draft.kind)?;
            let Some(row) = known.get(&(draft.key.clone(), owner)) else {
                match mode {
                    UpdateMode::FailOnNotFound => return Err(not_found(&draft.key, draft.kind)),
                    UpdateMode::Ignore => {}
                    UpdateMode::Upsert => absent.push(draft.as_new()),
                }
                continue;
            };
            if let Some(name) = &draft.new_key {
                if known.contains_key(&(name.clone(), None)) || renamed.iter().any(|(_, to)| to == name) {
                    return Err(ApiError::bad_request("Secret with the new name already exists"));
                }
                renamed.push((draft.key.clone(), name.clone()));
            }
            let new_tags = draft.tags.is_some();
            let one = self.next(change, path, row, draft)?;
            if new_tags {
                retagged.push(one.row.clone());
            }
            written.push(one);
        }
        let rows: Vec<SecretRow> = written.iter().map(|one| one.row.clone()).collect();
        change.update_secrets(&rows, self.versions_kept()).await?;
        change.set_secret_tags(&retagged).await?;
        for (from, to) in &renamed {
            change.rename_overrides(folder, from, to).await?;
        }
        change.secrets_modified(folder).await?;
        if !absent.is_empty() {
            for draft in &absent {
                let tags = self.tags_of(draft.tags.as_deref().unwrap_or_default())?;
                self.may_create(path, &draft.key, &tags)?;
            }
            written.extend(self.insert(change, path, absent).await?);
        }
        Ok(written)
    }

    /// How many versions of a secret are kept.
    pub(super) fn versions_kept(&self) -> i64 {
        self.scope.project().settings.pit_version_limit.max(1)
    }

    /// The next version of a secret, with what the draft sets and the rest as it was.
    pub(super) fn next(
        &self,
        change: &Change,
        path: &SecretPath,
        row: &SecretRow,
        draft: Draft,
    ) -> ApiResult<Written> {
        self.may_edit(path, row)?;
        let vault = &self.reader.vault;
        let before = vault.rest(row)?;
        let plain = Plain {
            value: draft.value.map_or_else(|| vault.value(row), Ok)?,
            comment: draft.comment.unwrap_or(before.comment),
            metadata: draft.metadata.unwrap_or(before.metadata),
        };
        let mut next = SecretRow {
            key: draft.new_key.unwrap_or(draft.key),
            version: row.version + 1,
            skip_multiline_encoding: draft.skip_multiline_encoding.unwrap_or(row.skip_multiline_encoding),
            reminder_note: draft.reminder_note.unwrap_or_else(|| row.reminder_note.clone()),
            reminder_repeat_days: draft.reminder_days.unwrap_or(row.reminder_repeat_days),
            actor_type: change.author().kind.to_owned(),
            actor_id: change.author().id.clone(),
            updated_at: change.at(),
            ..row.clone()
        };
        if let Some(ids) = &draft.tags {
            next.tags = self.tags_of(ids)?;
        }
        self.may_edit(path, &next)?;
        vault.seal(&mut next, &plain)?;
        Ok(Written { path: path.clone(), row: next, plain })
    }

    async fn remove(
        &self,
        change: &mut Change,
        path: &SecretPath,
        names: &[(String, SecretKind)],
    ) -> ApiResult<Vec<Written>> {
        let folder = self.folder(change, path).await?;
        let keys: Vec<&str> = names.iter().map(|(key, _)| key.as_str()).collect();
        let rows = change.secrets_named(self.scope.id(), folder, &keys).await?;
        let mut known: HashMap<&str, Vec<&SecretRow>> = HashMap::new();
        for row in &rows {
            known.entry(row.key.as_str()).or_default().push(row);
        }
        let (mut written, mut ids) = (Vec::new(), Vec::new());
        for (key, kind) in names {
            let owner = self.owner(*kind)?;
            let of_name = known.get(key.as_str()).map_or(&[][..], Vec::as_slice);
            let row = of_name.iter().find(|row| row.owner == owner);
            let row =
                *row.ok_or_else(|| ApiError::not_found(format!("Secret with name '{key}' not found")))?;
            match owner {
                None => {
                    self.reader.check(project::SECRET_DELETE, self.environment, path, row)?;
                    ids.extend(of_name.iter().map(|row| row.id));
                }
                Some(_) => ids.push(row.id),
            }
            let vault = &self.reader.vault;
            let plain = Plain { value: vault.value(row)?, ..vault.rest(row)? };
            written.push(Written { path: path.clone(), row: row.clone(), plain });
        }
        change.delete_secrets(&ids).await?;
        change.secrets_modified(folder).await?;
        Ok(written)
    }

    async fn finish(
        &self,
        mut change: Change,
        [one, many]: [&'static str; 2],
        written: &[Written],
    ) -> ApiResult<()> {
        let event = if self.many == Many::No { one } else { many };
        let entry = |one: &Written| {
            json!({
                "secretId": one.row.id, "secretKey": one.row.key, "secretVersion": one.row.version,
                "secretPath": one.path.as_str(), "environment": self.environment,
            })
        };
        let detail = match written {
            [only] if self.many == Many::No => entry(only),
            _ => json!({ "secrets": written.iter().map(entry).collect::<Vec<Value>>() }),
        };
        let project = self.scope.project();
        change.audit(event, project.org_id, Some(project.id), &detail);
        change.touch(Topic::secrets(project.id));
        change.commit().await?;
        Ok(())
    }

    /// What was written, as the answer: the value only for those who may read it.
    fn shown(&self, written: Vec<Written>) -> Vec<Secret> {
        let one = |one: Written| {
            let may_read = one.row.owner.is_some()
                || self.reader.allows(project::SECRET_READ_VALUE, self.environment, &one.path, &one.row);
            self.reader.secret(self.environment, &one.path, &one.row, one.plain, may_read)
        };
        written.into_iter().map(one).collect()
    }
}

fn not_found(key: &str, kind: SecretKind) -> ApiError {
    ApiError::not_found(match kind {
        SecretKind::Shared => format!("Secret with name {key} not found"),
        SecretKind::Personal => format!("Personal secret with name {key} not found"),
    })
}
