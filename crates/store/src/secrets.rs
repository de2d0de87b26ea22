//! Secrets, as rows of sealed values.

use std::collections::HashMap;

use vouchsafe_domain::id::{FolderId, ProjectId, SecretId, TagId, UserId};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{Arg, FromRow, Row, Sql, args, placeholders};
use crate::error::StoreResult;
use crate::snapshots::{MOST_BYTES, MOST_SECRETS};
use crate::{Change, Store};

/// A tag, as secrets carry it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TagRef {
    /// Id.
    pub id: TagId,
    /// Slug.
    pub slug: String,
    /// Colour.
    pub color: String,
}

/// A secret; value, comment and metadata are sealed under the project's data key.
#[derive(Clone)]
pub struct SecretRow {
    /// Id.
    pub id: SecretId,
    /// The folder that it is in.
    pub folder_id: FolderId,
    /// Name.
    pub key: String,
    /// The user whose personal secret it is; none: it is shared.
    pub owner: Option<UserId>,
    /// Starts at 1 and grows by 1 with each update.
    pub version: i64,
    /// Sealed value.
    pub value: Vec<u8>,
    /// Sealed comment; no bytes if there is none.
    pub comment: Vec<u8>,
    /// Sealed metadata (JSON); no bytes if there is none.
    pub metadata: Vec<u8>,
    /// Whether line breaks are escaped when the value is expanded.
    pub skip_multiline_encoding: Option<bool>,
    /// What to remind of.
    pub reminder_note: Option<String>,
    /// Every how many days to remind.
    pub reminder_repeat_days: Option<i64>,
    /// Who changed it last: `user`, `identity` or `system`.
    pub actor_type: String,
    /// Id of that user or identity.
    pub actor_id: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Its tags, by slug.
    pub tags: Vec<TagRef>,
}

impl std::fmt::Debug for SecretRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("SecretRow");
        out.field("id", &self.id)
            .field("key", &self.key)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// `shared` or `personal`, as the column says it.
fn kind(owner: Option<UserId>) -> &'static str {
    if owner.is_some() { "personal" } else { "shared" }
}

const COLUMNS: &str = "s.id, s.folder_id, s.key, s.user_id, s.version, s.value, s.comment, s.metadata, \
                       s.skip_multiline_encoding, s.reminder_note, s.reminder_repeat_days, s.actor_type, s.actor_id, \
                       s.created_at, s.updated_at, \
                       (SELECT string_agg(st.tag_id, ',' ORDER BY st.tag_id) FROM secret_tags st \
                        WHERE st.secret_id = s.id) AS tag_ids";

/// A row whose tags are known by id only.
pub(crate) struct Untagged {
    row: SecretRow,
    tags: Vec<TagId>,
}

impl FromRow for Untagged {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let owner = row.text("user_id")?;
        let tags = row.opt_text("tag_ids")?.unwrap_or_default();
        let tags = tags.split(',').filter(|id| !id.is_empty()).map(str::parse).collect::<Result<_, _>>();
        Ok(Self {
            tags: tags.map_err(|_| crate::StoreError::corrupt("secret_tags.tag_id"))?,
            row: SecretRow {
                id: row.parsed("id")?,
                folder_id: row.parsed("folder_id")?,
                key: row.text("key")?,
                owner: if owner.is_empty() { None } else { Some(row.parsed("user_id")?) },
                version: row.int("version")?,
                value: row.bytes("value")?,
                comment: row.bytes("comment")?,
                metadata: row.bytes("metadata")?,
                skip_multiline_encoding: row.opt_int("skip_multiline_encoding")?.map(|flag| flag != 0),
                reminder_note: row.opt_text("reminder_note")?,
                reminder_repeat_days: row.opt_int("reminder_repeat_days")?,
                actor_type: row.text("actor_type")?,
                actor_id: row.text("actor_id")?,
                created_at: row.time("created_at")?,
                updated_at: row.time("updated_at")?,
                tags: Vec::new(),
            },
        })
    }
}

impl FromRow for TagRef {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { id: row.parsed("id")?, slug: row.text("slug")?, color: row.text("color")? })
    }
}

