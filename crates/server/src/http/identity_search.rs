//! Searching identities of the organization and of the caller's projects.

use std::collections::HashMap;

use vouchsafe_api::identities::SearchFilter;
use vouchsafe_api::identity_members::MemberProject;
use vouchsafe_api::identity_search::{
    FoundIdentity, FoundIdentityList, IdentityCounts, Scope, ScopeCounts, SearchScopes,
};
use vouchsafe_api::roles::HeldRole;
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_policy::{Object, org, project};
use vouchsafe_store::{self as store, IdentityFilter, IdentityOrder, ManagedBy, Page};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::{filter, membership, order, page, visible};
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Identities")
        .post(
            ["/api/v2/identities/search"],
            Access::Member,
            "Search the identities of the organization and of projects, as far as the caller may read them",
            search,
        )
        .post(
            ["/api/v2/identities/search/count"],
            Access::Member,
            "Count the identities of the organization and of projects that the caller may read",
            count,
        )
}

async fn search(cx: Cx, input: SearchScopes) -> Outcome<FoundIdentityList> {
    let page = page(input.limit, 50, 100, input.offset, input.order_direction)?;
    let filter = filter(input.search.unwrap_or_default())?;
    let scopes = Scopes::of(input.scope)?;
    let Some(managed_by) = readable(&cx, scopes).await? else {
        return ok(FoundIdentityList { identities: Vec::new(), total_count: 0 });
    };
    let filter = IdentityFilter { managed_by, ..filter };
    let (found, total_count) = visible(&cx, &filter, order(input.order_by), page).await?;
    let found = without_stronger(&cx, found).await?;
    ok(FoundIdentityList { identities: in_full(&cx, found).await?, total_count })
}

/// Without the identities that hold more than the caller in the project that manages them.
async fn without_stronger(cx: &Cx, found: Vec<store::Identity>) -> ApiResult<Vec<store::Identity>> {
    let mut visible = Vec::with_capacity(found.len());
    for identity in found {
        let seen = match identity.project_id {
            None => true,
            Some(project) => {
                let mine = cx.permissions_in(project).await?;
                !cx.within_boundary_of(project, &mine, vec![identity.id]).await?.is_empty()
            }
        };
        if seen {
            visible.push(identity);
        }
    }
    Ok(visible)
}

async fn count(cx: Cx, input: SearchScopes) -> Outcome<IdentityCounts> {
    let scopes = Scopes::of(input.scope)?;
    let search = input.search.unwrap_or_default();
    let mut counts = ScopeCounts::default();
    if scopes.organization {
        counts.organization = Some(count_one(&cx, &search, Scopes { project: false, ..scopes }).await?);
    }
    if scopes.project {
        counts.project = Some(count_one(&cx, &search, Scopes { organization: false, ..scopes }).await?);
    }
    ok(IdentityCounts { counts })
}

async fn count_one(cx: &Cx, search: &SearchFilter, scope: Scopes) -> ApiResult<i64> {
    let filter = filter(search.clone())?;
    let Some(managed_by) = readable(cx, scope).await? else { return Ok(0) };
    let page = Page { limit: 1, offset: 0, descending: false };
    Ok(visible(cx, &IdentityFilter { managed_by, ..filter }, IdentityOrder::Name, page).await?.1)
}

/// Where to search.
#[derive(Clone, Copy)]
struct Scopes {
    organization: bool,
    project: bool,
}

impl Scopes {
    fn of(list: Option<Vec<Scope>>) -> ApiResult<Self> {
        let list = list.unwrap_or_else(|| vec![Scope::Organization]);
        if list.is_empty() || list.len() > 2 {
            return Err(ApiError::invalid("scope", "Expected `organization`, `project` or both"));
        }
        Ok(Self {
            organization: list.contains(&Scope::Organization),
            project: list.contains(&Scope::Project),
        })
    }
}

/// The part of the scopes that the caller may read; nothing if there is none.
async fn readable(cx: &Cx, scopes: Scopes) -> ApiResult<Option<ManagedBy>> {
    let (_, mine) = cx.organization()?;
    let organization = scopes.organization && mine.allows(org::IDENTITY_READ, &Object::plain());
    let projects = if scopes.project { readable_projects(cx).await? } else { Vec::new() };
    Ok(match (organization, projects.is_empty()) {
        (true, true) => Some(ManagedBy::Organization),
        (true, false) => Some(ManagedBy::Any(projects)),
        (false, false) => Some(ManagedBy::Projects(projects)),
        (false, true) => None,
    })
}

/// The projects whose identities the caller may read, all of them.
async fn readable_projects(cx: &Cx) -> ApiResult<Vec<ProjectId>> {
    let held = cx.app.store.projects_held_by(cx.org()?, cx.actor_id()?.member()).await?;
    let mut projects = Vec::new();
    for id in held {
        if cx.permissions_in(id).await?.allows(project::IDENTITY_READ, &Object::plain()) {
            projects.push(id);
        }
    }
    Ok(projects)
}

async fn in_full(cx: &Cx, found: Vec<store::Identity>) -> ApiResult<Vec<FoundIdentity>> {
    let ids: Vec<IdentityId> = found.iter().map(|identity| identity.id).collect();
    let mut locked = cx.app.store.active_lockouts_of(&ids, cx.now()).await?;
    let managed: Vec<IdentityId> =
        found.iter().filter(|identity| identity.project_id.is_some()).map(|identity| identity.id).collect();
    let memberships = cx.app.store.managed_memberships(&managed).await?;
    let mut memberships: HashMap<IdentityId, store::IdentityMember> =
        memberships.into_iter().map(|membership| (membership.identity.id, membership)).collect();
    let one = |identity: store::Identity| {
        let (locked, member) = (locked.remove(&identity.id), memberships.remove(&identity.id));
        shown(identity, member, locked.unwrap_or_default())
    };
    Ok(found.into_iter().map(one).collect())
}

fn shown(
    identity: store::Identity,
    member: Option<store::IdentityMember>,
    locked: Vec<String>,
) -> FoundIdentity {
    let project_id = identity.project_id;
    let held = roles::in_organization(identity.membership_id, &identity.role, identity.custom_role.as_ref());
    let mut whole = membership(identity);
    whole.identity.active_lockout_auth_methods = Some(locked);
    let mut found = FoundIdentity {
        id: whole.id,
        identity_id: whole.identity_id,
        scope: if project_id.is_some() { Scope::Project } else { Scope::Organization },
        org_id: whole.org_id,
        project_id,
        project: None,
        created_at: whole.created_at,
        updated_at: whole.updated_at,
        last_login_auth_method: whole.last_login_auth_method,
        last_login_time: whole.last_login_time,
        roles: vec![held],
        identity: whole.identity,
    };
    if let Some(member) = member {
        found.id = member.id;
        found.roles = roles::shown(member.id, &member.roles).into_iter().map(HeldRole::from).collect();
        found.project = Some(MemberProject {
            id: member.project.id,
            name: member.project.name,
            slug: member.project.slug,
            kind: member.project.kind,
        });
    }
    found
}
