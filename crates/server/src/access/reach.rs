//! What somebody may do to an identity, and which roles they may give: asked by pages, to leave out what would be
//! refused. The routes decide for themselves.

use std::net::Ipv4Addr;

use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Level, Need, Object, Permissions, builtin, org};
use vouchsafe_store::RoleScope;

use crate::App;
use crate::auth::Actor;
use crate::grants::Offered;
use crate::http::cx::{Conditional, Cx, Meta};
use crate::http::error::{ApiError, ApiResult};
use crate::http::route::Access;

/// What somebody may do to an identity.
#[derive(Debug)]
pub struct Reach {
    /// The project that manages the identity, if one does.
    pub project: Option<ProjectId>,
    /// Whether the identity holds nothing that they do not: without that, nothing about it can be changed.
    pub is_within: bool,
    id: IdentityId,
    permissions: Permissions,
}

impl Reach {
    /// Whether they may change this about the identity, and not only in general.
    pub fn may(&self, in_org: Need, in_project: Need) -> bool {
        self.is_within && self.holds(in_org, in_project)
    }

    /// Whether they hold this over the identity, whatever the identity holds.
    pub fn holds(&self, in_org: Need, in_project: Need) -> bool {
        match self.project {
            None => self.permissions.allows(in_org, &Object::plain()),
            Some(_) => self.permissions.allows(in_project, &Object::identity(&self.id.to_string())),
        }
    }
}

/// A role that can be given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GivenRole {
    /// By which it is given.
    pub slug: String,
    /// Display name.
    pub name: String,
}

/// What somebody may do to an identity of their organization; 404 if there is none with this id.
pub async fn reach(app: &App, actor: &Actor, id: IdentityId, now: Timestamp) -> ApiResult<Reach> {
    let cx = asking(app, actor, now);
    let (org, mine) = cx.organization()?;
    let missing = || ApiError::not_found(format!("Failed to find identity with id {id}"));
    let identity = app.store.identity(org, id).await?.ok_or_else(missing)?;
    let scope = match identity.project_id {
        None => None,
        Some(project) => Some(cx.project(project).await?),
    };
    let permissions = scope.as_ref().map_or(mine, |scope| scope.permissions()).clone();
    let measured = cx.measure_identity(id, scope.as_ref(), true).await?;
    let is_within = cx.guard_instance_admin(&identity).is_ok()
        && measured.iter().all(|one| one.theirs.within(&one.caller, now, "").is_ok());
    Ok(Reach { project: identity.project_id, is_within, id, permissions })
}

/// The roles of the organization that somebody may give to identities, in the order of their list.
pub async fn org_roles_to_give(app: &App, actor: &Actor, now: Timestamp) -> ApiResult<Vec<GivenRole>> {
    let cx = asking(app, actor, now);
    let (org, mine) = cx.organization()?;
    let may_give = mine.allows(org::IDENTITY_GRANT_PRIVILEGES, &Object::plain());
    let mut given = Vec::new();
    for role in builtin::OrgRole::ALL {
        let is_none = role == builtin::OrgRole::NoAccess;
        let offered = Offered::built_in(Level::Organization, role.slug());
        if (is_none || may_give) && offered.is_some_and(|role| role.within(mine, "").is_ok()) {
            given.push(GivenRole { slug: role.slug().to_owned(), name: role.name().to_owned() });
        }
    }
    for role in app.store.custom_roles(RoleScope::Organization(org)).await? {
        if may_give && Offered::custom(&role)?.within(mine, "").is_ok() {
            given.push(GivenRole { slug: role.slug, name: role.name });
        }
    }
    Ok(given)
}

/// A question that is no request: nothing is recorded of it.
fn asking(app: &App, actor: &Actor, now: Timestamp) -> Cx {
    let meta = Meta::new(String::new(), Ipv4Addr::UNSPECIFIED.into(), String::new(), now);
    Cx::new(app.clone(), actor.clone(), meta, Access::Member, None, Conditional::No)
}