/// The tags of a project; a project has far fewer.
pub(crate) const TAGS_OF_PROJECT: &str =
    "SELECT id, slug, color FROM tags WHERE project_id = $1 ORDER BY slug LIMIT 10000";

/// Whether any row has a tag, so that the tags need to be read.
pub(crate) fn any_tagged(rows: &[Untagged]) -> bool {
    rows.iter().any(|row| !row.tags.is_empty())
}

/// Puts rows and the project's tags (in order of slugs) together.
pub(crate) fn tagged(rows: Vec<Untagged>, tags: &[TagRef]) -> Vec<SecretRow> {
    let order: HashMap<TagId, usize> = tags.iter().enumerate().map(|(at, tag)| (tag.id, at)).collect();
    let with_tags = |untagged: Untagged| {
        let mut places: Vec<usize> = untagged.tags.iter().filter_map(|id| order.get(id).copied()).collect();
        places.sort_unstable();
        SecretRow { tags: places.into_iter().map(|at| tags[at].clone()).collect(), ..untagged.row }
    };
    rows.into_iter().map(with_tags).collect()
}

/// The secrets of one folder, shared ones before personal ones of the same name.
pub(crate) fn secrets_of_folder(folder: FolderId) -> (Sql, Vec<Arg>) {
    let sql = format!(
        "SELECT {COLUMNS} FROM secrets s WHERE s.folder_id = $1 ORDER BY s.key, s.type DESC, s.user_id \
         LIMIT {MOST_SECRETS}"
    );
    (Sql::Built(sql), args![folder])
}

/// The secrets of one folder with one name.
pub(crate) fn secrets_named(folder: FolderId, key: &str) -> (Sql, Vec<Arg>) {
    let sql = format!(
        "SELECT {COLUMNS} FROM secrets s WHERE s.folder_id = $1 AND s.key = $2 ORDER BY s.type DESC, s.user_id \
         LIMIT 10000"
    );
    (Sql::Built(sql), args![folder, key])
}

/// The secrets of the folders of an environment whose paths lie between two texts.
pub(crate) fn secrets_between(environment: &str, first: &str, end: &str) -> (Sql, Vec<Arg>) {
    let sql = format!(
        "SELECT {COLUMNS} FROM secrets s JOIN folders f ON f.id = s.folder_id WHERE f.environment_id = $1 \
         AND f.path >= $2 AND f.path < $3 ORDER BY s.key, s.type DESC, s.user_id LIMIT {MOST_SECRETS}"
    );
    (Sql::Built(sql), args![environment, first, end])
}

/// 1 if there are more secrets, or more bytes of them, than one read may answer.
fn too_much(of: &str) -> Sql {
    Sql::Built(format!(
        "SELECT CAST(CASE WHEN COUNT(*) > {MOST_SECRETS} OR COALESCE(SUM(LENGTH(s.value) + LENGTH(s.comment) + \
         LENGTH(s.metadata)), 0) > {MOST_BYTES} THEN 1 ELSE 0 END AS BIGINT) AS n FROM secrets s {of}"
    ))
}

/// Whether one folder holds too much.
pub(crate) fn too_much_in_folder(folder: FolderId) -> (Sql, Vec<Arg>) {
    (too_much("WHERE s.folder_id = $1"), args![folder])
}

/// Whether the folders whose paths lie between two texts hold too much.
pub(crate) fn too_much_between(environment: &str, first: &str, end: &str) -> (Sql, Vec<Arg>) {
    let of =
        "JOIN folders f ON f.id = s.folder_id WHERE f.environment_id = $1 AND f.path >= $2 AND f.path < $3";
    (too_much(of), args![environment, first, end])
}

/// Where a secret is.
#[derive(Clone, Debug)]
pub struct SecretPlace {
    /// The project.
    pub project_id: ProjectId,
    /// Slug of the environment.
    pub environment: String,
    /// Path of the folder.
    pub path: SecretPath,
    /// Name of the secret.
    pub key: String,
}

