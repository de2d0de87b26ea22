//! Organizations.

use uuid::Uuid;
use vouchsafe_domain::id::OrgId;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// An organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Id.
    pub id: OrgId,
    /// Display name.
    pub name: String,
    /// Unique on the instance.
    pub slug: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl FromRow for Organization {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            slug: row.text("slug")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// An organization.
    pub async fn organization(&self, id: OrgId) -> StoreResult<Option<Organization>> {
        let sql = "SELECT id, name, slug, created_at, updated_at FROM organizations WHERE id = $1";
        self.pools().one(sql, args![id]).await
    }
}

impl Change {
    /// Makes an organization.
    pub async fn insert_organization(&mut self, name: &str, slug: &str) -> StoreResult<OrgId> {
        let (id, at) = (OrgId::from_uuid(Uuid::now_v7()), self.at());
        let sql =
            "INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)";
        self.run(sql, args![id, name, slug, at]).await?;
        Ok(id)
    }

    /// Renames an organization.
    pub async fn update_organization(&mut self, id: OrgId, name: &str, slug: &str) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE organizations SET name = $2, slug = $3, updated_at = $4 WHERE id = $1";
        self.run(sql, args![id, name, slug, at]).await?;
        self.touch(id);
        Ok(())
    }
}
