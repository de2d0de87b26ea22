//! Machine identities of the organization: `/api/v1/identities`.

use std::collections::HashMap;

use serde_json::json;
use vouchsafe_api::common::{Direction, MetadataEntry, MetadataInput, Nothing};
use vouchsafe_api::identities::{
    CreateIdentity, CustomRole, EXPIRING_WITHIN, IDLE_AFTER, Identity, IdentityDetails, IdentityDetailsReply,
    IdentityMembership, IdentityMembershipList, IdentityMembershipReply, IdentityOrder, IdentityPath,
    IdentityReply, IdentityState, IdentitySummary, ListIdentities, OrganizationSummary, SearchAlternative,
    SearchFilter, SearchIdentities, TextFilter, TextOperators, UpdateIdentity,
};
use vouchsafe_domain::id::{IdentityId, OrgId};
use vouchsafe_domain::text::bounded;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_policy::{Object, Permissions, TemplateValues, org, project};
use vouchsafe_store::{
    self as store, IdentityFilter, IdentityMatch, InState, NewIdentity, Page, RoleScope, VisibleRoles,
};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_members::changed_meanwhile;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::Governed;
use crate::grants::{Offered, within_boundary};

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const DELETE: Access = Access::Identity { org: org::IDENTITY_DELETE, project: project::IDENTITY_DELETE };

pub(super) fn routes() -> Routes {
    Routes::new("Identities")
        .post(["/api/v1/identities"], Access::Org(org::IDENTITY_CREATE), "Make an identity", create)
        .get(["/api/v1/identities"], Access::Org(org::IDENTITY_READ), "List identities", list)
        .post(["/api/v1/identities/search"], Access::Org(org::IDENTITY_READ), "Search identities", search)
        .get(["/api/v1/identities/details"], Access::Member, "Who the caller is", details)
        .get(["/api/v1/identities/{identityId}"], READ, "Read an identity", get)
        .patch(["/api/v1/identities/{identityId}"], EDIT, "Change an identity", update)
        .delete(
            ["/api/v1/identities/{identityId}"],
            DELETE,
            "Delete an identity and revoke its tokens",
            delete,
        )
}

pub(super) async fn create(cx: Cx, input: CreateIdentity) -> Outcome<IdentityReply> {
    let (org_id, mine) = cx.organization()?;
    own_organization(org_id, input.organization_id)?;
    let name = name(&input.name)?;
    let role = input.role.as_deref().map_or("no-access", str::trim);
    let offered = cx.org_role(role).await?;
    offered.within(mine, "Failed to create identity")?;
    if role != "no-access" {
        mine.check(org::IDENTITY_GRANT_PRIVILEGES, &Object::plain())?;
    }
    let metadata = metadata(input.metadata.as_deref().unwrap_or_default())?;

    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    let has_delete_protection = input.has_delete_protection.unwrap_or(false);
    let new = NewIdentity {
        org: org_id,
        project: None,
        name: &name,
        role: offered.role().clone(),
        has_delete_protection,
        instance_admin: false,
    };
    let id = change.insert_identity(&new).await?;
    change.set_identity_metadata(id, &metadata).await?;
    change.audit("create-identity", org_id, None, &json!({ "identityId": id, "name": name, "role": role }));
    change.commit().await?;
    reply(&cx, id).await
}

pub(super) async fn update(cx: Cx, input: UpdateIdentity) -> Outcome<IdentityReply> {
    let id = change(&cx, input).await?.id;
    reply(&cx, id).await
}

