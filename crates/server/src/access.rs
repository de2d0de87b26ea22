//! What an actor may do where: from roles to permissions, from permissions to permits, and the
//! boundary that nobody may reach beyond.

mod reach;

use std::ops::Deref;
use std::sync::Arc;

use vouchsafe_domain::id::{GroupId, IdentityId, MembershipId, OrgId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Level, Need, Object, Permissions, Permit, TemplateValues, org};
use vouchsafe_store::{
    Group, Identity, IdentityGate, MemberRef, Project, ProjectGrants, RoleScope, Store, Topic, UserGate,
};

use crate::App;
use crate::auth::Actor;
use crate::auth::scope::TokenScope;
use crate::grants::{Holdings, Offered};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::route::Access;
pub use reach::{GivenRole, Reach, org_roles_to_give, reach};

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

/// What is true of an identity, with what it holds in its organization.
#[derive(Debug)]
pub struct IdentityStanding {
    gate: IdentityGate,
    /// What its own role and those of its groups allow.
    pub permissions: Permissions,
}

impl IdentityStanding {
    /// Reads it.
    pub async fn load(store: &Store, id: IdentityId, now: Timestamp) -> ApiResult<Option<Self>> {
        let Some(gate) = store.identity_gate(id).await? else { return Ok(None) };
        let permissions = org_holdings(store, gate.org_id, MemberRef::Identity(id)).await?.at(now)?;
        Ok(Some(Self { gate, permissions }))
    }
}

impl Deref for IdentityStanding {
    type Target = IdentityGate;

    fn deref(&self) -> &IdentityGate {
        &self.gate
    }
}

/// What is true of a session and its user, with what the user holds in the chosen organization.
#[derive(Debug)]
pub struct UserStanding {
    gate: UserGate,
    /// What the user's own role and those of the user's groups allow.
    pub permissions: Option<Permissions>,
}

impl UserStanding {
    /// Completes what is true of a session.
    pub async fn load(
        store: &Store,
        gate: UserGate,
        user: UserId,
        org: Option<OrgId>,
        now: Timestamp,
    ) -> ApiResult<Self> {
        let permissions = match org {
            Some(org) => Some(org_holdings(store, org, MemberRef::User(user)).await?.at(now)?),
            None => None,
        };
        Ok(Self { gate, permissions })
    }
}

impl Deref for UserStanding {
    type Target = UserGate;

    fn deref(&self) -> &UserGate {
        &self.gate
    }
}

/// What somebody holds in an organization.
pub async fn org_holdings(store: &Store, org: OrgId, member: MemberRef) -> ApiResult<Holdings> {
    let holdings = Holdings::read(Level::Organization, store.org_grants(org, member).await?)?;
    filled(store, member, holdings, None).await
}

/// What a token with a scope holds in an organization.
pub async fn scoped_org_permissions(
    store: &Store,
    org: OrgId,
    identity: IdentityId,
    scope: &TokenScope,
    now: Timestamp,
) -> ApiResult<Permissions> {
    let member = MemberRef::Identity(identity);
    let holdings = Holdings::read(Level::Organization, store.org_grants(org, member).await?)?;
    filled(store, member, holdings, Some(scope)).await?.at(now)
}

/// What somebody holds in a project.
pub async fn project_holdings(store: &Store, project: ProjectId, member: MemberRef) -> ApiResult<Holdings> {
    let holdings = Holdings::read(Level::Project, store.project_grants(project, member).await?.grants)?;
    filled(store, member, holdings, None).await
}

/// Fills templates in, if there are any, and narrows to the scope of a token, if it has one.
async fn filled(
    store: &Store,
    member: MemberRef,
    holdings: Holdings,
    scope: Option<&TokenScope>,
) -> ApiResult<Holdings> {
    let holdings = match scope.and_then(|scope| scope.roles.as_ref()) {
        Some(roles) => holdings.narrowed_to(roles),
        None => holdings,
    };
    let used = holdings.templates();
    let values = if used.identity { template_values(store, member).await? } else { TemplateValues::none() };
    Ok(match scope {
        Some(scope) if used.login => holdings.filled_with(scope.fill(values)),
        _ if used.identity => holdings.filled_with(values),
        _ => holdings,
    })
}

