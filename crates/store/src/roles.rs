//! Custom roles, of organizations and of projects.

use serde_json::Value;
use uuid::Uuid;
use vouchsafe_domain::id::{OrgId, ProjectId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, Sql, args};
use crate::error::{StoreError, StoreResult};
use crate::{Change, Store};

/// The slug that memberships show for every custom role.
pub const CUSTOM: &str = "custom";

/// More custom roles than this no organization and no project has.
pub const MOST_ROLES: usize = 500;

/// What a role belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RoleScope {
    /// An organization.
    Organization(OrgId),
    /// A project of an organization.
    Project(OrgId, ProjectId),
}

impl RoleScope {
    /// The organization.
    pub fn org(self) -> OrgId {
        match self {
            Self::Organization(org) | Self::Project(org, _) => org,
        }
    }

    /// The project, if it is one.
    pub fn project(self) -> Option<ProjectId> {
        match self {
            Self::Organization(_) => None,
            Self::Project(_, project) => Some(project),
        }
    }

    fn id(self) -> String {
        match self {
            Self::Organization(org) => org.to_string(),
            Self::Project(_, project) => project.to_string(),
        }
    }
}

/// A custom role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Id.
    pub id: RoleId,
    /// What it belongs to.
    pub scope: RoleScope,
    /// Unique in its scope.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its rules as they go over the wire.
    pub permissions: Vec<Value>,
    /// Raised by each change.
    pub version: i64,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A custom role, as memberships show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomRole {
    /// Id.
    pub id: RoleId,
    /// Slug.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A role to give: a built-in one by its slug, or a custom one as it was when that was decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewRoleRef {
    slug: String,
    custom: Option<(RoleId, Option<i64>)>,
}

impl NewRoleRef {
    /// A built-in role.
    pub fn built_in(slug: &str) -> Self {
        Self { slug: slug.to_owned(), custom: None }
    }

    /// The slug that is stored: `custom` for a custom role.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The id of a custom role.
    pub fn id(&self) -> Option<RoleId> {
        self.custom.map(|(id, _)| id)
    }
}

impl Role {
    /// The role, to be given. If its rules change before that, it is not.
    pub fn to_give(&self) -> NewRoleRef {
        NewRoleRef { slug: CUSTOM.to_owned(), custom: Some((self.id, Some(self.version))) }
    }
}

impl CustomRole {
    /// The role that somebody has and keeps, whatever its rules are.
    pub fn unchanged(&self) -> NewRoleRef {
        NewRoleRef { slug: CUSTOM.to_owned(), custom: Some((self.id, None)) }
    }

    /// Reads the columns `custom_id` and so on of a left join.
    pub(crate) fn of_row(row: &Row) -> StoreResult<Option<Self>> {
        let Some(id) = row.opt_parsed("custom_id")? else { return Ok(None) };
        Ok(Some(Self {
            id,
            slug: row.text("custom_slug")?,
            name: row.text("custom_name")?,
            description: row.opt_text("custom_description")?,
        }))
    }
}

impl FromRow for Role {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let org = row.parsed("org_id")?;
        let project: Option<ProjectId> = row.opt_parsed("project_id")?;
        Ok(Self {
            id: row.parsed("id")?,
            scope: project.map_or(RoleScope::Organization(org), |project| RoleScope::Project(org, project)),
            slug: row.text("slug")?,
            name: row.text("name")?,
            description: row.opt_text("description")?,
            permissions: row.json("permissions")?,
            version: row.int("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

const COLUMNS: &str =
    "id, org_id, project_id, slug, name, description, permissions, version, created_at, updated_at";

/// How many members have a role.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Assignments {
    /// Users.
    pub users: i64,
    /// Identities.
    pub identities: i64,
    /// Groups.
    pub groups: i64,
}

impl FromRow for Assignments {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { users: row.int("users")?, identities: row.int("identities")?, groups: row.int("groups")? })
    }
}

impl Store {
    /// The custom roles of an organization or project, by slug.
    pub async fn custom_roles(&self, scope: RoleScope) -> StoreResult<Vec<Role>> {
        let sql =
            Sql::Built(format!("SELECT {COLUMNS} FROM roles WHERE scope_id = $1 ORDER BY slug LIMIT 1000"));
        self.pools().all(sql, args![scope.id()]).await
    }

    /// A custom role by its slug.
    pub async fn custom_role_by_slug(&self, scope: RoleScope, slug: &str) -> StoreResult<Option<Role>> {
        let sql = Sql::Built(format!("SELECT {COLUMNS} FROM roles WHERE scope_id = $1 AND slug = $2"));
        self.pools().one(sql, args![scope.id(), slug]).await
    }