/// Changes an identity of the organization; answers it as it is then.
pub(super) async fn change(cx: &Cx, input: UpdateIdentity) -> ApiResult<store::Identity> {
    let target = cx.identity(input.identity_id).await?;
    organization_managed(&target.identity)?;
    target.within_boundary("Failed to update identity")?;
    let (org_id, mine) = cx.organization()?;
    let mut role = None;
    if let Some(slug) = input.role.as_deref().map(str::trim).filter(|slug| *slug != slug_of(&target.identity))
    {
        let offered = cx.org_role(slug).await?;
        offered.within(mine, "Failed to update identity")?;
        if slug != "no-access" {
            mine.check(org::IDENTITY_GRANT_PRIVILEGES, &Object::plain())?;
        }
        role = Some(offered);
    }
    let name = input.name.as_deref().map(name).transpose()?.unwrap_or_else(|| target.identity.name.clone());
    let protection = input.has_delete_protection.unwrap_or(target.identity.has_delete_protection);
    let metadata = input.metadata.as_deref().map(metadata).transpose()?;

    stays_within(cx, &target, &name, metadata.as_deref()).await?;

    let id = target.identity.id;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.update_identity(id, &name, protection).await?;
    if let Some(role) = &role
        && !change.set_identity_org_role(&target.identity, role.role()).await?
    {
        return Err(changed_meanwhile());
    }
    if let Some(metadata) = &metadata {
        change.set_identity_metadata(id, metadata).await?;
    }
    change.audit(
        "update-identity",
        org_id,
        None,
        &json!({ "identityId": id, "name": name, "role": input.role }),
    );
    change.commit().await?;
    current(cx, id).await
}

/// Refuses a name or metadata that would, through templates in its rules, make the identity hold more
/// than the caller.
pub(super) async fn stays_within(
    cx: &Cx,
    target: &Governed,
    name: &str,
    metadata: Option<&[(String, String)]>,
) -> ApiResult<()> {
    let id = target.identity.id;
    if metadata.is_none() && name == target.identity.name {
        return Ok(());
    }
    let stored = match metadata {
        Some(new) => new.to_vec(),
        None => cx.app.store.template_metadata(id).await?,
    };
    let values = TemplateValues::of(id.to_string(), name);
    let values = stored.into_iter().fold(values, |values, (key, value)| values.metadata(key, value));
    target.stays_within(&values, "Failed to update identity")
}

/// Deletes an identity of the organization.
pub(super) async fn delete(cx: Cx, input: IdentityPath) -> Outcome<IdentityReply> {
    let target = cx.identity(input.identity_id).await?;
    organization_managed(&target.identity)?;
    target.within_boundary("Failed to delete identity")?;
    if target.identity.has_delete_protection {
        return Err(ApiError::bad_request("Cannot delete identity while delete protection is enabled"));
    }
    let identity = target.identity;
    let metadata = cx.app.store.identity_metadata(identity.id).await?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.delete_identity(identity.id).await?;
    let detail = json!({ "identityId": identity.id, "name": identity.name });
    change.audit("delete-identity", identity.org_id, None, &detail);
    change.commit().await?;
    ok(IdentityReply { identity: shown(identity, metadata) })
}

async fn get(cx: Cx, input: IdentityPath) -> Outcome<IdentityMembershipReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to read identity with more privileges")?;
    let metadata = cx.app.store.identity_metadata(input.identity_id).await?;
    let may_see_credentials = may_see_credentials(&cx, &target.identity).await?;
    let role = target.identity.custom_role.as_ref().map(|role| role.id);
    let mut identity = membership(target.identity);
    if let (Some(shown), Some(id)) = (&mut identity.custom_role, role) {
        shown.permissions = cx.app.store.custom_role(cx.org()?, id).await?.map(|role| role.permissions);
    }
    identity.metadata = Some(metadata.into_iter().map(metadata_entry).collect());
    add_states(&cx, std::slice::from_mut(&mut identity), may_see_credentials).await?;
    ok(IdentityMembershipReply { identity })
}

/// Whether the caller may know which credentials an identity has.
async fn may_see_credentials(cx: &Cx, identity: &store::Identity) -> ApiResult<bool> {
    Ok(match identity.project_id {
        None => cx.organization()?.1.allows(org::IDENTITY_GET_TOKEN, &Object::plain()),
        Some(managing) => {
            let held = cx.permissions_in(managing).await?;
            held.allows(project::IDENTITY_GET_TOKEN, &Object::identity(&identity.id.to_string()))
        }
    })
}

/// Adds what is only known by looking at logins and credentials, for all of a page at once.
async fn add_states(cx: &Cx, rows: &mut [IdentityMembership], with_credentials: bool) -> ApiResult<()> {
    let ids: Vec<IdentityId> = rows.iter().map(|row| row.identity_id).collect();
    let mut locked = cx.app.store.active_lockouts_of(&ids, cx.now()).await?;
    let ends =
        if with_credentials { cx.app.store.next_expiries(&ids, cx.now()).await? } else { HashMap::default() };
    for row in rows {
        row.identity.active_lockout_auth_methods = Some(locked.remove(&row.identity_id).unwrap_or_default());
        row.identity.next_credential_expiry = ends.get(&row.identity_id).copied();
    }
    Ok(())
}

