//! Projects.

use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use uuid::Uuid;

use crate::engine::{FromRow, Row, args, select};
use crate::error::{StoreError, StoreResult};
use crate::members::{MemberRef, NewRole};
use crate::roles::NewRoleRef;
use crate::{Change, Store, Topic};

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
        id.map(|id| id.parse().map_err(|_| StoreError::corrupt("projects.id"))).transpose()
    }
}

/// What a new project is made of.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    /// The organization.
    pub org: OrgId,
    /// Display name.
    pub name: &'a str,
    /// Unique in the organization.
    pub slug: &'a str,
    /// Free text.
    pub description: &'a str,
    /// `secret-manager` and others.
    pub kind: &'a str,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Who makes it, and becomes its first member, with the role `admin`.
    pub creator: MemberRef,
}

impl Store {
    /// The projects of an organization that somebody is a member of, by name; at most 5000.
    pub async fn projects_of_member(
        &self,
        org: OrgId,
        member: MemberRef,
        kind: Option<&str>,
    ) -> StoreResult<Vec<Project>> {
        let rest = "FROM projects p WHERE p.org_id = $1 AND ($4 = '' OR p.type = $4) \
                    AND p.id IN (SELECT m.project_id FROM project_memberships m \
                                 WHERE m.identity_id = $2 OR m.user_id = $3 OR m.group_id IN \
                                 (SELECT gm.group_id FROM group_members gm WHERE gm.identity_id = $2 OR gm.user_id = $3)) \
                    ORDER BY p.name, p.id LIMIT 5000";
        let values = args![org, member.identity(), member.user(), kind.unwrap_or_default()];
        self.pools().all(select(PROJECT_COLUMNS, rest), values).await
    }
}

impl Change {
    /// Makes a project without environments. `data_key` makes the sealed data key for its id.
    pub async fn insert_project(
        &mut self,
        new: &NewProject<'_>,
        data_key: impl FnOnce(ProjectId) -> Vec<u8> + Send,
    ) -> StoreResult<ProjectId> {
        let (id, at) = (ProjectId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO projects (id, org_id, name, slug, description, type, settings, has_delete_protection, \
                   data_key, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
        let settings = settings_text(&ProjectSettings::default())?;
        let values = args![
            id,
            new.org,
            new.name,
            new.slug,
            new.description,
            new.kind,
            settings,
            new.has_delete_protection,
            data_key(id),
            at
        ];
        self.run(sql, values).await?;
        let admin = NewRole { role: NewRoleRef::built_in("admin"), temporary: None };
        self.add_project_member(id, new.creator, &[admin]).await?;
        Ok(id)
    }

    /// Writes the name, slug, description, settings and delete protection of a project.
    pub async fn update_project(&mut self, project: &Project) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE projects SET name = $2, slug = $3, description = $4, settings = $5, \
                   has_delete_protection = $6, updated_at = $7 WHERE id = $1";
        let values = args![
            project.id,
            project.name.as_str(),
            project.slug.as_str(),
            project.description.as_str(),
            settings_text(&project.settings)?,
            project.has_delete_protection,
            at
        ];
        self.run(sql, values).await?;
        self.touch(project.id);
        Ok(())
    }

    /// Deletes a project with everything in it, and the identities that it manages.
    pub async fn delete_project(&mut self, project: &Project) -> StoreResult<()> {
        self.run("DELETE FROM identities WHERE project_id = $1", args![project.id]).await?;
        // Before the roles that the memberships refer to.
        self.run("DELETE FROM project_memberships WHERE project_id = $1", args![project.id]).await?;
        self.run("DELETE FROM projects WHERE id = $1", args![project.id]).await?;
        self.touch(project.id);
        self.touch(Topic::secrets(project.id));
        // For the identities that went with it, however many they are.
        self.touch(project.org_id);
        Ok(())
    }
}

fn settings_text(settings: &ProjectSettings) -> StoreResult<String> {
    serde_json::to_string(settings).map_err(|error| StoreError::Other(error.to_string()))
}
