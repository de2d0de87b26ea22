//! Imports: a folder shows the secrets of another folder of the same project.

use uuid::Uuid;
use vouchsafe_domain::id::{EnvironmentId, FolderId, ImportId};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{Arg, FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::folders::EnvironmentRef;
use crate::{Change, Store};

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Id.
    pub id: ImportId,
    /// The folder that imports.
    pub folder_id: FolderId,
    /// The environment imported from.
    pub environment: EnvironmentRef,
    /// The folder imported from; it need not be there.
    pub path: SecretPath,
    /// From 1; later imports win.
    pub position: i64,
    /// Whether it was asked to copy rather than to show.
    pub is_replication: bool,
    /// Grows with every change.
    pub version: i64,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "i.id, i.folder_id, i.import_path, i.position, i.is_replication, i.version, i.created_at, \
                       i.updated_at, e.id AS environment_id, e.name AS environment_name, e.slug AS environment_slug";
const FROM: &str = "FROM imports i JOIN environments e ON e.id = i.import_environment_id";

impl FromRow for Import {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            folder_id: row.parsed("folder_id")?,
            environment: EnvironmentRef::from_row(row)?,
            path: row.parsed("import_path")?,
            position: row.int("position")?,
            is_replication: row.flag("is_replication")?,
            version: row.int("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

pub(crate) fn imports_of_folder(folder: FolderId) -> (Sql, Vec<Arg>) {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE i.folder_id = $1 ORDER BY i.position, i.id LIMIT 1000");
    (Sql::Built(sql), args![folder])
}

pub(crate) fn imports_between(environment: &str, first: &str, end: &str) -> (Sql, Vec<Arg>) {
    let sql = format!(
        "SELECT {COLUMNS} {FROM} JOIN folders f ON f.id = i.folder_id WHERE f.environment_id = $1 AND f.path >= $2 \
         AND f.path < $3 ORDER BY i.position, i.id LIMIT 100000"
    );
    (Sql::Built(sql), args![environment, first, end])
}

fn by_id(id: ImportId) -> (Sql, Vec<Arg>) {
    (Sql::Built(format!("SELECT {COLUMNS} {FROM} WHERE i.id = $1")), args![id])
}

impl Store {
    /// An import of whichever folder.
    pub async fn import(&self, id: ImportId) -> StoreResult<Option<Import>> {
        let (sql, args) = by_id(id);
        self.pools().one(sql, args).await
    }

    /// The imports of a folder in order.
    pub async fn imports(&self, folder: FolderId) -> StoreResult<Vec<Import>> {
        let (sql, args) = imports_of_folder(folder);
        self.pools().all(sql, args).await
    }
}

impl Change {
    /// An import of whichever folder.
    pub async fn import(&mut self, id: ImportId) -> StoreResult<Option<Import>> {
        let (sql, args) = by_id(id);
        self.one(sql, args).await
    }

    /// The imports of a folder in order.
    pub async fn imports(&mut self, folder: FolderId) -> StoreResult<Vec<Import>> {
        let (sql, args) = imports_of_folder(folder);
        self.all(sql, args).await
    }

    /// Makes an import, the last of its folder.
    pub async fn insert_import(
        &mut self,
        folder: FolderId,
        environment: EnvironmentId,
        path: &SecretPath,
        is_replication: bool,
    ) -> StoreResult<ImportId> {
        let (id, at) = (ImportId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO imports (id, folder_id, import_environment_id, import_path, position, is_replication, \
                   version, created_at, updated_at) VALUES ($1, $2, $3, $4, \
                   (SELECT COALESCE(MAX(position), 0) + 1 FROM imports WHERE folder_id = $2), $5, 1, $6, $6)";
        self.run(sql, args![id, folder, environment, path.as_str(), is_replication, at]).await?;
        Ok(id)
    }

    /// Lets an import show another folder.
    pub async fn set_import_target(
        &mut self,
        id: ImportId,
        environment: EnvironmentId,
        path: &SecretPath,
    ) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE imports SET import_environment_id = $2, import_path = $3, version = version + 1, \
                   updated_at = $4 WHERE id = $1";
        self.run(sql, args![id, environment, path.as_str(), at]).await?;
        Ok(())
    }

    /// Gives an import another place in the order of its folder, from 1; those between move up or down.
    pub async fn move_import(&mut self, import: &Import, position: i64) -> StoreResult<()> {
        let (old, at) = (import.position, self.at());
        let (sql, first, last) = if position < old {
            (
                "UPDATE imports SET position = position + 1 WHERE folder_id = $1 AND position >= $2 AND position <= $3",
                position,
                old,
            )
        } else {
            (
                "UPDATE imports SET position = position - 1 WHERE folder_id = $1 AND position >= $2 AND position <= $3",
                old,
                position,
            )
        };
        self.run(sql, args![import.folder_id, first, last]).await?;
        let sql = "UPDATE imports SET position = $2, updated_at = $3 WHERE id = $1";
        self.run(sql, args![import.id, position, at]).await?;
        Ok(())
    }

    /// Deletes an import; those behind it move up.
    pub async fn delete_import(&mut self, import: &Import) -> StoreResult<()> {
        self.run("DELETE FROM imports WHERE id = $1", args![import.id]).await?;
        let sql = "UPDATE imports SET position = position - 1 WHERE folder_id = $1 AND position > $2";
        self.run(sql, args![import.folder_id, import.position]).await?;
        Ok(())
    }
}