/// What the rules of somebody are filled in with: id, name and metadata of an identity, id and
/// e-mail address of a user.
pub async fn template_values(store: &Store, member: MemberRef) -> ApiResult<TemplateValues> {
    match member {
        MemberRef::Identity(id) => {
            let name = store.identity_gate(id).await?.map(|gate| gate.name).unwrap_or_default();
            let values = TemplateValues::of(id.to_string(), name);
            let metadata = store.template_metadata(id).await?.into_iter();
            Ok(metadata.fold(values, |values, (key, value)| values.metadata(key, value)))
        }
        MemberRef::User(id) => {
            let email = store.user(id).await?.map(|user| user.email).unwrap_or_default();
            Ok(TemplateValues::of(id.to_string(), email))
        }
        MemberRef::Group(_) => Ok(TemplateValues::none()),
    }
}

/// A project, and what one actor holds in it.
#[derive(Debug)]
pub struct ProjectFacts {
    /// The project.
    pub project: Project,
    /// Whether the actor is a member, itself or through a group.
    pub is_member: bool,
    /// The actor's own membership, if it has one.
    pub membership: Option<MembershipId>,
    /// What the actor's roles and privileges allow at present.
    pub permissions: Permissions,
    /// When a temporary role or privilege begins or ends next.
    pub changes_at: Option<Timestamp>,
}

impl ProjectFacts {
    async fn load(
        store: &Store,
        id: ProjectId,
        actor: ActorId,
        scope: Option<&TokenScope>,
        now: Timestamp,
    ) -> ApiResult<Option<Self>> {
        let Some(project) = store.project(id).await? else { return Ok(None) };
        let ProjectGrants { is_member, membership, grants } =
            store.project_grants(id, actor.member()).await?;
        let holdings = filled(store, actor.member(), Holdings::read(Level::Project, grants)?, scope).await?;
        let (permissions, changes_at) = (holdings.at(now)?, holdings.changes_at(now));
        Ok(Some(Self { project, is_member, membership, permissions, changes_at }))
    }
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

    /// The actor's own membership; none if it is a member through groups only.
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

    /// What custom roles of the project belong to.
    pub fn roles(&self) -> RoleScope {
        RoleScope::Project(self.facts.project.org_id, self.facts.project.id)
    }
}

/// Somebody's holdings, and what the caller holds at the same place.
#[derive(Debug)]
struct Measured {
    caller: Permissions,
    theirs: Holdings,
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
    measured: Vec<Measured>,
    is_caller: bool,
    now: Timestamp,
}

impl Governed {
    /// Refuses when the identity holds anything, now or later, that the actor does not.
    pub fn within_boundary(&self, message: &str) -> ApiResult<()> {
        if self.is_caller {
            return Ok(());
        }
        let one = |measured: &Measured| measured.theirs.within(&measured.caller, self.now, message);
        self.measured.iter().try_for_each(one)
    }

    /// Refuses when the identity, with these values in the templates of its rules, would hold
    /// anything that the actor does not.
    pub fn stays_within(&self, values: &TemplateValues, message: &str) -> ApiResult<()> {
        let templated = self.measured.iter().filter(|measured| measured.theirs.templates().identity);
        templated.into_iter().try_for_each(|measured| {
            let then = measured.theirs.clone().filled_with(values.clone());
            then.within(&measured.caller, self.now, message)
        })
    }
}

/// A group, and what the caller holds wherever it holds something.
#[derive(Debug)]
pub struct GovernedGroup {
    /// The group.
    pub group: Group,
    measured: Vec<Measured>,
    now: Timestamp,
}

impl GovernedGroup {
    /// Refuses when being in the group gives anything, now or later, that the actor does not hold.
    pub fn within_boundary(&self, message: &str) -> ApiResult<()> {
        let one = |measured: &Measured| measured.theirs.within(&measured.caller, self.now, message);
        self.measured.iter().try_for_each(one)
    }

