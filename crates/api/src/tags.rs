//! Tags of secrets (`secrets.md` §8).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{ProjectId, TagId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Names a tag of a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which tag.
    pub tag_id: TagId,
}

/// Names a tag of a project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagSlugPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Slug of the tag.
    pub slug: String,
}

/// Makes a tag.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateTag {
    /// Which project.
    pub project_id: ProjectId,
    /// 1–64 lower-case letters, digits and hyphens; unique in the project.
    pub slug: String,
    /// A colour for people, at most 64 characters; may be empty.
    #[serde(default)]
    pub color: Option<String>,
}

/// Changes a tag; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTag {
    /// Which project.
    pub project_id: ProjectId,
    /// Which tag.
    pub tag_id: TagId,
    /// 1–64 lower-case letters, digits and hyphens; unique in the project.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// A colour for people, at most 64 characters; may be empty.
    #[serde(default)]
    pub color: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// Id.
    pub id: TagId,
    /// Unique in the project.
    pub slug: String,
    /// The same as the slug, for older clients.
    pub name: String,
    /// A colour for people.
    pub color: String,
    /// The project.
    pub project_id: ProjectId,
    /// Id of the user or identity that made it.
    pub created_by: String,
    /// `user` or `identity`.
    pub created_by_actor_type: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A tag in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct TagReply {
    /// The tag.
    pub tag: Tag,
}

/// A tag in its older envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceTagReply {
    /// The tag.
    pub workspace_tag: Tag,
}

/// The tags of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct TagList {
    /// The tags, by slug.
    pub tags: Vec<Tag>,
}

/// The tags of a project in their older envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceTagList {
    /// The tags, by slug.
    pub workspace_tags: Vec<Tag>,
}