    /// A custom role by its id, at whichever level of an organization.
    pub async fn custom_role(&self, org: OrgId, id: RoleId) -> StoreResult<Option<Role>> {
        let sql = Sql::Built(format!("SELECT {COLUMNS} FROM roles WHERE org_id = $1 AND id = $2"));
        self.pools().one(sql, args![org, id]).await
    }
}

/// What a custom role is made of.
#[derive(Clone, Debug)]
pub struct RoleParts<'a> {
    /// Unique in its scope.
    pub slug: &'a str,
    /// Display name.
    pub name: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// Its rules as they go over the wire.
    pub permissions: &'a [Value],
}

impl RoleParts<'_> {
    fn rules(&self) -> StoreResult<String> {
        serde_json::to_string(self.permissions).map_err(|error| StoreError::Other(error.to_string()))
    }
}

impl Change {
    /// Makes a custom role.
    pub async fn insert_role(&mut self, scope: RoleScope, parts: &RoleParts<'_>) -> StoreResult<RoleId> {
        let (id, at) = (RoleId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO roles (id, org_id, project_id, scope_id, slug, name, description, permissions, \
                   version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)";
        let values = args![
            id,
            scope.org(),
            scope.project(),
            scope.id(),
            parts.slug,
            parts.name,
            parts.description,
            parts.rules()?,
            at
        ];
        self.run(sql, values).await?;
        Ok(id)
    }

    /// Changes a custom role. False if it is no longer what `role` says: who decided on that must
    /// decide again.
    pub async fn update_role(&mut self, role: &Role, parts: &RoleParts<'_>) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE roles SET slug = $2, name = $3, description = $4, permissions = $5, updated_at = $6, \
                   version = version + 1 WHERE id = $1 AND version = $7";
        let values =
            args![role.id, parts.slug, parts.name, parts.description, parts.rules()?, at, role.version];
        self.touch_scope(role.scope);
        if self.run(sql, values).await? == 0 {
            return Ok(false);
        }
        if parts.slug != role.slug {
            let sql = "UPDATE identities SET role_slug = $2 \
                       WHERE id IN (SELECT identity_id FROM org_memberships WHERE role_id = $1)";
            self.run(sql, args![role.id, parts.slug]).await?;
        }
        Ok(true)
    }

    /// Deletes a custom role. False if it is no longer what `role` says. See [`Change::assignments`]:
    /// a role that somebody has cannot be deleted.
    pub async fn delete_role(&mut self, role: &Role) -> StoreResult<bool> {
        self.touch_scope(role.scope);
        let sql = "DELETE FROM roles WHERE id = $1 AND version = $2";
        Ok(self.run(sql, args![role.id, role.version]).await? > 0)
    }

    /// How many members have a role.
    pub async fn assignments(&mut self, role: RoleId) -> StoreResult<Assignments> {
        let sql = "SELECT \
            (SELECT COUNT(*) FROM org_memberships WHERE role_id = $1 AND user_id IS NOT NULL) + \
            (SELECT COUNT(*) FROM project_membership_roles r JOIN project_memberships m ON m.id = r.membership_id \
             WHERE r.role_id = $1 AND m.user_id IS NOT NULL) AS users, \
            (SELECT COUNT(*) FROM org_memberships WHERE role_id = $1 AND identity_id IS NOT NULL) + \
            (SELECT COUNT(*) FROM project_membership_roles r JOIN project_memberships m ON m.id = r.membership_id \
             WHERE r.role_id = $1 AND m.identity_id IS NOT NULL) AS identities, \
            (SELECT COUNT(*) FROM groups WHERE role_id = $1) + \
            (SELECT COUNT(*) FROM project_membership_roles r JOIN project_memberships m ON m.id = r.membership_id \
             WHERE r.role_id = $1 AND m.group_id IS NOT NULL) AS groups";
        Ok(self.one(sql, args![role]).await?.unwrap_or_default())
    }

    /// Makes sure that a role to be given still is what it was when that was decided, and stays so
    /// until the commit.
    pub(crate) async fn confirm_role(&mut self, role: &NewRoleRef) -> StoreResult<()> {
        let Some((id, Some(decided))) = role.custom else { return Ok(()) };
        let lock = if self.is_postgres() { " FOR SHARE" } else { "" };
        let sql = Sql::Built(format!("SELECT version AS n FROM roles WHERE id = $1{lock}"));
        match self.one::<i64>(sql, args![id]).await? {
            Some(version) if version == decided => Ok(()),
            Some(_) => Err(StoreError::Collision),
            None => Err(StoreError::MissingReference),
        }
    }

    fn touch_scope(&mut self, scope: RoleScope) {
        match scope {
            RoleScope::Organization(org) => self.touch(org),
            RoleScope::Project(_, project) => self.touch(project),
        }
    }
}
