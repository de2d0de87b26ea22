//! Additional privileges of identities (both generations) and of users.

use serde_json::{Value, json};
use vouchsafe_api::privileges::{
    CreatePrivilege, CreatePrivilegeV1, CreateUserPrivilege, ListPrivileges, ListPrivilegesV1,
    ListUserPrivileges, Privilege, PrivilegeList, PrivilegePath, PrivilegeReply, PrivilegeTime,
    PrivilegeV1Path, ShortRule, UpdatePrivilege, UpdatePrivilegeV1,
};
use vouchsafe_domain::id::{IdentityId, MembershipId, PrivilegeId};
use vouchsafe_domain::slug::Slug;
use vouchsafe_keys::random;
use vouchsafe_policy::{Level, Need, Object, Permit, project};
use vouchsafe_store::{
    self as store, MOST_PRIVILEGES, Member, MemberRef, PrivilegeParts, StoreError, TemporaryRole,
};

use super::custom_roles::{from_v1, to_v1};
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::roles::{may_manage, temporary};
use super::route::{Access, Outcome, Routes};
use crate::access::{ProjectScope, template_values};
use crate::rules;

const READ: Access = Access::Project(project::IDENTITY_READ);
const EDIT: Access = Access::Project(project::IDENTITY_EDIT);
const READ_USER: Access = Access::Project(project::MEMBER_READ);
const EDIT_USER: Access = Access::Project(project::MEMBER_EDIT);

const V1: &str = "/api/v1/additional-privilege/identity";
const V2: &str = "/api/v2/identity-project-additional-privilege";
const V2_ONE: &str = "/api/v2/identity-project-additional-privilege/{privilegeId}";
const USER: &str = "/api/v1/user-project-additional-privilege";
const USER_ONE: &str = "/api/v1/user-project-additional-privilege/{privilegeId}";

pub(super) fn routes() -> Routes {
    Routes::new("Additional privileges")
        .post(
            ["/api/v1/additional-privilege/identity/permanent"],
            EDIT,
            "Give an identity a privilege for good",
            create_permanent,
        )
        .post(
            ["/api/v1/additional-privilege/identity/temporary"],
            EDIT,
            "Give an identity a privilege for a time",
            create_temporary,
        )
        .patch([V1], EDIT, "Change a privilege of an identity", update_v1)
        .delete([V1], EDIT, "Take a privilege from an identity", delete_v1)
        .get([V1], READ, "List the privileges of an identity", list_v1)
        .get(
            ["/api/v1/additional-privilege/identity/{privilegeSlug}"],
            READ,
            "Read a privilege of an identity",
            get_v1,
        )
        .post([V2], EDIT, "Give an identity a privilege", create)
        .get([V2], READ, "List the privileges of an identity", list)
        .get(
            ["/api/v2/identity-project-additional-privilege/slug/{privilegeSlug}"],
            READ,
            "Read a privilege by its slug",
            get_by_slug,
        )
        .get([V2_ONE], READ, "Read a privilege", get)
        .patch([V2_ONE], EDIT, "Change a privilege", update)
        .delete([V2_ONE], EDIT, "Take a privilege away", delete)
        .post([USER], EDIT_USER, "Give a user a privilege", create_for_user)
        .get([USER], READ_USER, "List the privileges of a user", list_of_user)
        .get([USER_ONE], READ_USER, "Read a privilege of a user", get)
        .patch([USER_ONE], EDIT_USER, "Change a privilege of a user", update)
        .delete([USER_ONE], EDIT_USER, "Take a privilege from a user", delete)
}

const NOT_UPDATED: &str = "Failed to update more privileged identity";
const USER_NOT_UPDATED: &str = "Failed to update more privileged user";

/// A member whose privileges are asked for, and what the caller may do with them.
struct Holder {
    scope: ProjectScope,
    member: Member,
    permit: Permit,
    /// The user's e-mail address, for users.
    email: String,
}

