//! Machine identities, their organization role and their metadata.

use std::collections::HashMap;

use uuid::Uuid;
use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{ANY_CASE, Arg, FromRow, Row, Sql, args, placeholders, select};
use crate::error::StoreResult;
use crate::expiring::expiring_identities;
use crate::lockouts::locked_identities;
use crate::roles::{CustomRole, NewRoleRef};
use crate::{Change, Store};

/// A machine identity with its membership in its organization.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Id.
    pub id: IdentityId,
    /// The organization it belongs to.
    pub org_id: OrgId,
    /// The project that manages it, if one does.
    pub project_id: Option<ProjectId>,
    /// Display name; need not be unique.
    pub name: String,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Whether it administers the instance.
    pub instance_admin: bool,
    /// Names of the attached auth methods.
    pub auth_methods: Vec<String>,
    /// Id of the membership in the organization.
    pub membership_id: MembershipId,
    /// Slug of the role in the organization; `custom` for a custom one.
    pub role: String,
    /// The custom role, if it is one.
    pub custom_role: Option<CustomRole>,
    /// Method of the last login.
    pub last_login_method: Option<String>,
    /// Time of the last login.
    pub last_login_at: Option<Timestamp>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// One key and value of an identity's metadata.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Id of the row.
    pub id: String,
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

pub(crate) const COLUMNS: &str = "i.id, i.org_id, i.project_id, i.name, i.has_delete_protection, i.instance_admin, \
                       i.last_login_method, i.last_login_at, i.created_at, i.updated_at, m.id AS membership_id, m.role, \
                       cr.id AS custom_id, cr.slug AS custom_slug, cr.name AS custom_name, \
                       cr.description AS custom_description, \
                       (SELECT string_agg(a.method, ',' ORDER BY a.created_at) FROM auth_methods a \
                        WHERE a.identity_id = i.id) AS methods";
pub(crate) const FROM: &str = "FROM identities i JOIN org_memberships m ON m.identity_id = i.id \
                               LEFT JOIN roles cr ON cr.id = m.role_id";

impl FromRow for Identity {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            org_id: row.parsed("org_id")?,
            project_id: row.opt_parsed("project_id")?,
            name: row.text("name")?,
            has_delete_protection: row.flag("has_delete_protection")?,
            instance_admin: row.flag("instance_admin")?,
            auth_methods: distinct(row.opt_text("methods")?.as_deref().unwrap_or_default()),
            membership_id: row.parsed("membership_id")?,
            role: row.text("role")?,
            custom_role: CustomRole::of_row(row)?,
            last_login_method: row.opt_text("last_login_method")?,
            last_login_at: row.opt_time("last_login_at")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl FromRow for Metadata {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { id: row.text("id")?, key: row.text("key")?, value: row.text("value")? })
    }
}

/// The kinds of methods; several sources are one kind.
fn distinct(methods: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for method in methods.split(',').filter(|method| !method.is_empty()) {
        if !found.iter().any(|known| known == method) {
            found.push(method.to_owned());
        }
    }
    found
}

struct MetadataOf(IdentityId, Metadata);

impl FromRow for MetadataOf {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.parsed("identity_id")?, Metadata::from_row(row)?))
    }
}

/// How a list of identities is ordered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum IdentityOrder {
    /// By name.
    #[default]
    Name,
    /// By organization role.
    Role,
    /// By last login; those that never logged in come last.
    LastLogin,
}

/// Who manages the identities of a list.
#[derive(Clone, Debug, Default)]
pub enum ManagedBy {
    /// The organization.
    #[default]
    Organization,
    /// One of these projects. The role that counts is the first one that the identity has there.
    Projects(Vec<ProjectId>),
    /// The organization, or one of these projects.
    Any(Vec<ProjectId>),
}

/// Which identities a list holds.
#[derive(Clone, Debug, Default)]
pub struct IdentityFilter {
    /// Any of these must hold, if there are any; within one, all must.
    pub any: Vec<IdentityMatch>,
    /// Who manages them.
    pub managed_by: ManagedBy,
    /// Only identities that hold no other organization roles than these, themselves or through groups.
    pub visible_roles: Option<VisibleRoles>,
    /// Only identities in this state.
    pub state: Option<InState>,
}

/// A state of an identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InState {
    /// A login of it is locked at this time.
    Locked(Timestamp),
    /// A client secret, or a token made by hand, ends within a span and can be used until then.
    Expiring {
        /// Begin of the span.
        from: Timestamp,
        /// Its end, which does not belong to it.
        until: Timestamp,
    },
    /// It has logged in, but not since this time.
    Idle(Timestamp),
    /// It never logged in.
    NeverLoggedIn,
}