    /// Refuses when being in it no more does.
    pub fn may_end(&self, message: &str) -> ApiResult<()> {
        let one = |measured: &Measured| measured.theirs.may_end(&measured.caller, self.now, message);
        self.measured.iter().try_for_each(one)
    }
}

/// A project of the actor's organization, and what the actor holds in it.
pub async fn project_facts(
    app: &App,
    actor: &Actor,
    id: ProjectId,
    now: Timestamp,
) -> ApiResult<Arc<ProjectFacts>> {
    let nobody = || ApiError::internal("nobody, or no organization, where a project is asked for");
    let (org, _) = actor.organization().ok_or_else(nobody)?;
    let (scope, actor) = (actor.scope(), actor.id().ok_or_else(nobody)?);
    let (store, cache) = (&app.store, &app.caches.projects);
    let key = (actor, scope.map(|scope| scope.key), id);
    let is_current = |facts: &Arc<ProjectFacts>| facts.changes_at.is_none_or(|at| at > now);
    let known = cache.get(store, &key).filter(is_current);
    let facts = if known.is_some() {
        known
    } else {
        cache.forget(&key);
        let topics = [actor.topic(), id.into(), org.into()];
        cache.get_or_load(store, key, &topics, || ProjectFacts::load(store, id, actor, scope, now)).await?
    };
    facts
        .filter(|facts| facts.project.org_id == org)
        .ok_or_else(|| ApiError::not_found(format!("Project with ID '{id}' not found")))
}

impl Cx {
    /// A project of the caller's organization that the caller is a member of. 404 when there is
    /// none (or it belongs to others), 403 when the caller is no member.
    pub async fn project(&self, id: ProjectId) -> ApiResult<ProjectScope> {
        let facts = self.project_facts(id).await?;
        self.meta.concerns(id);
        if !facts.is_member {
            return Err(ApiError::forbidden(format!(
                "You are not a member of this project with ID {id}. Please assign this {} to the project with the \
                 appropriate permissions, then try again.",
                self.actor_kind()
            )));
        }
        let need = match self.access() {
            Access::Project(need)
            | Access::Identity { project: need, .. }
            | Access::Either { project: need, .. } => Some(need),
            _ => None,
        };
        Ok(ProjectScope { facts, need })
    }

    /// A project of the caller's organization, and what the caller holds in it.
    async fn project_facts(&self, id: ProjectId) -> ApiResult<Arc<ProjectFacts>> {
        project_facts(&self.app, &self.actor, id, self.now()).await
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
        let (permit, project) = match identity.project_id {
            None => (org_permissions.check(org_need, &Object::plain())?, None),
            Some(project) => {
                let scope = self.project(project).await?;
                (scope.may(&Object::identity(&id.to_string()))?, Some(scope))
            }
        };
        self.guard_instance_admin(&identity)?;
        let everywhere = org_need != org::IDENTITY_READ;
        let measured = self.measure_identity(id, project.as_ref(), everywhere).await?;
        // Who is itself but holds less with this token, or would hold more with another proof, is somebody else.
        let is_caller = self.actor_id()? == ActorId::Identity(id) && self.actor.scope().is_none();
        Ok(Governed { permit, project, measured, is_caller, now: self.now(), identity })
    }

    /// What an identity holds where it is managed or, if that is the organization, `everywhere`, and
    /// what the caller holds there.
    async fn measure_identity(
        &self,
        id: IdentityId,
        project: Option<&ProjectScope>,
        everywhere: bool,
    ) -> ApiResult<Vec<Measured>> {
        let (store, member) = (&self.app.store, MemberRef::Identity(id));
        if let Some(scope) = project {
            let theirs = project_holdings(store, scope.id(), member).await?;
            return Ok(vec![Measured { caller: scope.permissions().clone(), theirs }]);
        }
        let (org, mine) = self.organization()?;
        let mut measured =
            vec![Measured { caller: mine.clone(), theirs: org_holdings(store, org, member).await? }];
        if everywhere {
            measured.extend(self.measure_projects(member).await?);
        }
        Ok(measured)
    }

