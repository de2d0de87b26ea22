//! Tags that a project's secrets carry.

use uuid::Uuid;
use vouchsafe_domain::id::{ProjectId, TagId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args, select};
use crate::error::StoreResult;
use crate::{Change, Store, Topic};

/// A tag of a project.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Id.
    pub id: TagId,
    /// The project.
    pub project_id: ProjectId,
    /// Unique in the project.
    pub slug: String,
    /// A colour for people.
    pub color: String,
    /// Id of the user or identity that made it.
    pub created_by: String,
    /// `user` or `identity`.
    pub created_by_type: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

const COLUMNS: &str =
    "t.id, t.project_id, t.slug, t.color, t.created_by, t.created_by_type, t.created_at, t.updated_at";

impl FromRow for Tag {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            project_id: row.parsed("project_id")?,
            slug: row.text("slug")?,
            color: row.text("color")?,
            created_by: row.text("created_by")?,
            created_by_type: row.text("created_by_type")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The tags of a project by slug; at most 10,000.
    pub async fn tags(&self, project: ProjectId) -> StoreResult<Vec<Tag>> {
        let rest = "FROM tags t WHERE t.project_id = $1 ORDER BY t.slug LIMIT 10000";
        self.pools().all(select(COLUMNS, rest), args![project]).await
    }

    /// A tag of a project.
    pub async fn tag(&self, project: ProjectId, id: TagId) -> StoreResult<Option<Tag>> {
        let rest = "FROM tags t WHERE t.project_id = $1 AND t.id = $2";
        self.pools().one(select(COLUMNS, rest), args![project, id]).await
    }

    /// A tag of a project by its slug.
    pub async fn tag_by_slug(&self, project: ProjectId, slug: &str) -> StoreResult<Option<Tag>> {
        let rest = "FROM tags t WHERE t.project_id = $1 AND t.slug = $2";
        self.pools().one(select(COLUMNS, rest), args![project, slug]).await
    }
}

impl Change {
    /// Makes a tag.
    pub async fn insert_tag(&mut self, project: ProjectId, slug: &str, color: &str) -> StoreResult<TagId> {
        let (id, at) = (TagId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO tags (id, project_id, slug, color, created_by, created_by_type, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
        let values = args![id, project, slug, color, self.author().id.as_str(), self.author().kind, at];
        self.run(sql, values).await?;
        self.touch(Topic::secrets(project));
        Ok(id)
    }

    /// Changes a tag.
    pub async fn update_tag(&mut self, tag: &Tag, slug: &str, color: &str) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE tags SET slug = $2, color = $3, updated_at = $4 WHERE id = $1";
        self.run(sql, args![tag.id, slug, color, at]).await?;
        self.touch(Topic::secrets(tag.project_id));
        Ok(())
    }

    /// Deletes a tag and takes it off all secrets.
    pub async fn delete_tag(&mut self, tag: &Tag) -> StoreResult<()> {
        self.run("DELETE FROM tags WHERE id = $1", args![tag.id]).await?;
        self.touch(Topic::secrets(tag.project_id));
        Ok(())
    }
}