/// Organization roles.
#[derive(Clone, Debug, Default)]
pub struct VisibleRoles {
    /// Slugs of built-in ones.
    pub built_in: Vec<String>,
    /// Ids of custom ones.
    pub custom: Vec<RoleId>,
}

/// Conditions on one identity.
#[derive(Clone, Debug, Default)]
pub struct IdentityMatch {
    /// The name is one of these.
    pub name_in: Option<Vec<String>>,
    /// The name contains this, whatever the case.
    pub name_contains: Option<String>,
    /// The role is one of these.
    pub role_in: Option<Vec<String>>,
    /// The role contains this.
    pub role_contains: Option<String>,
}

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many rows at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
    /// Whether the order is turned round.
    pub descending: bool,
}

impl Store {
    /// An identity of an organization.
    pub async fn identity(&self, org: OrgId, id: IdentityId) -> StoreResult<Option<Identity>> {
        let sql = Sql::Built(format!("SELECT {COLUMNS} {FROM} WHERE i.org_id = $1 AND i.id = $2"));
        self.pools().one(sql, args![org, id]).await
    }

    /// The metadata of an identity, in order.
    pub async fn identity_metadata(&self, id: IdentityId) -> StoreResult<Vec<Metadata>> {
        let sql = select(
            "id, key, value",
            "FROM identity_metadata WHERE identity_id = $1 ORDER BY position LIMIT 1000",
        );
        self.pools().all(sql, args![id]).await
    }

    /// The metadata of several identities, each in order.
    pub async fn metadata_of(&self, ids: &[IdentityId]) -> StoreResult<HashMap<IdentityId, Vec<Metadata>>> {
        let mut found: HashMap<IdentityId, Vec<Metadata>> = HashMap::new();
        for chunk in ids.chunks(500) {
            let sql = Sql::Rows(format!(
                "SELECT identity_id, id, key, value FROM identity_metadata WHERE identity_id IN {} \
                 ORDER BY identity_id, position LIMIT 50000",
                placeholders(1, chunk.len(), 1)
            ));
            let values = chunk.iter().map(|id| (*id).into()).collect();
            for MetadataOf(identity, entry) in self.pools().all(sql, values).await? {
                found.entry(identity).or_default().push(entry);
            }
        }
        Ok(found)
    }

    /// A page of an organization's identities, and how many there are in all.
    pub async fn identities(
        &self,
        org: OrgId,
        filter: &IdentityFilter,
        order: IdentityOrder,
        page: Page,
    ) -> StoreResult<(Vec<Identity>, i64)> {
        let (condition, values) = condition(org, filter);
        let order = ordered_by(order, page.descending, &filter.managed_by);
        self.listed_identities(&condition, values, &order, page).await
    }

    /// A page of the identities `i` for which the condition holds, and how many there are in all.
    pub(crate) async fn listed_identities(
        &self,
        condition: &str,
        mut values: Vec<Arg>,
        order: &str,
        page: Page,
    ) -> StoreResult<(Vec<Identity>, i64)> {
        let count = Sql::Built(format!("SELECT COUNT(*) AS n FROM identities i WHERE {condition}"));
        let count = self.pools().one(count, values.clone());
        let sql = Sql::Built(list(condition, order, values.len() + 1));
        values.extend(args![page.limit, page.offset]);
        // Each takes a connection of its own, so people wait for the longer of the two only.
        let (total, found) = tokio::try_join!(count, self.pools().all(sql, values))?;
        Ok((found, total.unwrap_or(0)))
    }
}

/// The query for a page; its limit and offset are the parameters from `next` on.
///
/// Which ones is found first, mostly in an index alone; the rest is read for the page's rows only.
fn list(condition: &str, order: &str, next: usize) -> String {
    format!(
        "SELECT {COLUMNS} {FROM} WHERE i.id IN (SELECT i.id FROM identities i WHERE {condition} \
         ORDER BY {order} LIMIT ${next} OFFSET ${}) ORDER BY {order}",
        next + 1
    )
}

fn ordered_by(order: IdentityOrder, descending: bool, managed_by: &ManagedBy) -> String {
    let direction = if descending { "DESC" } else { "ASC" };
    match order {
        IdentityOrder::Name => format!("i.name {direction}, i.id {direction}"),
        IdentityOrder::Role => format!("{} {direction}, i.name, i.id", role_of(managed_by)),
        IdentityOrder::LastLogin => format!("i.last_login_at {direction} NULLS LAST, i.name, i.id"),
    }
}