    /// What somebody holds in all projects, and what the caller holds there.
    async fn measure_projects(&self, member: MemberRef) -> ApiResult<Vec<Measured>> {
        if self.reaches_all_projects()? {
            return Ok(Vec::new());
        }
        let mut measured = Vec::new();
        for project in self.app.store.projects_held_by(self.org()?, member).await? {
            let caller = self.permissions_in(project).await?;
            let theirs = project_holdings(&self.app.store, project, member).await?;
            measured.push(Measured { caller, theirs });
        }
        Ok(measured)
    }

    /// Whether the caller may act in all projects of the organization: as far as the boundary goes
    /// it holds everything in them.
    fn reaches_all_projects(&self) -> ApiResult<bool> {
        Ok(self.organization()?.1.allows(org::ACCESS_ALL_PROJECTS, &Object::plain()))
    }

    /// A group of the caller's organization, with what it holds everywhere.
    pub async fn group(&self, id: GroupId) -> ApiResult<GovernedGroup> {
        let (org, mine) = self.organization()?;
        let missing = || ApiError::not_found(format!("Failed to find group with ID {id}"));
        let group = self.app.store.group(org, id).await?.ok_or_else(missing)?;
        let member = MemberRef::Group(id);
        let theirs = org_holdings(&self.app.store, org, member).await?;
        let mut measured = vec![Measured { caller: mine.clone(), theirs }];
        measured.extend(self.measure_projects(member).await?);
        Ok(GovernedGroup { group, measured, now: self.now() })
    }

    /// Whether the caller has what the route's entry asks for in the whole organization. If not, it is
    /// refused, unless it has it in the project that the request is about.
    pub async fn either(&self, project: Option<ProjectId>) -> ApiResult<bool> {
        let Access::Either { org: need, .. } = self.access() else {
            return Err(ApiError::internal("the route names no permission at two levels"));
        };
        let checked = self.organization()?.1.check(need, &Object::plain());
        match (checked, project) {
            (Ok(_), None) => Ok(true),
            // A project of another organization is as good as missing.
            (Ok(_), Some(project)) => self.project_facts(project).await.map(|_| true),
            (Err(_), Some(project)) => {
                self.project(project).await?.may(&Object::plain())?;
                Ok(false)
            }
            (Err(denied), None) => Err(denied.into()),
        }
    }

    /// Those of the identities, all managed by projects of which the caller holds the given, that hold
    /// no more there, now or later, than the caller.
    pub async fn within_boundary_of(
        &self,
        project: ProjectId,
        mine: &Permissions,
        ids: Vec<IdentityId>,
    ) -> ApiResult<Vec<IdentityId>> {
        let mut visible = Vec::with_capacity(ids.len());
        for id in ids {
            let theirs = project_holdings(&self.app.store, project, MemberRef::Identity(id)).await?;
            if self.actor_id()? == ActorId::Identity(id) || theirs.within(mine, self.now(), "").is_ok() {
                visible.push(id);
            }
        }
        Ok(visible)
    }

    /// What the caller holds in a project; nothing if it is no member.
    pub async fn permissions_in(&self, project: ProjectId) -> ApiResult<Permissions> {
        Ok(self.project_facts(project).await?.permissions.clone())
    }

    /// An organization role that can be given.
    pub async fn org_role(&self, slug: &str) -> ApiResult<Offered> {
        if let Some(role) = Offered::built_in(Level::Organization, slug) {
            return Ok(role);
        }
        let scope = RoleScope::Organization(self.org()?);
        match self.app.store.custom_role_by_slug(scope, slug).await? {
            Some(role) => Offered::custom(&role),
            None => Err(ApiError::not_found("Organization role not found")),
        }
    }

    /// A role of a project that can be given.
    pub async fn project_role(&self, project: &ProjectScope, slug: &str) -> ApiResult<Offered> {
        if let Some(role) = Offered::built_in(Level::Project, slug) {
            return Ok(role);
        }
        match self.app.store.custom_role_by_slug(project.roles(), slug).await? {
            Some(role) => Offered::custom(&role),
            None => Err(ApiError::not_found("One or more custom roles not found")),
        }
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
