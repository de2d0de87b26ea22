//! What an actor may do where: from roles to permissions, from permissions to permits, and the
//! boundary that nobody may reach beyond.

use std::sync::Arc;

use serde_json::json;
use vouchsafe_domain::id::{IdentityId, MembershipId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::boundary;
use vouchsafe_policy::builtin::{OrgRole, ProjectRole};
use vouchsafe_policy::{Grant, GrantSource, Level, Need, Object, Permissions, Permit};
use vouchsafe_store::{Identity, MemberRef, Project, RoleEntry, Topic};

use crate::auth::Actor;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::route::Access;

/// An actor, as caches know it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ActorId {
    /// A machine identity.
    Identity(IdentityId),
    /// A person.
    User(UserId),
}

impl ActorId {
    /// The same, as the store's membership tables know it.
    pub fn member(self) -> MemberRef {
        match self {
            Self::Identity(id) => MemberRef::Identity(id),
            Self::User(id) => MemberRef::User(id),
        }
    }

    fn topic(self) -> Topic {
        match self {
            Self::Identity(id) => id.into(),
            Self::User(id) => id.into(),
        }
    }
}

/// What an organization role allows.
pub fn org_permissions(role: &str) -> ApiResult<Permissions> {
    OrgRole::from_slug(role)
        .map(|role| role.permissions().clone())
        .ok_or_else(|| ApiError::not_found(format!("Organization role with slug '{role}' not found")))
}

/// What a project role allows.
pub fn project_role_permissions(role: &str) -> ApiResult<Permissions> {
    ProjectRole::from_slug(role)
        .map(|role| role.permissions().clone())
        .ok_or_else(|| ApiError::not_found("One or more custom roles not found"))
}

/// What the roles of a membership allow at a time, and when that changes next.
pub fn project_permissions(
    roles: &[RoleEntry],
    now: Timestamp,
) -> ApiResult<(Permissions, Option<Timestamp>)> {
    let active: Vec<&RoleEntry> = roles.iter().filter(|role| role.is_active(now)).collect();
    let changes = roles.iter().filter_map(|role| role.next_change(now)).min();
    if let [only] = active.as_slice() {
        return Ok((project_role_permissions(&only.role)?, changes));
    }
    let mut grants = Vec::with_capacity(active.len());
    for entry in active {
        let role = ProjectRole::from_slug(&entry.role).ok_or_else(|| {
            ApiError::internal(format!("unknown project role {} in a membership", entry.role))
        })?;
        grants.push(Grant {
            source: GrantSource::Role { slug: entry.role.clone() },
            rules: role.rules().to_vec(),
        });
    }
    let permissions = Permissions::compile(Level::Project, &grants)
        .map_err(|error| ApiError::internal(error.to_string()))?;
    Ok((permissions, changes))
}

/// A project, and what one actor holds in it.
#[derive(Debug)]
pub struct ProjectFacts {
    /// The project.
    pub project: Project,
    /// The actor's membership, if it is a member.
    pub membership: Option<MembershipId>,
    /// What the actor's roles allow at present.
    pub permissions: Permissions,
    /// When a temporary role begins or ends next.
    pub changes_at: Option<Timestamp>,
}

/// A project that the actor is a member of, with what it may do there.
#[derive(Clone, Debug)]
pub struct ProjectScope {
    facts: Arc<ProjectFacts>,
    need: Option<Need>,
}

impl ProjectScope {
    /// The project.
    pub fn project(&self) -> &Project {
        &self.facts.project
    }

    /// Id of the project.
    pub fn id(&self) -> ProjectId {
        self.facts.project.id
    }

    /// Everything the actor holds in the project.
    pub fn permissions(&self) -> &Permissions {
        &self.facts.permissions
    }

    /// The actor's membership.
    pub fn membership(&self) -> Option<MembershipId> {
        self.facts.membership
    }

    /// The permit that the route's table entry asks for, over this object.
    pub fn may(&self, object: &Object<'_>) -> ApiResult<Permit> {
        let need = self.need.ok_or_else(|| ApiError::internal("the route names no project permission"))?;
        self.may_need(need, object)
    }

    /// A permit for another permission than the route's own.
    pub fn may_need(&self, need: Need, object: &Object<'_>) -> ApiResult<Permit> {
        Ok(self.facts.permissions.check(need, object)?)
    }

    /// Whether the actor holds a permission over this object: for filtering lists.
    pub fn allows(&self, need: Need, object: &Object<'_>) -> bool {
        self.facts.permissions.allows(need, object)
    }
}

/// An identity that the actor may act on as the route says.
#[derive(Debug)]
pub struct Governed {
    /// The identity.
    pub identity: Identity,
    /// The permit for what the route does.
    pub permit: Permit,
    /// The project that manages the identity, if one does.
    pub project: Option<ProjectScope>,
    actor: Permissions,
    target: Permissions,
}

impl Governed {
    /// Refuses when the identity holds anything that the actor does not.
    pub fn within_boundary(&self, message: &str) -> ApiResult<()> {
        within_boundary(&self.actor, &self.target, message)
    }
}