async fn list(cx: Cx, input: ListIdentities) -> Outcome<IdentityMembershipList> {
    own_organization(cx.org()?, input.org_id)?;
    let page = Page { limit: MOST_UNPAGED, offset: 0, descending: false };
    ok(found(&cx, &IdentityFilter::default(), store::IdentityOrder::Name, page).await?)
}

async fn search(cx: Cx, input: SearchIdentities) -> Outcome<IdentityMembershipList> {
    let page = page(input.limit, 50, 100, input.offset, input.order_direction)?;
    let order = order(input.order_by);
    let (_, mine) = cx.organization()?;
    let may_see_credentials = mine.allows(org::IDENTITY_GET_TOKEN, &Object::plain());
    if input.state == Some(IdentityState::Expiring) {
        mine.check(org::IDENTITY_GET_TOKEN, &Object::plain())?;
    }
    let state = input.state.map(|state| in_state(state, cx.now()));
    let filter = IdentityFilter { state, ..filter(input.search.unwrap_or_default())? };
    let mut list = found(&cx, &filter, order, page).await?;
    add_states(&cx, &mut list.identities, may_see_credentials).await?;
    ok(list)
}

/// A state as the store knows it, at this time.
fn in_state(state: IdentityState, now: Timestamp) -> InState {
    match state {
        IdentityState::Locked => InState::Locked(now),
        IdentityState::Expiring => InState::Expiring { from: now, until: now.plus_seconds(EXPIRING_WITHIN) },
        IdentityState::Idle => InState::Idle(now.plus_seconds(-IDLE_AFTER)),
        IdentityState::NeverLoggedIn => InState::NeverLoggedIn,
    }
}

async fn details(cx: Cx, _: Nothing) -> Outcome<IdentityDetailsReply> {
    let organization = cx.app.store.organization(cx.org()?).await?;
    let organization = organization.ok_or_else(|| ApiError::not_found("Organization not found"))?;
    let organization =
        OrganizationSummary { id: organization.id, name: organization.name, slug: organization.slug };
    ok(IdentityDetailsReply { identity_details: IdentityDetails { organization } })
}

/// The contract's list has no paging; more than this is for the search route.
pub(super) const MOST_UNPAGED: i64 = 20_000;

/// A page of the organization's identities as its members.
pub(super) async fn found(
    cx: &Cx,
    filter: &IdentityFilter,
    order: store::IdentityOrder,
    page: Page,
) -> ApiResult<IdentityMembershipList> {
    let (identities, total_count) = visible(cx, filter, order, page).await?;
    Ok(IdentityMembershipList { identities: identities.into_iter().map(membership).collect(), total_count })
}

/// A page of identities, without those that hold more in the organization than the caller.
pub(super) async fn visible(
    cx: &Cx,
    filter: &IdentityFilter,
    order: store::IdentityOrder,
    page: Page,
) -> ApiResult<(Vec<store::Identity>, i64)> {
    let (org_id, mine) = cx.organization()?;
    let filter = IdentityFilter { visible_roles: visible_roles(cx, org_id, mine).await?, ..filter.clone() };
    Ok(cx.app.store.identities(org_id, &filter, order, page).await?)
}

/// The organization roles that hold no more than the caller does; none: they all do.
async fn visible_roles(cx: &Cx, org_id: OrgId, mine: &Permissions) -> ApiResult<Option<VisibleRoles>> {
    if within_boundary(mine, OrgRole::Admin.permissions(), "").is_ok() {
        return Ok(None);
    }
    let mut visible = VisibleRoles::default();
    for role in OrgRole::ALL {
        if within_boundary(mine, role.permissions(), "").is_ok() {
            visible.built_in.push(role.slug().to_owned());
        }
    }
    for role in cx.app.store.custom_roles(RoleScope::Organization(org_id)).await? {
        if Offered::custom(&role)?.within(mine, "").is_ok() {
            visible.custom.push(role.id);
        }
    }
    Ok(Some(visible))
}

