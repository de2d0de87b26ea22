//! Folders. Every environment has a root folder; each folder keeps its whole path.

use uuid::Uuid;
use vouchsafe_domain::id::{EnvironmentId, FolderId, ProjectId};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{Arg, FromRow, Row, Sql, args, select};
use crate::error::StoreResult;
use crate::{Change, Store};

/// The most folders that one read answers.
pub const MOST_FOLDERS: usize = 10_000;

/// An environment, as folders and imports name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnvironmentRef {
    /// Id.
    pub id: EnvironmentId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
}

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Id.
    pub id: FolderId,
    /// The project.
    pub project_id: ProjectId,
    /// The environment.
    pub environment: EnvironmentRef,
    /// The folder that it is in; none for the root.
    pub parent_id: Option<FolderId>,
    /// Name; `root` for the root.
    pub name: String,
    /// Where it is.
    pub path: SecretPath,
    /// Free text.
    pub description: Option<String>,
    /// Grows with every change of the folder itself.
    pub version: i64,
    /// When a secret in it changed last.
    pub last_secret_modified: Option<Timestamp>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "f.id, f.parent_id, f.name, f.path, f.description, f.version, f.last_secret_modified, \
                       f.created_at, f.updated_at, e.project_id, e.id AS environment_id, \
                       e.name AS environment_name, e.slug AS environment_slug";

impl FromRow for EnvironmentRef {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("environment_id")?,
            name: row.text("environment_name")?,
            slug: row.text("environment_slug")?,
        })
    }
}

impl FromRow for Folder {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            project_id: row.parsed("project_id")?,
            environment: EnvironmentRef::from_row(row)?,
            parent_id: row.opt_parsed("parent_id")?,
            name: row.text("name")?,
            path: row.parsed("path")?,
            description: row.opt_text("description")?,
            version: row.int("version")?,
            last_secret_modified: row.opt_time("last_secret_modified")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

/// The paths below `path`: from the first (included) to the second (excluded). `0` comes right after `/`.
pub(crate) fn below(path: &SecretPath) -> (String, String) {
    let prefix = if path.is_root() { "" } else { path.as_str() };
    (format!("{prefix}/"), format!("{prefix}0"))
}

fn by_place(project: ProjectId, environment: &str, path: &SecretPath) -> (Sql, Vec<Arg>) {
    let rest = "FROM folders f JOIN environments e ON e.id = f.environment_id \
                WHERE e.project_id = $1 AND e.slug = $2 AND f.path = $3";
    (select(COLUMNS, rest), args![project, environment, path.as_str()])
}

fn by_id(id: FolderId) -> (Sql, Vec<Arg>) {
    let rest = "FROM folders f JOIN environments e ON e.id = f.environment_id WHERE f.id = $1";
    (select(COLUMNS, rest), args![id])
}

fn environment(project: ProjectId, slug: &str) -> (Sql, Vec<Arg>) {
    let sql = "SELECT id AS environment_id, name AS environment_name, slug AS environment_slug FROM environments \
               WHERE project_id = $1 AND slug = $2";
    (sql.into(), args![project, slug])
}

impl Store {
    /// An environment of a project by its slug.
    pub async fn environment_ref(
        &self,
        project: ProjectId,
        slug: &str,
    ) -> StoreResult<Option<EnvironmentRef>> {
        let (sql, args) = environment(project, slug);
        self.pools().one(sql, args).await
    }

    /// A folder of whichever project.
    pub async fn folder(&self, id: FolderId) -> StoreResult<Option<Folder>> {
        let (sql, args) = by_id(id);
        self.pools().one(sql, args).await
    }

    /// A folder by where it is.
    pub async fn folder_at(
        &self,
        project: ProjectId,
        environment: &str,
        path: &SecretPath,
    ) -> StoreResult<Option<Folder>> {
        let (sql, args) = by_place(project, environment, path);
        self.pools().one(sql, args).await
    }

    /// The folders in a folder, by name; at most [`MOST_FOLDERS`].
    pub async fn folders_in(
        &self,
        parent: FolderId,
        modified_since: Option<Timestamp>,
    ) -> StoreResult<Vec<Folder>> {
        let rest = "FROM folders f JOIN environments e ON e.id = f.environment_id WHERE f.parent_id = $1 \
                    AND (CAST($2 AS BIGINT) IS NULL OR f.last_secret_modified >= $2) ORDER BY f.name LIMIT 10000";
        self.pools().all(select(COLUMNS, rest), args![parent, modified_since]).await
    }

    /// All folders below a folder, by path; at most [`MOST_FOLDERS`].
    pub async fn folders_below(
        &self,
        folder: &Folder,
        modified_since: Option<Timestamp>,
    ) -> StoreResult<Vec<Folder>> {
        let (from, to) = below(&folder.path);
        let rest = "FROM folders f JOIN environments e ON e.id = f.environment_id WHERE f.environment_id = $1 \
                    AND f.path >= $2 AND f.path < $3 AND f.id <> $4 \
                    AND (CAST($5 AS BIGINT) IS NULL OR f.last_secret_modified >= $5) ORDER BY f.path LIMIT 10000";
        let args = args![folder.environment.id, from, to, folder.id, modified_since];
        self.pools().all(select(COLUMNS, rest), args).await
    }
}

impl Change {
    /// An environment of a project by its slug.
    pub async fn environment_ref(
        &mut self,
        project: ProjectId,
        slug: &str,
    ) -> StoreResult<Option<EnvironmentRef>> {
        let (sql, args) = environment(project, slug);
        self.one(sql, args).await
    }