impl Holder {
    async fn identity(cx: &Cx, scope: ProjectScope, id: IdentityId) -> ApiResult<Self> {
        let permit = scope.may(&Object::identity(&id.to_string()))?;
        let member = cx.app.store.project_member(scope.id(), MemberRef::Identity(id)).await?;
        let missing = || ApiError::not_found(format!("Failed to find identity with ID {id} in the project"));
        Ok(Self { member: member.ok_or_else(missing)?, scope, permit, email: String::new() })
    }

    async fn user(cx: &Cx, id: MembershipId) -> ApiResult<Self> {
        let missing = || ApiError::not_found(format!("Project membership with ID {id} not found"));
        let project = cx.app.store.project_of_membership(id).await?.ok_or_else(missing)?;
        let scope = hide(cx.project(project).await, missing)?;
        scope.may(&Object::any())?;
        let user = cx.app.store.project_user(project, id).await?.ok_or_else(missing)?;
        let permit = scope.may(&Object::member(&user.user.email))?;
        Ok(Self { member: user.member(), scope, permit, email: user.user.email })
    }

    /// The holder of a privilege. Routes of identities know those of identities only.
    async fn of(cx: &Cx, id: PrivilegeId) -> ApiResult<(Self, store::Privilege)> {
        let missing = || ApiError::not_found(format!("Identity privilege with ID '{id}' not found"));
        let found = cx.app.store.privilege(id).await?.ok_or_else(missing)?;
        let for_users = cx.access() == READ_USER || cx.access() == EDIT_USER;
        let holder = match found.member {
            MemberRef::Identity(identity) if !for_users => {
                let scope = hide(cx.project(found.project_id).await, missing)?;
                Self::identity(cx, scope, identity).await?
            }
            MemberRef::User(_) if for_users => hide(Self::user(cx, found.membership_id).await, missing)?,
            _ => return Err(missing()),
        };
        Ok((holder, found))
    }

    async fn named(&self, cx: &Cx, slug: &str) -> ApiResult<store::Privilege> {
        let found = cx.app.store.privilege_by_slug(self.member.id, slug).await?;
        found.ok_or_else(|| {
            let shown: String = slug.chars().take(64).collect();
            ApiError::not_found(format!("Identity privilege with slug '{shown}' not found"))
        })
    }

    fn message(&self) -> &'static str {
        if self.email.is_empty() { NOT_UPDATED } else { USER_NOT_UPDATED }
    }

    /// Refuses unless the caller may give these rules: by their subjects and actions, within what it
    /// holds itself, and to somebody who does not hold more.
    async fn may_give(&self, cx: &Cx, rules: &[Value]) -> ApiResult<()> {
        may_manage(cx, &self.scope, self.member.member, self.message()).await?;
        let grants = self.grants();
        let id = match self.member.member {
            MemberRef::Identity(id) => id.to_string(),
            _ => String::new(),
        };
        let object = if self.email.is_empty() { Object::identity(&id) } else { Object::member(&self.email) };
        for rule in rules {
            let actions = rule["action"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for action in actions {
                let mut object = object;
                object.assignable_subject = rule["subject"].as_str();
                object.assignable_action = Some(action);
                if !self.scope.allows(grants[1], &object) {
                    self.scope.may_need(grants[0], &object)?;
                }
            }
        }
        let values = template_values(&cx.app.store, self.member.member).await?;
        rules::within_for(self.scope.permissions(), rules, &values, self.message())
    }

    /// Either of these permits giving privileges.
    fn grants(&self) -> [Need; 2] {
        if self.email.is_empty() {
            [project::IDENTITY_GRANT_PRIVILEGES, project::IDENTITY_ASSIGN_ADDITIONAL_PRIVILEGES]
        } else {
            [project::MEMBER_GRANT_PRIVILEGES, project::MEMBER_ASSIGN_ADDITIONAL_PRIVILEGES]
        }
    }

    fn detail(&self, slug: &str, rules: &[Value]) -> Value {
        let holder = match self.member.member {
            MemberRef::Identity(id) => json!({ "identityId": id }),
            MemberRef::User(id) => json!({ "userId": id }),
            MemberRef::Group(id) => json!({ "groupId": id }),
        };
        json!({ "holder": holder, "slug": slug, "permissions": rules })
    }
}