/// Refuses with 403 when `target` holds anything that `actor` does not.
pub fn within_boundary(actor: &Permissions, target: &Permissions, message: &str) -> ApiResult<()> {
    boundary(actor, target).map_err(|missing| {
        ApiError::forbidden(message.to_owned())
            .named("PermissionBoundaryError")
            .because(missing.example.clone())
            .with_details(
                serde_json::to_value(&missing).unwrap_or_else(|_| json!({ "missingPermissions": [] })),
            )
    })
}

impl Cx {
    /// A project of the caller's organization that the caller is a member of. 404 when there is
    /// none (or it belongs to others), 403 when the caller is no member.
    pub async fn project(&self, id: ProjectId) -> ApiResult<ProjectScope> {
        let org = self.org()?;
        let actor = self.actor_id()?;
        let now = self.now();
        let (store, cache) = (&self.app.store, &self.app.caches.projects);
        let key = (actor, id);
        let is_current = |facts: &Arc<ProjectFacts>| facts.changes_at.is_none_or(|at| at > now);
        let known = cache.get(store, &key).filter(is_current);
        let topics = [actor.topic(), id.into(), org.into()];
        let load = || async {
            let Some(project) = store.project(id).await? else { return Ok(None) };
            let member = store.project_member(id, actor.member()).await?;
            let roles = member.as_ref().map_or(&[][..], |member| &member.roles);
            let (permissions, changes_at) = project_permissions(roles, now)?;
            Ok::<_, ApiError>(Some(ProjectFacts {
                project,
                membership: member.map(|m| m.id),
                permissions,
                changes_at,
            }))
        };
        let facts = if known.is_some() {
            known
        } else {
            cache.forget(&key);
            cache.get_or_load(store, key, &topics, load).await?
        };
        let facts = facts
            .filter(|facts| facts.project.org_id == org)
            .ok_or_else(|| ApiError::not_found(format!("Project with ID '{id}' not found")))?;
        if facts.membership.is_none() {
            return Err(ApiError::forbidden(format!(
                "You are not a member of this project with ID {id}. Please assign this {} to the project with the \
                 appropriate permissions, then try again.",
                self.actor_kind()
            )));
        }
        let need = match self.access() {
            Access::Project(need) | Access::Identity { project: need, .. } => Some(need),
            _ => None,
        };
        Ok(ProjectScope { facts, need })
    }

    /// The same, by the project's slug in the caller's organization.
    pub async fn project_by_slug(&self, slug: &str) -> ApiResult<ProjectScope> {
        let (org, guesses) = (self.org()?, &self.app.caches.project_slugs);
        let key = (org, slug.to_owned());
        if let Some(id) = guesses.get(&key) {
            // True at some time: the project itself says whether it still is.
            match self.project(id).await {
                Ok(scope) if scope.project().slug == slug => return Ok(scope),
                _ => {
                    guesses.remove(&key);
                }
            }
        }
        let id = Box::pin(self.app.store.project_id_by_slug(org, slug)).await?;
        let id = id.ok_or_else(|| ApiError::not_found("Project with this slug not found"))?;
        guesses.insert(key, id);
        self.project(id).await
    }

    /// An identity of the caller's organization on which the caller may do what the route does: by
    /// an organization permission, or by a project permission when a project manages it.
    pub async fn identity(&self, id: IdentityId) -> ApiResult<Governed> {
        let Access::Identity { org: org_need, .. } = self.access() else {
            return Err(ApiError::internal("the route names no identity permission"));
        };
        let (org, org_permissions) = self.organization()?;
        let missing = || ApiError::not_found(format!("Failed to find identity with id {id}"));
        let identity = self.app.store.identity(org, id).await?.ok_or_else(missing)?;
        let governed = match identity.project_id {
            None => Governed {
                permit: org_permissions.check(org_need, &Object::plain())?,
                project: None,
                actor: org_permissions.clone(),
                target: crate::access::org_permissions(&identity.role)?,
                identity,
            },
            Some(project) => {
                let scope = self.project(project).await?;
                let member = self.app.store.project_member(project, MemberRef::Identity(id)).await?;
                let roles = member.as_ref().map_or(&[][..], |member| &member.roles);
                Governed {
                    permit: scope.may(&Object::identity(&id.to_string()))?,
                    actor: scope.permissions().clone(),
                    target: project_permissions(roles, self.now())?.0,
                    project: Some(scope),
                    identity,
                }
            }
        };
        self.guard_instance_admin(&governed.identity)?;
        Ok(governed)
    }

    /// Only an instance administrator may act on an instance administrator.
    fn guard_instance_admin(&self, target: &Identity) -> ApiResult<()> {
        let is_admin = match &self.actor {
            Actor::Identity(actor) => actor.gate.instance_admin,
            Actor::User(actor) => actor.gate.super_admin,
            Actor::Anonymous => false,
        };
        if target.instance_admin && !is_admin {
            return Err(ApiError::forbidden(
                "You are attempting to modify an instance admin identity. This requires elevated instance admin \
                 privileges",
            ));
        }
        Ok(())
    }
}