    /// A folder of whichever project.
    pub async fn folder(&mut self, id: FolderId) -> StoreResult<Option<Folder>> {
        let (sql, args) = by_id(id);
        self.one(sql, args).await
    }

    /// A folder by where it is.
    pub async fn folder_at(
        &mut self,
        project: ProjectId,
        environment: &str,
        path: &SecretPath,
    ) -> StoreResult<Option<Folder>> {
        let (sql, args) = by_place(project, environment, path);
        self.one(sql, args).await
    }

    /// Makes a folder; the folder above it must be there.
    pub async fn insert_folder(
        &mut self,
        environment: EnvironmentId,
        parent: FolderId,
        path: &SecretPath,
        description: Option<&str>,
    ) -> StoreResult<FolderId> {
        let (id, at) = (FolderId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO folders (id, environment_id, parent_id, name, path, description, version, created_at, \
                   updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)";
        let name = path.name().unwrap_or("root");
        self.run(sql, args![id, environment, parent, name, path.as_str(), description, at]).await?;
        Ok(id)
    }

    /// Changes what a folder says of itself.
    pub async fn describe_folder(&mut self, id: FolderId, description: Option<&str>) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE folders SET description = $2, version = version + 1, updated_at = $3 WHERE id = $1";
        self.run(sql, args![id, description, at]).await?;
        Ok(())
    }

    /// Gives a folder another path beside the old one, and with it all folders below.
    pub async fn move_folder(&mut self, folder: &Folder, to: &SecretPath) -> StoreResult<()> {
        let at = self.at();
        let sql =
            "UPDATE folders SET name = $2, path = $3, version = version + 1, updated_at = $4 WHERE id = $1";
        self.run(sql, args![folder.id, to.name().unwrap_or("root"), to.as_str(), at]).await?;
        let (first, end) = below(&folder.path);
        let rest = i64::try_from(folder.path.as_str().len()).unwrap_or(i64::MAX) + 1;
        let sql = "UPDATE folders SET path = CAST($4 AS TEXT) || SUBSTR(path, CAST($5 AS INTEGER)), updated_at = $6 \
                   WHERE environment_id = $1 AND path >= $2 AND path < $3";
        self.run(sql, args![folder.environment.id, first, end, to.as_str(), rest, at]).await?;
        Ok(())
    }

    /// The length of the longest path in or below a folder, in bytes.
    pub async fn longest_path_below(&mut self, folder: &Folder) -> StoreResult<usize> {
        let (first, end) = below(&folder.path);
        let sql = "SELECT CAST(COALESCE(MAX(LENGTH(path)), 0) AS BIGINT) AS n FROM folders \
                   WHERE environment_id = $1 AND path >= $2 AND path < $3";
        let longest: i64 = self.one(sql, args![folder.environment.id, first, end]).await?.unwrap_or(0);
        Ok(usize::try_from(longest).unwrap_or(0).max(folder.path.as_str().len()))
    }

    /// Whether there is nothing in a folder: no secret, no folder, no import.
    pub async fn folder_is_empty(&mut self, id: FolderId) -> StoreResult<bool> {
        let sql = "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM secrets WHERE folder_id = $1) \
                   OR EXISTS (SELECT 1 FROM folders WHERE parent_id = $1) \
                   OR EXISTS (SELECT 1 FROM imports WHERE folder_id = $1) THEN 1 ELSE 0 END AS BIGINT) AS n";
        Ok(self.one::<i64>(sql, args![id]).await? == Some(0))
    }

    /// Deletes a folder with everything in it.
    pub async fn delete_folder(&mut self, id: FolderId) -> StoreResult<()> {
        self.run("DELETE FROM folders WHERE id = $1", args![id]).await?;
        Ok(())
    }

    /// Notes that secrets of these folders changed.
    pub async fn secrets_modified(&mut self, folder: FolderId) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE folders SET last_secret_modified = $2 WHERE id = $1", args![folder, at]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_a_path_lies_between_two_texts() {
        let path = |text: &str| SecretPath::parse(text).unwrap();
        let is_below = |one: &str, of: &str| {
            let (from, to) = below(&path(of));
            one >= from.as_str() && one < to.as_str()
        };
        for (one, of, expected) in [
            ("/a/b", "/a", true),
            ("/a/b/c", "/a", true),
            ("/a/_", "/a", true),
            ("/a", "/a", false),
            ("/a-b", "/a", false),
            ("/a0", "/a", false),
            ("/A/b", "/a", false),
            ("/zz", "/", true),
        ] {
            assert_eq!(is_below(one, of), expected, "{one} {of}");
        }
    }
}