/// The slug by which the role of an identity in the organization is given.
fn slug_of(identity: &store::Identity) -> &str {
    identity.custom_role.as_ref().map_or(&identity.role, |custom| &custom.slug)
}

/// What a list is ordered by, as the store says it.
pub(super) fn order(by: IdentityOrder) -> store::IdentityOrder {
    match by {
        IdentityOrder::Name => store::IdentityOrder::Name,
        IdentityOrder::Role => store::IdentityOrder::Role,
        IdentityOrder::LastLogin => store::IdentityOrder::LastLogin,
    }
}

/// A page of a list; `usual` rows unless the request says how many, at most `most`.
pub(super) fn page(
    limit: Option<i64>,
    usual: i64,
    most: i64,
    offset: Option<i64>,
    direction: Direction,
) -> ApiResult<Page> {
    Ok(Page {
        limit: within("limit", limit, usual, 1..=most)?,
        offset: within("offset", offset, 0, 0..=i64::MAX)?,
        descending: direction == Direction::Desc,
    })
}

/// An identity as it is now, after a change.
pub(super) async fn reply(cx: &Cx, id: IdentityId) -> Outcome<IdentityReply> {
    let identity = current(cx, id).await?;
    let metadata = cx.app.store.identity_metadata(id).await?;
    let mut identity = shown(identity, metadata);
    identity.active_lockout_auth_methods = Some(cx.app.store.active_lockouts(id, cx.now()).await?);
    ok(IdentityReply { identity })
}

async fn current(cx: &Cx, id: IdentityId) -> ApiResult<store::Identity> {
    let identity = cx.app.store.identity(cx.org()?, id).await?;
    identity.ok_or_else(|| ApiError::not_found(format!("Failed to find identity with id {id}")))
}

/// The caller may name only the organization that it acts in.
pub(super) fn own_organization(
    own: vouchsafe_domain::id::OrgId,
    named: vouchsafe_domain::id::OrgId,
) -> ApiResult<()> {
    if own == named {
        Ok(())
    } else {
        Err(ApiError::not_found(format!("Organization with ID '{named}' not found")))
    }
}

fn organization_managed(identity: &store::Identity) -> ApiResult<()> {
    if identity.project_id.is_some() {
        return Err(ApiError::bad_request("Identity is managed by project"));
    }
    Ok(())
}

/// A display name of 1–255 characters.
pub(super) fn name(text: &str) -> ApiResult<String> {
    bounded("name", text, 1, 255).map_err(|error| ApiError::invalid("name", error.to_string()))
}

/// Metadata entries as the store takes them.
pub(super) fn metadata(entries: &[MetadataInput]) -> ApiResult<Vec<(String, String)>> {
    if entries.len() > 100 {
        return Err(ApiError::invalid("metadata", "Expected at most 100 entries"));
    }
    let one = |(position, entry): (usize, &MetadataInput)| {
        let part = |field: &str, text: &str, most: usize| {
            bounded(field, text, 1, most).map_err(|error| {
                ApiError::invalid(&format!("metadata.{position}.{field}"), error.to_string())
            })
        };
        Ok((part("key", &entry.key, 255)?, part("value", &entry.value, 1020)?))
    };
    entries.iter().enumerate().map(one).collect()
}

/// A number within bounds, or its default.
pub(super) fn within(
    field: &str,
    value: Option<i64>,
    default: i64,
    bounds: std::ops::RangeInclusive<i64>,
) -> ApiResult<i64> {
    let value = value.unwrap_or(default);
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(ApiError::invalid(field, format!("Expected a whole number from {least} to {most}")))
}

/// The filter language of searches.
pub(super) fn filter(search: SearchFilter) -> ApiResult<IdentityFilter> {
    let mut any = Vec::new();
    let top = SearchAlternative { name: search.name, role: search.role };
    if top.name.is_some() || top.role.is_some() {
        any.push(alternative(top)?);
    }
    let or = search.or.unwrap_or_default();
    if or.len() > 50 {
        return Err(ApiError::invalid("search.$or", "Expected at most 50 alternatives"));
    }
    for one in or {
        any.push(alternative(one)?);
    }
    Ok(IdentityFilter { any, ..IdentityFilter::default() })
}

