//! What somebody holds: all roles, direct and through groups, and all additional privileges, in the
//! order in which their rules are read.

use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{FromRow, Row, args};
use crate::error::{StoreError, StoreResult};
use crate::members::{MemberRef, TemporaryRole};

/// One list of rules that somebody holds.
#[derive(Clone, Debug)]
pub struct HeldGrant {
    /// Through what.
    pub through: Through,
    /// Slug of a built-in role; none if the rules are given.
    pub built_in: Option<String>,
    /// The rules of a custom role or privilege as JSON, with its slug.
    pub custom: Option<CustomRules>,
    /// From when and until when, if not for good.
    pub window: Option<(Timestamp, Timestamp)>,
}

/// Through what somebody holds rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Through {
    /// A role of its own.
    Role,
    /// A role of the group with this slug.
    Group(String),
    /// An additional privilege.
    Privilege,
}

/// Rules that are not those of a built-in role.
#[derive(Clone, Debug)]
pub struct CustomRules {
    /// Slug of the role or privilege.
    pub slug: String,
    /// The rules, a JSON array.
    pub permissions: String,
}

/// What somebody holds in a project.
#[derive(Clone, Debug, Default)]
pub struct ProjectGrants {
    /// Whether there is a membership, direct or through a group.
    pub is_member: bool,
    /// The direct membership.
    pub membership: Option<MembershipId>,
    /// The grants in order.
    pub grants: Vec<HeldGrant>,
}

/// More lists of rules than this nobody holds; what is not read completely is not decided upon.
const MOST_GRANTS: usize = 20_000;

struct RoleRow(Option<MembershipId>, Option<HeldGrant>);

impl FromRow for RoleRow {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let group = row.opt_text("group_slug")?;
        let direct = if group.is_none() { row.opt_parsed("membership_id")? } else { None };
        let Some(role) = row.opt_text("role")? else { return Ok(Self(direct, None)) };
        let custom = match (row.opt_text("custom_slug")?, row.opt_text("permissions")?) {
            (Some(slug), Some(permissions)) => Some(CustomRules { slug, permissions }),
            _ => None,
        };
        let grant = HeldGrant {
            through: group.map_or(Through::Role, Through::Group),
            built_in: custom.is_none().then_some(role),
            custom,
            window: window(row)?,
        };
        Ok(Self(direct, Some(grant)))
    }
}

fn window(row: &Row) -> StoreResult<Option<(Timestamp, Timestamp)>> {
    Ok(TemporaryRole::of_row(row)?.map(|window| (window.starts_at, window.ends_at)))
}

struct PrivilegeRow(HeldGrant);

impl FromRow for PrivilegeRow {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let custom = CustomRules { slug: row.text("slug")?, permissions: row.text("permissions")? };
        Ok(Self(HeldGrant {
            through: Through::Privilege,
            built_in: None,
            custom: Some(custom),
            window: window(row)?,
        }))
    }
}

impl Store {
    /// What somebody holds in an organization.
    pub async fn org_grants(&self, org: OrgId, member: MemberRef) -> StoreResult<Vec<HeldGrant>> {
        let sql = "SELECT m.id AS membership_id, NULL AS group_slug, m.role, cr.slug AS custom_slug, cr.permissions, \
                   NULL AS temporary_range, NULL AS starts_at, NULL AS ends_at \
                   FROM org_memberships m LEFT JOIN roles cr ON cr.id = m.role_id \
                   WHERE m.org_id = $1 AND (m.identity_id = $2 OR m.user_id = $3)";
        let values = args![org, member.identity(), member.user()];
        let mut found: Vec<RoleRow> = self.pools().all(sql, values).await?;
        let sql = "SELECT NULL AS membership_id, g.slug AS group_slug, g.role, cr.slug AS custom_slug, cr.permissions, \
                   NULL AS temporary_range, NULL AS starts_at, NULL AS ends_at \
                   FROM groups g LEFT JOIN roles cr ON cr.id = g.role_id WHERE g.org_id = $1 AND (g.id = $4 \
                   OR g.id IN (SELECT gm.group_id FROM group_members gm WHERE gm.identity_id = $2 OR gm.user_id = $3)) \
                   ORDER BY g.id LIMIT 20000";
        let values = args![org, member.identity(), member.user(), member.group()];
        found.extend(self.pools().all::<RoleRow>(sql, values).await?);
        complete(found.into_iter().filter_map(|RoleRow(_, grant)| grant).collect())
    }