/// The filter as SQL with numbered parameters, and their values.
fn condition(org: OrgId, filter: &IdentityFilter) -> (String, Vec<Arg>) {
    let mut values = args![org];
    let mut sql = format!("i.org_id = $1 AND {}", managed_condition(&filter.managed_by, &mut values));
    let role = role_of(&filter.managed_by);
    if let Some(roles) = &filter.visible_roles {
        let own = shown_as_one_of(roles, &mut values);
        let of_group = group_has_one_of(roles, &mut values);
        let others = format!(
            "SELECT 1 FROM group_members gm JOIN groups g ON g.id = gm.group_id WHERE NOT {of_group}"
        );
        // Mostly no identity is in such a group, which is found out once and not for each.
        let any_other = format!("{others} AND g.org_id = $1 AND gm.identity_id IS NOT NULL");
        let other = format!("{others} AND gm.identity_id = i.id");
        let groups = format!("(NOT EXISTS ({any_other}) OR NOT EXISTS ({other}))");
        sql.extend([" AND ", &own, " AND ", &groups]);
    }
    let any: Vec<String> = filter.any.iter().map(|one| match_condition(one, role, &mut values)).collect();
    if !any.is_empty() {
        sql.push_str(" AND (");
        sql.push_str(&any.join(" OR "));
        sql.push(')');
    }
    if let Some(state) = filter.state {
        sql.push_str(" AND ");
        sql.push_str(&state_condition(state, &mut values));
    }
    (sql, values)
}

fn state_condition(state: InState, values: &mut Vec<Arg>) -> String {
    let next = values.len() + 1;
    match state {
        InState::Locked(now) => {
            values.push(now.into());
            format!("i.id IN ({})", locked_identities(next))
        }
        InState::Expiring { from, until } => {
            values.extend(args![from, until]);
            format!("i.id IN ({})", expiring_identities(next, next + 1))
        }
        InState::Idle(since) => {
            values.push(since.into());
            format!("i.last_login_at < ${next}")
        }
        InState::NeverLoggedIn => "i.last_login_at IS NULL".to_owned(),
    }
}

/// The own role is one of these. A custom role never has the slug of a built-in one.
fn shown_as_one_of(roles: &VisibleRoles, values: &mut Vec<Arg>) -> String {
    let built_in = listed("i.role_slug", roles.built_in.iter(), values);
    if roles.custom.is_empty() {
        return built_in;
    }
    let custom = listed("id", roles.custom.iter().copied(), values);
    format!("({built_in} OR i.role_slug IN (SELECT slug FROM roles WHERE scope_id = $1 AND {custom}))")
}

/// The role of the group is one of these.
fn group_has_one_of(roles: &VisibleRoles, values: &mut Vec<Arg>) -> String {
    let built_in = listed("g.role", roles.built_in.iter(), values);
    let custom = listed("g.role_id", roles.custom.iter().copied(), values);
    format!("((g.role_id IS NULL AND {built_in}) OR (g.role_id IS NOT NULL AND {custom}))")
}

fn managed_condition(managed_by: &ManagedBy, values: &mut Vec<Arg>) -> String {
    match managed_by {
        ManagedBy::Organization => "i.project_id IS NULL".to_owned(),
        ManagedBy::Projects(projects) => listed("i.project_id", projects.iter().copied(), values),
        ManagedBy::Any(projects) => {
            format!("(i.project_id IS NULL OR {})", listed("i.project_id", projects.iter().copied(), values))
        }
    }
}

/// The column with the role that counts.
fn role_of(managed_by: &ManagedBy) -> &'static str {
    match managed_by {
        ManagedBy::Organization => "i.role_slug",
        ManagedBy::Projects(_) | ManagedBy::Any(_) => {
            "COALESCE((SELECT COALESCE(pr.slug, r.role) FROM project_memberships pm JOIN project_membership_roles r \
             ON r.membership_id = pm.id LEFT JOIN roles pr ON pr.id = r.role_id \
             WHERE pm.project_id = i.project_id AND pm.identity_id = i.id \
             ORDER BY r.position LIMIT 1), i.role_slug)"
        }
    }
}