/// What belongs to another organization is as good as missing.
fn hide<T>(found: ApiResult<T>, missing: impl FnOnce() -> ApiError) -> ApiResult<T> {
    found.map_err(|error| if error.status() == 404 { missing() } else { error })
}

/// What a new privilege is made of.
struct New {
    slug: Option<String>,
    permissions: Vec<Value>,
    temporary: Option<TemporaryRole>,
}

async fn give(cx: &Cx, holder: &Holder, new: New) -> ApiResult<store::Privilege> {
    let slug = match new.slug.as_deref() {
        Some(text) => slug(text)?,
        None => random::alphanumeric(12).to_ascii_lowercase(),
    };
    let permissions = rules::checked(Level::Project, "permissions", &new.permissions)?;
    holder.may_give(cx, &permissions).await?;
    if cx.app.store.privileges(holder.member.id).await?.len() >= MOST_PRIVILEGES {
        return Err(ApiError::bad_request(format!("A member has at most {MOST_PRIVILEGES} privileges")));
    }
    let mut change = cx.app.store.change(&holder.permit, &cx.author()).await?;
    let parts = PrivilegeParts { slug: &slug, permissions: &permissions, temporary: new.temporary.as_ref() };
    let id = change.insert_privilege(&holder.member, &parts).await.map_err(taken)?;
    let project = holder.scope.project();
    let detail = holder.detail(&slug, &permissions);
    change.audit("create-additional-privilege", project.org_id, Some(project.id), &detail);
    change.commit().await?;
    stored(cx, id).await
}

/// What changes of a privilege.
struct Changed {
    slug: Option<String>,
    permissions: Option<Vec<Value>>,
    time: Option<PrivilegeTime>,
}

async fn alter(
    cx: &Cx,
    holder: &Holder,
    old: store::Privilege,
    changed: Changed,
) -> ApiResult<store::Privilege> {
    let new_slug = changed.slug.as_deref().map(slug).transpose()?;
    let permissions = match &changed.permissions {
        Some(list) => rules::checked(Level::Project, "permissions", list)?,
        None => old.permissions.clone(),
    };
    let temporary = match &changed.time {
        Some(time) => window(time)?,
        None => old.temporary.clone(),
    };
    holder.may_give(cx, &permissions).await?;
    // A rule that forbids and ends at another time is as good as taken away.
    let kept: &[Value] = if temporary == old.temporary { &permissions } else { &[] };
    let freed = rules::freed(&old.permissions, kept);
    rules::within(holder.scope.permissions(), &freed, holder.message())?;

    let mut change = cx.app.store.change(&holder.permit, &cx.author()).await?;
    let slug = new_slug.as_deref().unwrap_or(&old.slug);
    let parts = PrivilegeParts { slug, permissions: &permissions, temporary: temporary.as_ref() };
    if !change.update_privilege(&old, &parts).await.map_err(taken)? {
        return Err(changed_meanwhile());
    }
    let project = holder.scope.project();
    let detail = holder.detail(slug, &permissions);
    change.audit("update-additional-privilege", project.org_id, Some(project.id), &detail);
    change.commit().await?;
    stored(cx, old.id).await
}

async fn take(cx: &Cx, holder: &Holder, old: store::Privilege) -> ApiResult<store::Privilege> {
    let message = holder.message();
    may_manage(cx, &holder.scope, holder.member.member, message).await?;
    rules::within(holder.scope.permissions(), &rules::freed(&old.permissions, &[]), message)?;
    let mut change = cx.app.store.change(&holder.permit, &cx.author()).await?;
    if !change.delete_privilege(&old).await? {
        return Err(changed_meanwhile());
    }
    let project = holder.scope.project();
    let detail = holder.detail(&old.slug, &old.permissions);
    change.audit("delete-additional-privilege", project.org_id, Some(project.id), &detail);
    change.commit().await?;
    Ok(old)
}