fn alternative(one: SearchAlternative) -> ApiResult<IdentityMatch> {
    let name = operators("search.name", one.name)?;
    let role = operators("search.role", one.role)?;
    Ok(IdentityMatch {
        name_in: listed(&name),
        name_contains: name.contains,
        role_in: listed(&role),
        role_contains: role.contains,
    })
}

fn listed(operators: &TextOperators) -> Option<Vec<String>> {
    match (&operators.eq, &operators.one_of) {
        (None, None) => None,
        (Some(eq), None) => Some(vec![eq.clone()]),
        (None, Some(list)) => Some(list.clone()),
        (Some(eq), Some(list)) => Some(list.iter().filter(|one| *one == eq).cloned().collect()),
    }
}

fn operators(field: &str, filter: Option<TextFilter>) -> ApiResult<TextOperators> {
    let operators = match filter {
        None => TextOperators::default(),
        Some(TextFilter::Equal(text)) => TextOperators { eq: Some(text), ..TextOperators::default() },
        Some(TextFilter::Operators(operators)) => operators,
    };
    let list = operators.one_of.iter().flatten();
    if operators.one_of.as_ref().is_some_and(|list| list.len() > 100) {
        return Err(ApiError::invalid(field, "Expected at most 100 values"));
    }
    for text in operators.eq.iter().chain(&operators.contains).chain(list) {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '/');
        if text.chars().count() > 255 || !text.chars().all(allowed) {
            return Err(ApiError::invalid(
                field,
                "Expected at most 255 characters: letters, digits, spaces, `_`, `-` and `/`",
            ));
        }
    }
    Ok(operators)
}

/// An entry of metadata as clients see it.
pub(super) fn metadata_entry(entry: store::Metadata) -> MetadataEntry {
    MetadataEntry { id: entry.id, key: entry.key, value: entry.value }
}

/// An identity as create, update and delete answer it.
pub(super) fn shown(identity: store::Identity, metadata: Vec<store::Metadata>) -> Identity {
    Identity {
        id: identity.id,
        name: identity.name,
        has_delete_protection: identity.has_delete_protection,
        org_id: identity.org_id,
        project_id: identity.project_id,
        auth_method: None,
        auth_methods: identity.auth_methods,
        metadata: metadata.into_iter().map(metadata_entry).collect(),
        active_lockout_auth_methods: None,
        created_at: identity.created_at,
        updated_at: identity.updated_at,
    }
}

/// Identities of a list with their metadata.
pub(super) async fn flat(cx: &Cx, identities: Vec<store::Identity>) -> ApiResult<Vec<Identity>> {
    let ids: Vec<IdentityId> = identities.iter().map(|identity| identity.id).collect();
    let mut metadata = cx.app.store.metadata_of(&ids).await?;
    let shown = |identity: store::Identity| {
        let entries = metadata.remove(&identity.id).unwrap_or_default();
        shown(identity, entries)
    };
    Ok(identities.into_iter().map(shown).collect())
}

/// A custom role as clients see it on its members.
pub(super) fn custom_role(role: store::CustomRole) -> CustomRole {
    CustomRole {
        id: role.id,
        name: role.name,
        slug: role.slug,
        description: role.description,
        permissions: None,
    }
}

/// An identity as a member of its organization.
pub(super) fn membership(identity: store::Identity) -> IdentityMembership {
    IdentityMembership {
        id: identity.membership_id,
        role: identity.role,
        role_id: identity.custom_role.as_ref().map(|role| role.id),
        custom_role: identity.custom_role.map(custom_role),
        org_id: identity.org_id,
        identity_id: identity.id,
        created_at: identity.created_at,
        updated_at: identity.updated_at,
        last_login_auth_method: identity.last_login_method,
        last_login_time: identity.last_login_at,
        metadata: None,
        identity: IdentitySummary {
            id: identity.id,
            name: identity.name,
            has_delete_protection: identity.has_delete_protection,
            org_id: identity.org_id,
            auth_methods: identity.auth_methods,
            active_lockout_auth_methods: None,
            next_credential_expiry: None,
            created_at: identity.created_at,
            updated_at: identity.updated_at,
        },
    }
}
