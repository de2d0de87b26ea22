//! Projects.

use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{FromRow, Row, args, select};
use crate::error::StoreResult;

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Id.
    pub id: ProjectId,
    /// The organization it belongs to.
    pub org_id: OrgId,
    /// Display name.
    pub name: String,
    /// Unique in the organization.
    pub slug: String,
    /// Free text.
    pub description: String,
    /// `secret-manager` and others.
    pub kind: String,
    /// Switches that clients set and read.
    pub settings: ProjectSettings,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// The data key of the project's secrets, sealed under the root key.
    pub data_key: Vec<u8>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// Switches of a project; stored as JSON, missing ones take their defaults.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProjectSettings {
    /// Whether new keys are written in upper case by clients.
    pub auto_capitalization: bool,
    /// How many versions of a secret are kept, 1–100.
    pub pit_version_limit: i64,
    /// How long audit events are kept, days; 0: for ever.
    pub audit_logs_retention_days: Option<i64>,
    /// Whether secrets may be shared by link.
    pub secret_sharing: bool,
    /// Echoed for the official console.
    pub show_snapshots_legacy: bool,
    /// Values that leak detection ignores.
    pub secret_detection_ignore_values: Vec<String>,
    /// Whether metadata of secrets must be encrypted.
    pub enforce_encrypted_secret_manager_secret_metadata: bool,
}

impl Default for ProjectSettings {
    fn default() -> Self {
        Self {
            auto_capitalization: false,
            pit_version_limit: 10,
            audit_logs_retention_days: None,
            secret_sharing: true,
            show_snapshots_legacy: false,
            secret_detection_ignore_values: Vec::new(),
            enforce_encrypted_secret_manager_secret_metadata: false,
        }
    }
}

pub(crate) const PROJECT_COLUMNS: &str = "p.id, p.org_id, p.name, p.slug, p.description, p.type, p.settings, \
                                          p.has_delete_protection, p.data_key, p.created_at, p.updated_at";

impl FromRow for Project {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            org_id: row.parsed("org_id")?,
            name: row.text("name")?,
            slug: row.text("slug")?,
            description: row.text("description")?,
            kind: row.text("type")?,
            settings: row.json("settings")?,
            has_delete_protection: row.flag("has_delete_protection")?,
            data_key: row.bytes("data_key")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// A project by id, of whichever organization.
    pub async fn project(&self, id: ProjectId) -> StoreResult<Option<Project>> {
        let sql = select(PROJECT_COLUMNS, "FROM projects p WHERE p.id = $1");
        self.pools().one(sql, args![id]).await
    }

    /// The id of an organization's project by its slug.
    pub async fn project_id_by_slug(&self, org: OrgId, slug: &str) -> StoreResult<Option<ProjectId>> {
        let sql = "SELECT id AS t FROM projects WHERE org_id = $1 AND slug = $2";
        let id: Option<String> = self.pools().one(sql, args![org, slug]).await?;
        id.map(|id| id.parse().map_err(|_| crate::StoreError::corrupt("projects.id"))).transpose()
    }
}
