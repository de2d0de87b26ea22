//! Environments of projects, each with its root folder.

use uuid::Uuid;
use vouchsafe_domain::id::{EnvironmentId, FolderId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args, select};
use crate::error::StoreResult;
use crate::members::MemberRef;
use crate::{Change, Store, Topic};

/// An environment of a project.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Id.
    pub id: EnvironmentId,
    /// The project.
    pub project_id: ProjectId,
    /// Display name.
    pub name: String,
    /// Unique in the project.
    pub slug: String,
    /// Place in the order of the project's environments, from 1; places may be left out.
    pub position: i64,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "e.id, e.project_id, e.name, e.slug, e.position, e.created_at, e.updated_at";

impl FromRow for Environment {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            project_id: row.parsed("project_id")?,
            name: row.text("name")?,
            slug: row.text("slug")?,
            position: row.int("position")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The environments of a project, in order; at most 1000.
    pub async fn environments(&self, project: ProjectId) -> StoreResult<Vec<Environment>> {
        let rest = "FROM environments e WHERE e.project_id = $1 ORDER BY e.position, e.id LIMIT 1000";
        self.pools().all(select(COLUMNS, rest), args![project]).await
    }

    /// The environments of all projects that somebody is a member of, in order; at most 50,000.
    pub async fn environments_of_member(&self, member: MemberRef) -> StoreResult<Vec<Environment>> {
        let rest = "FROM environments e WHERE e.project_id IN (SELECT m.project_id FROM project_memberships m \
                    WHERE m.identity_id = $1 OR m.user_id = $2 OR m.group_id IN \
                    (SELECT gm.group_id FROM group_members gm WHERE gm.identity_id = $1 OR gm.user_id = $2)) \
                    ORDER BY e.project_id, e.position, e.id LIMIT 50000";
        self.pools().all(select(COLUMNS, rest), args![member.identity(), member.user()]).await
    }

    /// An environment by id, of whichever project.
    pub async fn environment(&self, id: EnvironmentId) -> StoreResult<Option<Environment>> {
        self.pools().one(select(COLUMNS, "FROM environments e WHERE e.id = $1"), args![id]).await
    }

    /// An environment of a project by its slug.
    pub async fn environment_by_slug(
        &self,
        project: ProjectId,
        slug: &str,
    ) -> StoreResult<Option<Environment>> {
        let rest = "FROM environments e WHERE e.project_id = $1 AND e.slug = $2";
        self.pools().one(select(COLUMNS, rest), args![project, slug]).await
    }
}

impl Change {
    /// Makes an environment with its root folder. At a position that is taken, the others move up;
    /// without one it comes last.
    pub async fn insert_environment(
        &mut self,
        project: ProjectId,
        name: &str,
        slug: &str,
        position: Option<i64>,
    ) -> StoreResult<EnvironmentId> {
        self.serialize_project(project).await?;
        let (id, at) = (EnvironmentId::from_uuid(Uuid::now_v7()), self.at());
        let position = match position {
            Some(position) => {
                self.make_room(project, position).await?;
                position
            }
            None => self.last_position(project).await? + 1,
        };
        let sql = "INSERT INTO environments (id, project_id, name, slug, position, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $6)";
        self.run(sql, args![id, project, name, slug, position, at]).await?;
        let sql = "INSERT INTO folders (id, environment_id, name, path, version, created_at, updated_at) \
                   VALUES ($1, $2, 'root', '/', 1, $3, $3)";
        self.run(sql, args![FolderId::from_uuid(Uuid::now_v7()), id, at]).await?;
        self.touch(Topic::secrets(project));
        Ok(id)
    }

    /// Changes an environment; those between its old and its new position move by one.
    pub async fn update_environment(
        &mut self,
        environment: &Environment,
        name: &str,
        slug: &str,
        position: Option<i64>,
    ) -> StoreResult<()> {
        let (project, at) = (environment.project_id, self.at());
        self.serialize_project(project).await?;
        // Read again behind the lock: another change may have moved it.
        let sql = "SELECT position AS n FROM environments WHERE id = $1";
        let from: i64 = self.one(sql, args![environment.id]).await?.unwrap_or(environment.position);
        let to = position.unwrap_or(from);
        let sql = "UPDATE environments SET position = position - 1 \
                   WHERE project_id = $1 AND position > $2 AND position <= $3";
        self.run(sql, args![project, from, to]).await?;
        let sql = "UPDATE environments SET position = position + 1 \
                   WHERE project_id = $1 AND position >= $2 AND position < $3";
        self.run(sql, args![project, to, from]).await?;
        let sql =
            "UPDATE environments SET name = $2, slug = $3, position = $4, updated_at = $5 WHERE id = $1";
        self.run(sql, args![environment.id, name, slug, to, at]).await?;
        self.touch(Topic::secrets(project));
        Ok(())
    }

    /// Deletes an environment with its folders and secrets; those behind it move down.
    pub async fn delete_environment(&mut self, environment: &Environment) -> StoreResult<()> {
        let project = environment.project_id;
        self.serialize_project(project).await?;
        let sql = "UPDATE environments SET position = position - 1 WHERE project_id = $1 \
                   AND position > (SELECT gone.position FROM environments gone WHERE gone.id = $2)";
        self.run(sql, args![project, environment.id]).await?;
        self.run("DELETE FROM environments WHERE id = $1", args![environment.id]).await?;
        self.touch(Topic::secrets(project));
        Ok(())
    }

    async fn make_room(&mut self, project: ProjectId, position: i64) -> StoreResult<()> {
        let sql = "UPDATE environments SET position = position + 1 WHERE project_id = $1 AND position >= $2 \
                   AND EXISTS (SELECT 1 FROM environments taken WHERE taken.project_id = $1 AND taken.position = $2)";
        self.run(sql, args![project, position]).await?;
        Ok(())
    }

    async fn last_position(&mut self, project: ProjectId) -> StoreResult<i64> {
        let sql = "SELECT COALESCE(MAX(position), 0) AS n FROM environments WHERE project_id = $1";
        Ok(self.one(sql, args![project]).await?.unwrap_or(0))
    }
}
