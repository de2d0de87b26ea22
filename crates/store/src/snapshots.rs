//! What reads of secrets are answered from: a folder with its secrets and imports, as one value that caches keep.

use std::collections::HashMap;

use vouchsafe_domain::id::{FolderId, ProjectId, UserId};
use vouchsafe_domain::path::SecretPath;

use crate::Store;
use crate::engine::{FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::folders::{EnvironmentRef, MOST_FOLDERS, below};
use crate::imports::{Import, imports_between, imports_of_folder};
use crate::secrets::{
    SecretRow, TAGS_OF_PROJECT, TagRef, Untagged, any_tagged, secrets_between, secrets_named,
    secrets_of_folder, tagged, too_much_between, too_much_in_folder,
};

/// The most secrets that one read answers.
pub const MOST_SECRETS: usize = 100_000;
/// The most bytes of sealed secrets that one read answers: 64 MiB.
pub const MOST_BYTES: usize = 64 << 20;

/// A folder with what it holds itself.
#[derive(Debug)]
pub struct FolderSnapshot {
    /// The folder.
    pub id: FolderId,
    /// Its environment.
    pub environment: EnvironmentRef,
    /// Its path.
    pub path: SecretPath,
    /// Its secrets by name; of one name the shared one first.
    pub secrets: Vec<SecretRow>,
    /// Its imports in order.
    pub imports: Vec<Import>,
}

impl FolderSnapshot {
    /// The secret of this name: the shared one, or that of a user.
    pub fn secret(&self, key: &str, owner: Option<UserId>) -> Option<&SecretRow> {
        let first = self.secrets.partition_point(|row| row.key.as_str() < key);
        self.secrets[first..].iter().take_while(|row| row.key == key).find(|row| row.owner == owner)
    }
}

/// A folder and, if asked for, all folders below it.
#[derive(Debug)]
pub struct FolderTree {
    /// The folders by path; the one asked for comes first.
    pub folders: Vec<FolderSnapshot>,
    /// Whether there are more secrets or folders than a read may answer; then no secrets are in it.
    pub overflow: bool,
}

impl FolderTree {
    /// About how many bytes it takes in memory.
    pub fn weight(&self) -> usize {
        let row = |row: &SecretRow| {
            400 + row.key.len()
                + row.value.len()
                + row.comment.len()
                + row.metadata.len()
                + row.reminder_note.as_ref().map_or(0, String::len)
                + row.tags.len() * 100
        };
        let folder = |folder: &FolderSnapshot| {
            400 + folder.imports.len() * 300 + folder.secrets.iter().map(row).sum::<usize>()
        };
        self.folders.iter().map(folder).sum()
    }
}

struct Place {
    id: FolderId,
    environment: EnvironmentRef,
    path: SecretPath,
}

impl FromRow for Place {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            environment: EnvironmentRef::from_row(row)?,
            path: row.parsed("path")?,
        })
    }
}

const PLACES: &str = "SELECT f.id, f.path, e.id AS environment_id, e.name AS environment_name, \
                      e.slug AS environment_slug FROM folders f JOIN environments e ON e.id = f.environment_id \
                      WHERE e.project_id = $1 AND e.slug = $2";

impl Store {
    /// A folder and what it holds; with `recursive`, all folders below it too.
    pub async fn folder_tree(
        &self,
        project: ProjectId,
        environment: &str,
        path: &SecretPath,
        recursive: bool,
    ) -> StoreResult<Option<FolderTree>> {
        let at = args![project, environment, path.as_str()];
        let Some(root) =
            self.pools().one::<Place>(Sql::Built(format!("{PLACES} AND f.path = $3")), at).await?
        else {
            return Ok(None);
        };
        let tree = if recursive { self.deep(project, root).await? } else { self.flat(project, root).await? };
        Ok(Some(tree))
    }

    /// A folder with only those of its secrets that have this name: for folders that hold too much to be read whole.
    pub async fn folder_with(
        &self,
        project: ProjectId,
        environment: &str,
        path: &SecretPath,
        key: &str,
    ) -> StoreResult<Option<FolderTree>> {
        let Some(root) = self.place(project, environment, path).await? else { return Ok(None) };
        let (sql, args) = secrets_named(root.id, key);
        let rows = self.pools().all::<Untagged>(sql, args).await?;
        let (sql, args) = imports_of_folder(root.id);
        let imports = self.pools().all(sql, args).await?;
        self.tree(project, vec![root], rows, imports).await.map(Some)
    }