fn changed_meanwhile() -> ApiError {
    ApiError::bad_request("The privilege was changed meanwhile. Please try again.")
}

fn taken(error: StoreError) -> ApiError {
    ApiError::taken(error, "slug", "Additional privilege with provided slug already exists")
}

async fn stored(cx: &Cx, id: PrivilegeId) -> ApiResult<store::Privilege> {
    let found = cx.app.store.privilege(id).await?;
    found.ok_or_else(|| ApiError::not_found("The privilege does not exist any more"))
}

fn slug(text: &str) -> ApiResult<String> {
    let slug = Slug::parse(text, 1..=60).map_err(|error| ApiError::invalid("slug", error.to_string()))?;
    Ok(slug.into_string())
}

pub(super) fn window(time: &PrivilegeTime) -> ApiResult<Option<TemporaryRole>> {
    if time.is_temporary.unwrap_or(false) { limited(time).map(Some) } else { Ok(None) }
}

fn limited(time: &PrivilegeTime) -> ApiResult<TemporaryRole> {
    temporary(
        time.temporary_mode.as_deref(),
        time.temporary_range.as_deref(),
        time.temporary_access_start_time.as_deref(),
        str::to_owned,
    )
}

/// The rules of an older request, if there are any.
fn rules_v1(list: Option<Vec<Value>>, one: Option<ShortRule>) -> Option<Vec<Value>> {
    let one = one.map(|rule| {
        vec![json!({ "subject": rule.subject, "action": rule.actions, "conditions": rule.conditions })]
    });
    list.or(one).map(|rules| from_v1(&rules))
}

async fn create_permanent(cx: Cx, input: CreatePrivilegeV1) -> Outcome<PrivilegeReply> {
    create_v1(cx, input, false).await
}

async fn create_temporary(cx: Cx, input: CreatePrivilegeV1) -> Outcome<PrivilegeReply> {
    create_v1(cx, input, true).await
}

async fn create_v1(cx: Cx, input: CreatePrivilegeV1, is_temporary: bool) -> Outcome<PrivilegeReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    let permissions = rules_v1(input.permissions, input.privilege_permission)
        .ok_or_else(|| ApiError::unauthorized("Permission or privilegePermission must be provided"))?;
    let temporary = if is_temporary { Some(limited(&input.time)?) } else { None };
    let given = give(&cx, &holder, New { slug: input.slug, permissions, temporary }).await?;
    ok(PrivilegeReply { privilege: shown_v1(given) })
}

async fn update_v1(cx: Cx, input: UpdatePrivilegeV1) -> Outcome<PrivilegeReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    let old = holder.named(&cx, &input.privilege_slug).await?;
    let details = input.privilege_details;
    let changed = Changed {
        slug: details.slug,
        permissions: rules_v1(details.permissions, details.privilege_permission),
        time: details.time.is_temporary.map(|_| details.time),
    };
    ok(PrivilegeReply { privilege: shown_v1(alter(&cx, &holder, old, changed).await?) })
}

async fn delete_v1(cx: Cx, input: PrivilegeV1Path) -> Outcome<PrivilegeReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    let old = holder.named(&cx, &input.privilege_slug).await?;
    ok(PrivilegeReply { privilege: shown_v1(take(&cx, &holder, old).await?) })
}

async fn get_v1(cx: Cx, input: PrivilegeV1Path) -> Outcome<PrivilegeReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    ok(PrivilegeReply { privilege: shown_v1(holder.named(&cx, &input.privilege_slug).await?) })
}

async fn list_v1(cx: Cx, input: ListPrivilegesV1) -> Outcome<PrivilegeList> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    let found = cx.app.store.privileges(holder.member.id).await?;
    ok(PrivilegeList { privileges: found.into_iter().map(shown_v1).collect() })
}

async fn create(cx: Cx, input: CreatePrivilege) -> Outcome<PrivilegeReply> {
    let scope = cx.project(input.project_id).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    let temporary = window(&input.time.unwrap_or_default())?;
    let new = New { slug: input.slug, permissions: input.permissions, temporary };
    ok(PrivilegeReply { privilege: shown(give(&cx, &holder, new).await?) })
}