impl FromRow for SecretPlace {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            project_id: row.parsed("project_id")?,
            environment: row.text("slug")?,
            path: row.parsed("path")?,
            key: row.text("key")?,
        })
    }
}

impl Store {
    /// Where a secret is, in whichever project.
    pub async fn secret_place(&self, id: SecretId) -> StoreResult<Option<SecretPlace>> {
        let sql = "SELECT e.project_id, e.slug, f.path, s.key FROM secrets s JOIN folders f ON f.id = s.folder_id \
                   JOIN environments e ON e.id = f.environment_id WHERE s.id = $1";
        self.pools().one(sql, args![id]).await
    }

    /// All tags of a project, by slug.
    pub async fn tag_refs(&self, project: ProjectId) -> StoreResult<Vec<TagRef>> {
        self.pools().all(TAGS_OF_PROJECT, args![project]).await
    }
}

/// Keys or ids in one `IN` list.
const IN_LIST: usize = 500;
/// Rows of secrets in one statement: 16 parameters each.
const ROWS: usize = 200;

const INSERT: &str = "INSERT INTO secrets (id, folder_id, key, type, user_id, version, value, comment, metadata, \
                      skip_multiline_encoding, reminder_note, reminder_repeat_days, actor_type, actor_id, created_at, \
                      updated_at) VALUES ";
const OVERWRITE: &str = " ON CONFLICT (id) DO UPDATE SET folder_id = excluded.folder_id, key = excluded.key, \
                         version = excluded.version, value = excluded.value, comment = excluded.comment, \
                         metadata = excluded.metadata, skip_multiline_encoding = excluded.skip_multiline_encoding, \
                         reminder_note = excluded.reminder_note, reminder_repeat_days = excluded.reminder_repeat_days, \
                         actor_type = excluded.actor_type, actor_id = excluded.actor_id, \
                         updated_at = excluded.updated_at";

impl Change {
    /// All tags of a project, by slug.
    pub async fn tag_refs(&mut self, project: ProjectId) -> StoreResult<Vec<TagRef>> {
        self.all(TAGS_OF_PROJECT, args![project]).await
    }

    /// The secrets of a folder with one of these names: shared ones and those of all users.
    pub async fn secrets_named(
        &mut self,
        project: ProjectId,
        folder: FolderId,
        keys: &[&str],
    ) -> StoreResult<Vec<SecretRow>> {
        self.secrets_in(project, folder, "s.key", keys).await
    }

    /// The secrets of a folder with one of these ids.
    pub async fn secrets_with_ids(
        &mut self,
        project: ProjectId,
        folder: FolderId,
        ids: &[SecretId],
    ) -> StoreResult<Vec<SecretRow>> {
        self.secrets_in(project, folder, "s.id", ids).await
    }

    async fn secrets_in<T: Copy + Into<Arg>>(
        &mut self,
        project: ProjectId,
        folder: FolderId,
        column: &'static str,
        list: &[T],
    ) -> StoreResult<Vec<SecretRow>> {
        let mut rows = Vec::new();
        for chunk in list.chunks(IN_LIST) {
            let sql = format!(
                "SELECT {COLUMNS} FROM secrets s WHERE s.folder_id = $1 AND {column} IN {} \
                 ORDER BY s.key, s.type DESC, s.user_id LIMIT 100000",
                placeholders(1, chunk.len(), 2)
            );
            let mut values = args![folder];
            values.extend(chunk.iter().map(|one| (*one).into()));
            rows.extend(self.all::<Untagged>(Sql::Rows(sql), values).await?);
        }
        self.with_tags(project, rows).await
    }

    async fn with_tags(&mut self, project: ProjectId, rows: Vec<Untagged>) -> StoreResult<Vec<SecretRow>> {
        let tags = if any_tagged(&rows) { self.tag_refs(project).await? } else { Vec::new() };
        Ok(tagged(rows, &tags))
    }

    /// Writes new secrets, their first versions and their tags.
    pub async fn insert_secrets(&mut self, rows: &[SecretRow]) -> StoreResult<()> {
        self.write_secrets(rows, "").await?;
        self.insert_secret_versions(rows).await?;
        self.insert_secret_tags(rows).await
    }