    /// What somebody holds in a project.
    pub async fn project_grants(&self, project: ProjectId, member: MemberRef) -> StoreResult<ProjectGrants> {
        let sql = "SELECT pm.id AS membership_id, g.slug AS group_slug, r.role, cr.slug AS custom_slug, \
                   cr.permissions, r.temporary_range, r.starts_at, r.ends_at \
                   FROM project_memberships pm LEFT JOIN groups g ON g.id = pm.group_id \
                   LEFT JOIN project_membership_roles r ON r.membership_id = pm.id \
                   LEFT JOIN roles cr ON cr.id = r.role_id \
                   WHERE pm.project_id = $1 AND (pm.identity_id = $2 OR pm.user_id = $3 OR pm.group_id = $4 \
                   OR pm.group_id IN (SELECT gm.group_id FROM group_members gm \
                                      WHERE gm.identity_id = $2 OR gm.user_id = $3)) \
                   ORDER BY CASE WHEN pm.group_id IS NULL THEN 0 ELSE 1 END, pm.id, r.position LIMIT 20000";
        let values = args![project, member.identity(), member.user(), member.group()];
        let found: Vec<RoleRow> = self.pools().all(sql, values).await?;
        let mut held = ProjectGrants { is_member: !found.is_empty(), ..ProjectGrants::default() };
        for RoleRow(direct, grant) in found {
            held.membership = held.membership.or(direct);
            held.grants.extend(grant);
        }
        if let Some(membership) = held.membership {
            let sql = "SELECT slug, permissions, temporary_range, starts_at, ends_at FROM privileges \
                       WHERE membership_id = $1 ORDER BY id LIMIT 20000";
            let privileges: Vec<PrivilegeRow> = self.pools().all(sql, args![membership]).await?;
            held.grants.extend(privileges.into_iter().map(|PrivilegeRow(grant)| grant));
        }
        held.grants = complete(held.grants)?;
        Ok(held)
    }

    /// The projects of an organization in which somebody holds something, direct or through groups.
    pub async fn projects_held_by(&self, org: OrgId, member: MemberRef) -> StoreResult<Vec<ProjectId>> {
        let sql = "SELECT p.id AS t FROM projects p WHERE p.org_id = $4 AND p.id IN ( \
                   SELECT pm.project_id FROM project_memberships pm \
                   WHERE pm.identity_id = $1 OR pm.user_id = $2 OR pm.group_id = $3 \
                   OR pm.group_id IN (SELECT gm.group_id FROM group_members gm \
                                      WHERE gm.identity_id = $1 OR gm.user_id = $2)) ORDER BY p.id LIMIT 20000";
        let values = args![member.identity(), member.user(), member.group(), org];
        let found: Vec<String> = self.pools().all(sql, values).await?;
        let found = complete(found)?;
        found.iter().map(|id| id.parse().map_err(|_| StoreError::corrupt("project_id"))).collect()
    }

    /// The keys and values that templates in rules may name for an identity.
    pub async fn template_metadata(&self, id: IdentityId) -> StoreResult<Vec<(String, String)>> {
        let found = self.identity_metadata(id).await?;
        Ok(found.into_iter().map(|entry| (entry.key, entry.value)).collect())
    }
}

fn complete<T>(found: Vec<T>) -> StoreResult<Vec<T>> {
    if found.len() < MOST_GRANTS {
        return Ok(found);
    }
    Err(StoreError::Other("somebody holds more roles than can be decided upon".to_owned()))
}