/// `column IN (…)`; never true for an empty list.
fn listed<T: Into<Arg>>(column: &str, list: impl Iterator<Item = T>, values: &mut Vec<Arg>) -> String {
    let first = values.len() + 1;
    values.extend(list.map(Into::into));
    match values.len() + 1 - first {
        0 => "1 = 0".to_owned(),
        count => format!("{column} IN {}", placeholders(1, count, first)),
    }
}

fn match_condition(one: &IdentityMatch, role: &str, values: &mut Vec<Arg>) -> String {
    let mut parts = vec!["1 = 1".to_owned()];
    for (column, list) in [("i.name", &one.name_in), (role, &one.role_in)] {
        if let Some(list) = list {
            parts.push(listed(column, list.iter(), values));
        }
    }
    if let Some(text) = &one.name_contains {
        values.push(contains_pattern(text).into());
        parts.push(is_named_like(values.len()));
    }
    if let Some(text) = &one.role_contains {
        values.push(contains_pattern(text).into());
        parts.push(contains(role, values.len()));
    }
    format!("({})", parts.join(" AND "))
}

/// That the name of an identity `i` contains the text whose [`contains_pattern`] is the parameter `number`, whatever the
/// case of ASCII letters.
pub(crate) fn is_named_like(number: usize) -> String {
    format!("i.name_folded LIKE ${number} ESCAPE '!'")
}

/// The name as searches compare it.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// That a column contains the text whose [`contains_pattern`] is the parameter `number`, whatever the case of ASCII
/// letters.
pub(crate) fn contains(column: &str, number: usize) -> String {
    format!("{ANY_CASE}({column}) LIKE ${number} ESCAPE '!'")
}

/// The pattern for [`contains`].
pub(crate) fn contains_pattern(text: &str) -> String {
    format!("%{}%", escape_like(&folded(text)))
}

/// Makes `%`, `_` and the escape character itself stand for themselves in a `LIKE` pattern.
pub(crate) fn escape_like(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// What a new identity is made of.
#[derive(Clone, Debug)]
pub struct NewIdentity<'a> {
    /// The organization.
    pub org: OrgId,
    /// The project that manages it, if one does.
    pub project: Option<ProjectId>,
    /// Display name.
    pub name: &'a str,
    /// Its organization role.
    pub role: NewRoleRef,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Whether it administers the instance.
    pub instance_admin: bool,
}

impl Change {
    /// Makes an identity and its membership in the organization.
    pub async fn insert_identity(&mut self, new: &NewIdentity<'_>) -> StoreResult<IdentityId> {
        let (id, at) = (IdentityId::from_uuid(Uuid::now_v7()), self.at());
        self.confirm_role(&new.role).await?;
        let sql = "INSERT INTO identities (id, org_id, project_id, name, has_delete_protection, instance_admin, \
                   token_epoch, created_at, updated_at, role_slug, name_folded) \
                   VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, COALESCE((SELECT slug FROM roles WHERE id = $9), $8), $10)";
        let values = args![
            id,
            new.org,
            new.project,
            new.name,
            new.has_delete_protection,
            new.instance_admin,
            at,
            new.role.slug(),
            new.role.id(),
            folded(new.name)
        ];
        self.run(sql, values).await?;
        let sql = "INSERT INTO org_memberships (id, org_id, identity_id, role, role_id, status, is_active, created_at, \
                   updated_at) VALUES ($1, $2, $3, $4, $5, 'accepted', 1, $6, $6)";
        let membership = MembershipId::from_uuid(Uuid::now_v7());
        self.run(sql, args![membership, new.org, id, new.role.slug(), new.role.id(), at]).await?;
        self.touch(id);
        Ok(id)
    }

