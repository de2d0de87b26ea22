//! Projects, in the three generations of their routes (`projects-and-roles.md` §2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{EnvironmentId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;
use crate::roles::ProjectRoleSummary;

/// Names a project by its id.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectPath {
    /// Which project.
    pub project_id: ProjectId,
}

/// Names a project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectSlugPath {
    /// Slug of the project in the caller's organization.
    pub slug: String,
}

/// Makes a project; the caller becomes its first member, as `admin`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProject {
    /// Display name, 1–64 characters.
    pub project_name: String,
    /// 5–36 lower-case letters, digits and hyphens; made from the name if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Free text, at most 1000 characters.
    #[serde(default)]
    pub project_description: Option<String>,
    /// `secret-manager` if missing.
    #[serde(default, rename = "type", deserialize_with = "lenient::opt_text")]
    pub kind: Option<String>,
    /// Whether to make the environments `dev`, `staging` and `prod`; yes if missing.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub should_create_default_envs: Option<bool>,
    /// Refuses to be deleted while set.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub has_delete_protection: Option<bool>,
}

/// Lists the caller's projects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListProjects {
    /// Whether each project names the roles that it offers.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub include_roles: Option<bool>,
    /// Only projects of this type; `all` for every type.
    #[serde(rename = "type", deserialize_with = "lenient::opt_text")]
    pub kind: Option<String>,
}

/// Changes a project; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProject {
    /// Which project.
    pub project_id: ProjectId,
    /// Display name, 1–64 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Free text, at most 1000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// 1–64 lower-case letters, digits and hyphens.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Whether clients write new keys in upper case.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub auto_capitalization: Option<bool>,
    /// Refuses to be deleted while set.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub has_delete_protection: Option<bool>,
    /// Whether secrets may be shared by link.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub secret_sharing: Option<bool>,
    /// Echoed for the official console.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub show_snapshots_legacy: Option<bool>,
    /// Values that leak detection ignores; at most 100 of 1–1000 characters.
    #[serde(default)]
    pub secret_detection_ignore_values: Option<Vec<String>>,
    /// How many versions of a secret are kept, 1–100.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub pit_version_limit: Option<i64>,
    /// Whether metadata of secrets must be encrypted.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub enforce_encrypted_secret_manager_secret_metadata: Option<bool>,
}

/// Changes a project that is named by its slug; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectBySlug {
    /// Slug of the project.
    pub slug: String,
    /// Display name, 1–64 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Free text, at most 1000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether clients write new keys in upper case.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub auto_capitalization: Option<bool>,
    /// Refuses to be deleted while set.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub has_delete_protection: Option<bool>,
}

/// Sets how long a project's audit events are kept.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAuditRetention {
    /// Which project.
    pub project_id: ProjectId,
    /// Days, 0 or more; 0 keeps them for ever.
    pub audit_logs_retention_days: i64,
}

/// The same, for a project that is named by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAuditRetentionBySlug {
    /// Slug of the project.
    pub slug: String,
    /// Days, 0 or more; 0 keeps them for ever.
    pub audit_logs_retention_days: i64,
}

/// A project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Id.
    pub id: ProjectId,
    /// The same id, under its older name.
    #[serde(rename = "_id")]
    pub legacy_id: ProjectId,
    /// Display name.
    pub name: String,
    /// Unique in the organization.
    pub slug: String,
    /// Free text.
    pub description: String,
    /// `secret-manager` and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// The organization.
    pub org_id: OrgId,
    /// Whether clients write new keys in upper case.
    pub auto_capitalization: bool,
    /// Always 3.
    pub version: i64,
    /// Always null.
    pub upgrade_status: Option<String>,
    /// How many versions of a secret are kept.
    pub pit_version_limit: i64,
    /// Always null.
    pub kms_certificate_key_id: Option<String>,
    /// Always null.
    pub kms_secret_manager_key_id: Option<String>,
    /// Days that audit events are kept; null or 0: for ever.
    pub audit_logs_retention_days: Option<i64>,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Whether secrets may be shared by link.
    pub secret_sharing: bool,
    /// Echoed for the official console.
    pub show_snapshots_legacy: bool,
    /// Values that leak detection ignores.
    pub secret_detection_ignore_values: Vec<String>,
    /// Whether metadata of secrets must be encrypted.
    pub enforce_encrypted_secret_manager_secret_metadata: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Environments in order.
    pub environments: Vec<EnvironmentSummary>,
    /// The roles that the project offers; only when a list was asked to include them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<ProjectRoleSummary>>,
}

/// An environment in short.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct EnvironmentSummary {
    /// Id.
    pub id: EnvironmentId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
}

/// A project in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectReply {
    /// The project.
    pub project: Project,
}

/// A project in its older envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct WorkspaceReply {
    /// The project.
    pub workspace: Project,
}

/// A list of projects.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectList {
    /// The projects, by name.
    pub projects: Vec<Project>,
}

/// A list of projects in its older envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct WorkspaceList {
    /// The projects, by name.
    pub workspaces: Vec<Project>,
}

/// A project, with a sentence.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectMessageReply {
    /// What was done.
    pub message: String,
    /// The project.
    pub project: Project,
}

/// A project in its older envelope, with a sentence.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct WorkspaceMessageReply {
    /// What was done.
    pub message: String,
    /// The project.
    pub workspace: Project,
}