    async fn place(
        &self,
        project: ProjectId,
        environment: &str,
        path: &SecretPath,
    ) -> StoreResult<Option<Place>> {
        let at = args![project, environment, path.as_str()];
        self.pools().one(Sql::Built(format!("{PLACES} AND f.path = $3")), at).await
    }

    async fn flat(&self, project: ProjectId, root: Place) -> StoreResult<FolderTree> {
        let (sql, args) = too_much_in_folder(root.id);
        if self.pools().one::<i64>(sql, args).await? == Some(1) {
            return Ok(overflow(root));
        }
        let (sql, args) = secrets_of_folder(root.id);
        let rows = self.pools().all::<Untagged>(sql, args).await?;
        let (sql, args) = imports_of_folder(root.id);
        let imports = self.pools().all(sql, args).await?;
        self.tree(project, vec![root], rows, imports).await
    }

    async fn deep(&self, project: ProjectId, root: Place) -> StoreResult<FolderTree> {
        let (first, end) = below(&root.path);
        let environment = root.environment.id.to_string();
        let sql = format!(
            "{PLACES} AND f.path >= $3 AND f.path < $4 AND f.id <> $5 ORDER BY f.path LIMIT {}",
            MOST_FOLDERS + 1
        );
        let at = args![project, root.environment.slug.as_str(), first.as_str(), end.as_str(), root.id];
        let mut places = self.pools().all::<Place>(Sql::Built(sql), at).await?;
        let (sql, args) = too_much_between(&environment, &first, &end);
        if places.len() > MOST_FOLDERS || self.pools().one::<i64>(sql, args).await? == Some(1) {
            return Ok(overflow(root));
        }
        let (sql, args) = secrets_between(&environment, &first, &end);
        let mut rows = self.pools().all::<Untagged>(sql, args).await?;
        let (sql, args) = imports_between(&environment, &first, &end);
        let mut imports = self.pools().all(sql, args).await?;
        if !root.path.is_root() {
            // The folder itself does not lie below itself.
            let (sql, args) = too_much_in_folder(root.id);
            if self.pools().one::<i64>(sql, args).await? == Some(1) {
                return Ok(overflow(root));
            }
            let (sql, args) = secrets_of_folder(root.id);
            rows.extend(self.pools().all::<Untagged>(sql, args).await?);
            let (sql, args) = imports_of_folder(root.id);
            imports.extend(self.pools().all::<Import>(sql, args).await?);
        }
        places.insert(0, root);
        self.tree(project, places, rows, imports).await
    }

    async fn tree(
        &self,
        project: ProjectId,
        places: Vec<Place>,
        rows: Vec<Untagged>,
        imports: Vec<Import>,
    ) -> StoreResult<FolderTree> {
        let tags: Vec<TagRef> = if any_tagged(&rows) {
            self.pools().all(TAGS_OF_PROJECT, args![project]).await?
        } else {
            Vec::new()
        };
        let at: HashMap<FolderId, usize> =
            places.iter().enumerate().map(|(index, place)| (place.id, index)).collect();
        let mut folders: Vec<FolderSnapshot> = places.into_iter().map(Place::empty).collect();
        for row in tagged(rows, &tags) {
            if let Some(index) = at.get(&row.folder_id) {
                folders[*index].secrets.push(row);
            }
        }
        for import in imports {
            if let Some(index) = at.get(&import.folder_id) {
                folders[*index].imports.push(import);
            }
        }
        Ok(FolderTree { folders, overflow: false })
    }
}

impl Place {
    fn empty(self) -> FolderSnapshot {
        FolderSnapshot {
            id: self.id,
            environment: self.environment,
            path: self.path,
            secrets: Vec::new(),
            imports: Vec::new(),
        }
    }
}

fn overflow(root: Place) -> FolderTree {
    FolderTree { folders: vec![root.empty()], overflow: true }
}