    /// Changes the name and the delete protection.
    pub async fn update_identity(
        &mut self,
        id: IdentityId,
        name: &str,
        has_delete_protection: bool,
    ) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE identities SET name = $2, has_delete_protection = $3, updated_at = $4, name_folded = $5 \
                   WHERE id = $1";
        self.run(sql, args![id, name, has_delete_protection, at, folded(name)]).await?;
        self.touch(id);
        Ok(())
    }

    /// Gives an identity another role in its organization. False if it no longer has the role that
    /// `identity` says: who decided on that must decide again.
    pub async fn set_identity_org_role(
        &mut self,
        identity: &Identity,
        role: &NewRoleRef,
    ) -> StoreResult<bool> {
        let at = self.at();
        self.confirm_role(role).await?;
        let sql = "UPDATE org_memberships SET role = $2, role_id = $3, updated_at = $4 \
                   WHERE identity_id = $1 AND role = $5 AND COALESCE(role_id, '') = $6";
        let custom = identity.custom_role.as_ref().map(|role| role.id.to_string()).unwrap_or_default();
        let values = args![identity.id, role.slug(), role.id(), at, &identity.role, custom];
        self.touch(identity.id);
        if self.run(sql, values).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE identities SET role_slug = COALESCE((SELECT slug FROM roles WHERE id = $3), $2) WHERE id = $1";
        self.run(sql, args![identity.id, role.slug(), role.id()]).await?;
        Ok(true)
    }

    /// Replaces the metadata of an identity.
    pub async fn set_identity_metadata(
        &mut self,
        id: IdentityId,
        entries: &[(String, String)],
    ) -> StoreResult<()> {
        self.run("DELETE FROM identity_metadata WHERE identity_id = $1", args![id]).await?;
        let sql = "INSERT INTO identity_metadata (id, identity_id, key, value, position) VALUES ($1, $2, $3, $4, $5)";
        for (position, (key, value)) in (0_i64..).zip(entries) {
            self.run(sql, args![Uuid::now_v7().to_string(), id, key, value, position]).await?;
        }
        self.touch(id);
        Ok(())
    }

    /// Revokes every token of an identity that was issued until now.
    pub async fn raise_token_epoch(&mut self, id: IdentityId) -> StoreResult<()> {
        let at = self.at();
        let sql = "UPDATE identities SET token_epoch = token_epoch + 1, updated_at = $2 WHERE id = $1";
        self.run(sql, args![id, at]).await?;
        // The epoch refuses them; this shows it where tokens are listed.
        let sql =
            "UPDATE tokens SET is_revoked = 1, updated_at = $2 WHERE identity_id = $1 AND is_revoked = 0";
        self.run(sql, args![id, at]).await?;
        self.touch(id);
        Ok(())
    }

    /// Deletes an identity with everything that belongs to it; its tokens are dead with the commit.
    pub async fn delete_identity(&mut self, id: IdentityId) -> StoreResult<()> {
        self.run("DELETE FROM identities WHERE id = $1", args![id]).await?;
        self.touch(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;
    use crate::plan::plan;

    /// The part of the plan that finds out which identities are on the page.
    async fn ids(store: &Store, filter: &IdentityFilter, order: IdentityOrder, descending: bool) -> String {
        let (condition, mut values) = condition(OrgId::from_uuid(Uuid::nil()), filter);
        let order = ordered_by(order, descending, &filter.managed_by);
        let sql = list(&condition, &order, values.len() + 1);
        values.extend(args![50_i64, 0_i64]);
        let plan = plan(store, &sql, values).await;
        let (_, found) = plan.split_once("LIST SUBQUERY").unwrap();
        found.split_once("CORRELATED").unwrap().0.to_owned()
    }

    #[tokio::test]
    async fn pages_come_from_one_index_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("vouchsafe.db"));
        let store = Store::open(&database, Timestamp::EPOCH).await.unwrap();
        let role = IdentityMatch { role_in: Some(vec!["member".to_owned()]), ..IdentityMatch::default() };
        let role = IdentityFilter { any: vec![role], ..IdentityFilter::default() };
        let built_in = vec!["member".to_owned(), "no-access".to_owned()];
        let visible = VisibleRoles { built_in, custom: Vec::new() };
        let seen = IdentityFilter { visible_roles: Some(visible), ..IdentityFilter::default() };
        let named = IdentityMatch { name_contains: Some("A".to_owned()), ..IdentityMatch::default() };
        let named = IdentityFilter { any: vec![named], ..IdentityFilter::default() };
        let all = IdentityFilter::default();
        for (filter, order, descending, index) in [
            (&all, IdentityOrder::Name, false, "identities_by_name"),
            (&all, IdentityOrder::Name, true, "identities_by_name"),
            (&seen, IdentityOrder::Name, false, "identities_by_name"),
            (&named, IdentityOrder::Name, false, "identities_by_name"),
            (&named, IdentityOrder::Role, true, "identities_by_role_down"),
            (&all, IdentityOrder::Role, false, "identities_by_role"),
            (&all, IdentityOrder::Role, true, "identities_by_role_down"),
            (&role, IdentityOrder::Name, false, "identities_by_role"),
            (&role, IdentityOrder::Role, true, "identities_by_role"),
        ] {
            let found = ids(&store, filter, order, descending).await;
            let is_covered = found.contains(&format!("COVERING INDEX {index}"));
            assert!(is_covered && !found.contains("TEMP B-TREE"), "{order:?} {descending}: {found}");
        }
    }
}
