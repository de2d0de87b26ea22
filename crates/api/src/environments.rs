//! Environments of projects (`secrets.md` §7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{EnvironmentId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Names an environment of a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which environment.
    pub env_id: EnvironmentId,
}

/// Names an environment alone.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentIdPath {
    /// Which environment.
    pub env_id: EnvironmentId,
}

/// Names an environment of a project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSlugPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Slug of the environment.
    pub slug: String,
}

/// Makes an environment.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateEnvironment {
    /// Which project.
    pub project_id: ProjectId,
    /// Display name, 1–64 characters.
    pub name: String,
    /// 1–64 lower-case letters, digits and hyphens; unique in the project.
    pub slug: String,
    /// Place in the order, from 1; last if missing. Others move up for it.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub position: Option<i64>,
}

/// Changes an environment; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateEnvironment {
    /// Which project.
    pub project_id: ProjectId,
    /// Which environment.
    pub env_id: EnvironmentId,
    /// Display name, 1–64 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// 1–64 lower-case letters, digits and hyphens; unique in the project.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Place in the order, from 1.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub position: Option<i64>,
}

/// An environment.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Id.
    pub id: EnvironmentId,
    /// Display name.
    pub name: String,
    /// Unique in the project.
    pub slug: String,
    /// Place in the order, from 1.
    pub position: i64,
    /// The project.
    pub project_id: ProjectId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// An environment in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct EnvironmentReply {
    /// The environment.
    pub environment: Environment,
}

/// A changed environment.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedEnvironment {
    /// What was done.
    pub message: String,
    /// The project.
    pub project_id: ProjectId,
    /// The environment.
    pub environment: Environment,
}

/// A changed environment in its older envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ChangedWorkspaceEnvironment {
    /// What was done.
    pub message: String,
    /// Id of the project.
    pub workspace: ProjectId,
    /// The environment.
    pub environment: Environment,
}

impl From<ChangedEnvironment> for ChangedWorkspaceEnvironment {
    fn from(changed: ChangedEnvironment) -> Self {
        Self { message: changed.message, workspace: changed.project_id, environment: changed.environment }
    }
}