    /// Writes changed secrets and their new versions; keeps `keep` versions of each.
    pub async fn update_secrets(&mut self, rows: &[SecretRow], keep: i64) -> StoreResult<()> {
        self.write_secrets(rows, OVERWRITE).await?;
        self.insert_secret_versions(rows).await?;
        self.prune_secret_versions(rows, keep).await
    }

    async fn write_secrets(&mut self, rows: &[SecretRow], conflict: &str) -> StoreResult<()> {
        for chunk in rows.chunks(ROWS) {
            let sql = format!("{INSERT}{}{conflict}", placeholders(chunk.len(), 16, 1));
            let values = chunk.iter().flat_map(columns).collect();
            self.run(Sql::Rows(sql), values).await?;
        }
        Ok(())
    }

    /// Replaces the tags of secrets by those that the rows name.
    pub async fn set_secret_tags(&mut self, rows: &[SecretRow]) -> StoreResult<()> {
        for chunk in rows.chunks(IN_LIST) {
            let sql =
                format!("DELETE FROM secret_tags WHERE secret_id IN {}", placeholders(1, chunk.len(), 1));
            self.run(Sql::Rows(sql), chunk.iter().map(|row| Arg::from(row.id)).collect()).await?;
        }
        self.insert_secret_tags(rows).await
    }

    async fn insert_secret_tags(&mut self, rows: &[SecretRow]) -> StoreResult<()> {
        let pairs: Vec<(SecretId, TagId)> =
            rows.iter().flat_map(|row| row.tags.iter().map(|tag| (row.id, tag.id))).collect();
        for chunk in pairs.chunks(IN_LIST) {
            let sql = format!(
                "INSERT INTO secret_tags (secret_id, tag_id) VALUES {}",
                placeholders(chunk.len(), 2, 1)
            );
            let values = chunk.iter().flat_map(|(secret, tag)| args![*secret, *tag]).collect();
            self.run(Sql::Rows(sql), values).await?;
        }
        Ok(())
    }

    /// Gives the personal secrets of a name the new name of the shared one that they stand in for.
    pub async fn rename_overrides(&mut self, folder: FolderId, key: &str, to: &str) -> StoreResult<()> {
        let sql = "UPDATE secrets SET key = $3 WHERE folder_id = $1 AND key = $2 AND type = 'personal'";
        self.run(sql, args![folder, key, to]).await?;
        Ok(())
    }

    /// Puts secrets into another folder.
    pub async fn place_secrets(&mut self, ids: &[SecretId], folder: FolderId) -> StoreResult<()> {
        let at = self.at();
        for chunk in ids.chunks(IN_LIST) {
            let sql = format!(
                "UPDATE secrets SET folder_id = $1, updated_at = $2 WHERE id IN {}",
                placeholders(1, chunk.len(), 3)
            );
            let mut values = args![folder, at];
            values.extend(chunk.iter().map(|id| Arg::from(*id)));
            self.run(Sql::Rows(sql), values).await?;
        }
        Ok(())
    }

    /// Deletes secrets with their versions.
    pub async fn delete_secrets(&mut self, ids: &[SecretId]) -> StoreResult<()> {
        for chunk in ids.chunks(IN_LIST) {
            let sql = format!("DELETE FROM secrets WHERE id IN {}", placeholders(1, chunk.len(), 1));
            self.run(Sql::Rows(sql), chunk.iter().map(|id| Arg::from(*id)).collect()).await?;
        }
        Ok(())
    }
}

fn columns(row: &SecretRow) -> Vec<Arg> {
    args![
        row.id,
        row.folder_id,
        row.key.as_str(),
        kind(row.owner),
        row.owner.map(|id| id.to_string()).unwrap_or_default(),
        row.version,
        row.value.as_slice(),
        row.comment.as_slice(),
        row.metadata.as_slice(),
        row.skip_multiline_encoding,
        row.reminder_note.as_deref(),
        row.reminder_repeat_days,
        row.actor_type.as_str(),
        row.actor_id.as_str(),
        row.created_at,
        row.updated_at,
    ]
}