async fn create_for_user(cx: Cx, input: CreateUserPrivilege) -> Outcome<PrivilegeReply> {
    let holder = Holder::user(&cx, input.project_membership_id).await?;
    let temporary = window(&input.time.unwrap_or_default())?;
    let new = New { slug: input.slug, permissions: input.permissions, temporary };
    ok(PrivilegeReply { privilege: shown(give(&cx, &holder, new).await?) })
}

async fn update(cx: Cx, input: UpdatePrivilege) -> Outcome<PrivilegeReply> {
    let (holder, old) = Holder::of(&cx, input.privilege_id).await?;
    let changed = Changed { slug: input.slug, permissions: input.permissions, time: input.time };
    ok(PrivilegeReply { privilege: shown(alter(&cx, &holder, old, changed).await?) })
}

async fn delete(cx: Cx, input: PrivilegePath) -> Outcome<PrivilegeReply> {
    let (holder, old) = Holder::of(&cx, input.privilege_id).await?;
    ok(PrivilegeReply { privilege: shown(take(&cx, &holder, old).await?) })
}

async fn get(cx: Cx, input: PrivilegePath) -> Outcome<PrivilegeReply> {
    let (_, found) = Holder::of(&cx, input.privilege_id).await?;
    ok(PrivilegeReply { privilege: shown(found) })
}

async fn get_by_slug(cx: Cx, input: PrivilegeV1Path) -> Outcome<PrivilegeReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    ok(PrivilegeReply { privilege: shown(holder.named(&cx, &input.privilege_slug).await?) })
}

async fn list(cx: Cx, input: ListPrivileges) -> Outcome<PrivilegeList> {
    let scope = cx.project(input.project_id).await?;
    let holder = Holder::identity(&cx, scope, input.identity_id).await?;
    listed(&cx, &holder).await
}

async fn list_of_user(cx: Cx, input: ListUserPrivileges) -> Outcome<PrivilegeList> {
    let holder = Holder::user(&cx, input.project_membership_id).await?;
    listed(&cx, &holder).await
}

async fn listed(cx: &Cx, holder: &Holder) -> Outcome<PrivilegeList> {
    let found = cx.app.store.privileges(holder.member.id).await?;
    let one = |privilege| Privilege { permissions: None, ..shown(privilege) };
    ok(PrivilegeList { privileges: found.into_iter().map(one).collect() })
}

fn shown_v1(privilege: store::Privilege) -> Privilege {
    let permissions = Some(without_derived(&privilege.permissions));
    Privilege { permissions, ..shown(privilege) }
}

/// Older clients get no rules on folders, imports and dynamic secrets.
fn without_derived(rules: &[Value]) -> Vec<Value> {
    to_v1(rules).into_iter().filter(|rule| rule["subject"] != "secret-folders").collect()
}

fn shown(privilege: store::Privilege) -> Privilege {
    let (identity_id, user_id) = match privilege.member {
        MemberRef::Identity(id) => (Some(id), None),
        MemberRef::User(id) => (None, Some(id)),
        MemberRef::Group(_) => (None, None),
    };
    let project_membership_id = match identity_id {
        Some(_) => privilege.project_id.to_string(),
        None => privilege.membership_id.to_string(),
    };
    let window = privilege.temporary;
    Privilege {
        id: privilege.id,
        slug: privilege.slug,
        identity_id,
        user_id,
        project_id: privilege.project_id,
        project_membership_id,
        is_temporary: window.is_some(),
        temporary_mode: window.as_ref().map(|_| "relative".to_owned()),
        temporary_range: window.as_ref().map(|window| window.range.clone()),
        temporary_access_start_time: window.as_ref().map(|window| window.starts_at),
        temporary_access_end_time: window.map(|window| window.ends_at),
        permissions: Some(privilege.permissions),
        created_at: privilege.created_at,
        updated_at: privilege.updated_at,
    }
}
