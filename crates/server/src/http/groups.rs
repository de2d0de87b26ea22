//! Groups of users and identities: `/api/v1/groups`.

use serde_json::json;
use vouchsafe_api::common::{Direction, Nothing};
use vouchsafe_api::groups::{
    CreateGroup, Group, GroupIdentity, GroupIdentityId, GroupIdentityList, GroupIdentityPath, GroupMember,
    GroupMemberList, GroupPath, GroupProject, GroupProjectList, GroupUser, GroupUserList, GroupUserPath,
    JoinedGroup, JoinedGroupList, ListGroup, ListGroupsOfIdentity, OrgGroup, OrgGroupList, UpdateGroup,
};
use vouchsafe_api::organizations::OrganizationPath;
use vouchsafe_api::users::UserSummary;
use vouchsafe_domain::id::{GroupId, IdentityId};
use vouchsafe_domain::slug::{Slug, slugify};
use vouchsafe_domain::text::{Email, bounded};
use vouchsafe_keys::random;
use vouchsafe_policy::{Object, org, project};
use vouchsafe_store::{
    self as store, GroupCandidate, GroupMemberKind, GroupParts, MOST_GROUPS, MemberRef, StoreError,
};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::{custom_role, page};
use super::organizations::own_organization;
use super::reply::ok;
use super::roles::NO_ACCESS;
use super::route::{Access, Outcome, Routes};
use super::users::summary;
use crate::access::GovernedGroup;

const READ: Access = Access::Org(org::GROUP_READ);

const READ_IDENTITY: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };

const ONE: &str = "/api/v1/groups/{groupId}";
const USER: &str = "/api/v1/groups/{groupId}/users/{username}";
const IDENTITY: &str = "/api/v1/groups/{groupId}/machine-identities/{identityId}";

pub(super) fn routes() -> Routes {
    Routes::new("Groups")
        .post(["/api/v1/groups"], Access::Org(org::GROUP_CREATE), "Make a group", create)
        .get(["/api/v1/groups"], READ, "List the groups of the organization", list)
        .get(
            ["/api/v1/organization/{organizationId}/groups"],
            READ,
            "List the groups of the organization with their roles",
            list_of_organization,
        )
        .get([ONE], READ, "Read a group", get)
        .patch([ONE], Access::Org(org::GROUP_EDIT), "Change a group", update)
        .delete([ONE], Access::Org(org::GROUP_DELETE), "Delete a group", delete)
        .post([USER], Access::Org(org::GROUP_ADD_MEMBERS), "Put a user into a group", add_user)
        .delete([USER], Access::Org(org::GROUP_REMOVE_MEMBERS), "Take a user out of a group", remove_user)
        .get(["/api/v1/groups/{groupId}/users"], READ, "List the users who are in a group or could be", users)
        .post(
            [IDENTITY],
            Access::Org(org::GROUP_ADD_IDENTITIES),
            "Put an identity into a group",
            add_identity,
        )
        .delete(
            [IDENTITY],
            Access::Org(org::GROUP_REMOVE_IDENTITIES),
            "Take an identity out of a group",
            remove_identity,
        )
        .get(
            ["/api/v1/groups/{groupId}/machine-identities"],
            READ,
            "List the identities that are in a group or could be",
            identities,
        )
        .get(["/api/v1/groups/{groupId}/members"], READ, "List who is in a group", members)
        .get(["/api/v1/groups/{groupId}/projects"], READ, "List the projects of a group", projects)
        .get(
            ["/api/v1/identities/{identityId}/groups"],
            READ_IDENTITY,
            "List the groups that an identity is in, for those who may read groups too",
            groups_of_identity,
        )
}

async fn create(cx: Cx, input: CreateGroup) -> Outcome<Group> {
    let (org_id, mine) = cx.organization()?;
    let name = name(&input.name)?;
    let slug = match input.slug.as_deref() {
        Some(text) => slug(text)?,
        None => slug_of(&name),
    };
    let role_slug = input.role.as_deref().map_or(NO_ACCESS, str::trim);
    let role = cx.org_role(role_slug).await?;
    role.within(mine, "Failed to create a more privileged group")?;
    if role_slug != NO_ACCESS {
        mine.check(org::GROUP_GRANT_PRIVILEGES, &Object::plain())?;
    }
    if cx.app.store.groups(org_id).await?.len() >= MOST_GROUPS {
        return Err(ApiError::bad_request(format!("An organization has at most {MOST_GROUPS} groups")));
    }
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    let parts = GroupParts { name: &name, slug: &slug, role: role.role().clone() };
    let id = change.insert_group(org_id, &parts).await.map_err(taken)?;
    let detail = json!({ "groupId": id, "name": name, "slug": slug, "role": role_slug });
    change.audit("create-group", org_id, None, &detail);
    change.commit().await?;
    ok(current(&cx, id).await?)
}

async fn update(cx: Cx, input: UpdateGroup) -> Outcome<Group> {
    const MESSAGE: &str = "Failed to update a more privileged group";
    let target = cx.group(input.group_id).await?;
    target.within_boundary(MESSAGE)?;
    let (org_id, mine) = cx.organization()?;
    let group = &target.group;
    let new_name = input.name.as_deref().map(name).transpose()?;
    let new_slug = input.slug.as_deref().map(slug).transpose()?;
    let mut role = group.role_ref();
    if let Some(role_slug) = input.role.as_deref().map(str::trim) {
        let offered = cx.org_role(role_slug).await?;
        offered.within(mine, MESSAGE)?;
        if role_slug != NO_ACCESS {
            mine.check(org::GROUP_GRANT_PRIVILEGES, &Object::plain())?;
        }
        target.may_end(MESSAGE)?;
        role = offered.role().clone();
    }
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    let parts = GroupParts {
        name: new_name.as_deref().unwrap_or(&group.name),
        slug: new_slug.as_deref().unwrap_or(&group.slug),
        role,
    };
    if !change.update_group(group, &parts).await.map_err(taken)? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "groupId": group.id, "name": parts.name, "slug": parts.slug, "role": input.role });
    change.audit("update-group", org_id, None, &detail);
    change.commit().await?;
    ok(current(&cx, group.id).await?)
}

async fn delete(cx: Cx, input: GroupPath) -> Outcome<Group> {
    const MESSAGE: &str = "Failed to delete a more privileged group";
    let target = cx.group(input.group_id).await?;
    target.within_boundary(MESSAGE)?;
    target.may_end(MESSAGE)?;
    let group = target.group;
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    if !change.delete_group(&group).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "groupId": group.id, "name": group.name, "slug": group.slug });
    change.audit("delete-group", group.org_id, None, &detail);
    change.commit().await?;
    ok(shown(group))
}

async fn get(cx: Cx, input: GroupPath) -> Outcome<Group> {
    ok(current(&cx, input.group_id).await?)
}

async fn list(cx: Cx, _: Nothing) -> Outcome<Vec<Group>> {
    let found = cx.app.store.groups(cx.org()?).await?;
    ok(found.into_iter().map(shown).collect())
}

async fn list_of_organization(cx: Cx, input: OrganizationPath) -> Outcome<OrgGroupList> {
    let org_id = own_organization(&cx, input.organization_id)?;
    let found = cx.app.store.groups(org_id).await?.into_iter();
    ok(OrgGroupList { groups: found.map(with_role).collect() })
}

async fn groups_of_identity(cx: Cx, input: ListGroupsOfIdentity) -> Outcome<JoinedGroupList> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to read identity with more privileges")?;
    let (_, mine) = cx.organization()?;
    mine.check(org::GROUP_READ, &Object::plain())?;
    let most = i64::try_from(MOST_GROUPS).unwrap_or(i64::MAX);
    let page = page(input.limit, 100, most, input.offset, Direction::Asc)?;
    let (found, total_count) = cx.app.store.groups_of_identity(target.identity.id, page).await?;
    let one = |joined: store::JoinedGroup| JoinedGroup {
        group: with_role(joined.group),
        joined_group_at: joined.joined_at,
    };
    ok(JoinedGroupList { groups: found.into_iter().map(one).collect(), total_count })
}

async fn add_user(cx: Cx, input: GroupUserPath) -> Outcome<UserSummary> {
    let target = cx.group(input.group_id).await?;
    let user = user(&cx, &input.username).await?;
    add(&cx, &target, MemberRef::User(user.id), "Failed to add user to more privileged group").await?;
    ok(summary(user))
}

async fn remove_user(cx: Cx, input: GroupUserPath) -> Outcome<UserSummary> {
    let target = cx.group(input.group_id).await?;
    let user = user(&cx, &input.username).await?;
    let message = "Failed to remove user from more privileged group";
    remove(&cx, &target, MemberRef::User(user.id), message).await?;
    ok(summary(user))
}

async fn add_identity(cx: Cx, input: GroupIdentityPath) -> Outcome<GroupIdentityId> {
    let target = cx.group(input.group_id).await?;
    let identity = identity(&cx, input.identity_id).await?;
    if identity.project_id.is_some() {
        return Err(ApiError::bad_request("Identity is managed by project"));
    }
    let message = "Failed to add identity to more privileged group";
    add(&cx, &target, MemberRef::Identity(identity.id), message).await?;
    ok(GroupIdentityId { id: identity.id })
}

async fn remove_identity(cx: Cx, input: GroupIdentityPath) -> Outcome<GroupIdentityId> {
    let target = cx.group(input.group_id).await?;
    let identity = identity(&cx, input.identity_id).await?;
    let message = "Failed to remove identity from more privileged group";
    remove(&cx, &target, MemberRef::Identity(identity.id), message).await?;
    ok(GroupIdentityId { id: identity.id })
}

async fn add(cx: &Cx, target: &GovernedGroup, member: MemberRef, message: &str) -> ApiResult<()> {
    target.within_boundary(message)?;
    let group = &target.group;
    if cx.app.store.groups_of(member).await? >= i64::try_from(MOST_GROUPS).unwrap_or(i64::MAX) {
        return Err(ApiError::bad_request(format!("Nobody is in more than {MOST_GROUPS} groups")));
    }
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    change.add_to_group(group, member).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            ApiError::bad_request(format!("Already a member of the group {}", group.slug))
        }
        other => other.into(),
    })?;
    change.audit("add-to-group", group.org_id, None, &detail(group, member));
    Ok(change.commit().await?)
}

async fn remove(cx: &Cx, target: &GovernedGroup, member: MemberRef, message: &str) -> ApiResult<()> {
    target.within_boundary(message)?;
    target.may_end(message)?;
    let group = &target.group;
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    if !change.remove_from_group(group, member).await? {
        return Err(ApiError::bad_request(format!("Not a member of the group {}", group.slug)));
    }
    change.audit("remove-from-group", group.org_id, None, &detail(group, member));
    Ok(change.commit().await?)
}

fn detail(group: &store::Group, member: MemberRef) -> serde_json::Value {
    match member {
        MemberRef::Identity(id) => json!({ "groupId": group.id, "identityId": id }),
        MemberRef::User(id) => json!({ "groupId": group.id, "userId": id }),
        MemberRef::Group(id) => json!({ "groupId": id }),
    }
}

async fn users(cx: Cx, input: ListGroup) -> Outcome<GroupUserList> {
    let (found, total_count) = candidates(&cx, input, GroupMemberKind::Users, None).await?;
    ok(GroupUserList { users: found.into_iter().map(shown_user).collect(), total_count })
}

async fn identities(cx: Cx, input: ListGroup) -> Outcome<GroupIdentityList> {
    let (found, total_count) = candidates(&cx, input, GroupMemberKind::Identities, None).await?;
    ok(GroupIdentityList { machine_identities: found.into_iter().map(shown_identity).collect(), total_count })
}

async fn members(cx: Cx, input: ListGroup) -> Outcome<GroupMemberList> {
    let (found, total_count) = candidates(&cx, input, GroupMemberKind::All, Some(true)).await?;
    let one = |member: store::GroupMember| {
        let joined_group_at = member.joined_at;
        match member.member {
            MemberRef::Identity(id) => GroupMember {
                id: id.to_string(),
                kind: "machineIdentity".to_owned(),
                joined_group_at,
                user: None,
                machine_identity: Some(shown_identity(member)),
            },
            _ => GroupMember {
                id: id_of(member.member),
                kind: "user".to_owned(),
                joined_group_at,
                user: Some(shown_user(member)),
                machine_identity: None,
            },
        }
    };
    ok(GroupMemberList { members: found.into_iter().map(one).collect(), total_count })
}

async fn candidates(
    cx: &Cx,
    input: ListGroup,
    kind: GroupMemberKind,
    in_group: Option<bool>,
) -> ApiResult<(Vec<store::GroupMember>, i64)> {
    let group = group(cx, input.group_id).await?;
    let page = page(input.limit, 10, 100, input.offset, Direction::Asc)?;
    let filter = match input.filter.as_deref() {
        None => None,
        Some("existingMembers" | "assignedMachineIdentities") => Some(true),
        Some("nonMembers" | "nonAssignedMachineIdentities") => Some(false),
        Some(_) => {
            return Err(ApiError::invalid("filter", "Expected `existingMembers` or `nonMembers`"));
        }
    };
    let filter = GroupCandidate {
        kind,
        contains: input.search,
        email: input.username.map(|name| name.trim().to_lowercase()),
        in_group: in_group.or(filter),
    };
    Ok(cx.app.store.group_candidates(&group, &filter, page).await?)
}

async fn projects(cx: Cx, input: ListGroup) -> Outcome<GroupProjectList> {
    let group = group(&cx, input.group_id).await?;
    let page = page(input.limit, 10, 100, input.offset, Direction::Asc)?;
    let (found, total_count) = cx.app.store.group_projects(group.id, page).await?;
    let one = |project: store::GroupProject| GroupProject {
        id: project.id,
        name: project.name,
        slug: project.slug,
        description: project.description,
        kind: project.kind,
        joined_group_at: project.joined_at,
    };
    ok(GroupProjectList { projects: found.into_iter().map(one).collect(), total_count })
}

async fn group(cx: &Cx, id: GroupId) -> ApiResult<store::Group> {
    let group = cx.app.store.group(cx.org()?, id).await?;
    group.ok_or_else(|| ApiError::not_found(format!("Failed to find group with ID {id}")))
}

async fn current(cx: &Cx, id: GroupId) -> ApiResult<Group> {
    Ok(shown(group(cx, id).await?))
}

async fn user(cx: &Cx, name: &str) -> ApiResult<store::User> {
    let missing = || ApiError::not_found("Failed to find a user with this name in the organization");
    let email = Email::parse(name).map_err(|_| missing())?;
    let member = cx.app.store.org_member_by_email(cx.org()?, email.as_str()).await?;
    Ok(member.ok_or_else(missing)?.user)
}

async fn identity(cx: &Cx, id: IdentityId) -> ApiResult<store::Identity> {
    let found = cx.app.store.identity(cx.org()?, id).await?;
    found.ok_or_else(|| ApiError::not_found(format!("Failed to find identity with id {id}")))
}

fn changed_meanwhile() -> ApiError {
    ApiError::bad_request("The group was changed meanwhile. Please try again.")
}

fn taken(error: StoreError) -> ApiError {
    ApiError::taken(error, "slug", "A group with this slug exists already")
}

fn name(text: &str) -> ApiResult<String> {
    bounded("name", text, 1, 50).map_err(|error| ApiError::invalid("name", error.to_string()))
}

fn slug(text: &str) -> ApiResult<String> {
    let slug = Slug::parse(text, 5..=36).map_err(|error| ApiError::invalid("slug", error.to_string()))?;
    Ok(slug.into_string())
}

fn slug_of(name: &str) -> String {
    let mut base = slugify(name);
    base.truncate(29);
    format!("{}-{}", base.trim_end_matches('-'), random::alphanumeric(6).to_ascii_lowercase())
}

fn id_of(member: MemberRef) -> String {
    match member {
        MemberRef::Identity(id) => id.to_string(),
        MemberRef::User(id) => id.to_string(),
        MemberRef::Group(id) => id.to_string(),
    }
}

fn shown_user(member: store::GroupMember) -> GroupUser {
    GroupUser {
        id: id_of(member.member),
        username: member.email.clone(),
        email: member.email,
        first_name: member.first_name,
        last_name: member.last_name,
        is_part_of_group: member.joined_at.is_some(),
        joined_group_at: member.joined_at,
    }
}

fn shown_identity(member: store::GroupMember) -> GroupIdentity {
    GroupIdentity {
        id: id_of(member.member),
        name: member.first_name,
        is_part_of_group: member.joined_at.is_some(),
        joined_group_at: member.joined_at,
    }
}

fn with_role(group: store::Group) -> OrgGroup {
    OrgGroup { custom_role: group.custom_role.clone().map(custom_role), group: shown(group) }
}

fn shown(group: store::Group) -> Group {
    Group {
        id: group.id,
        org_id: group.org_id,
        name: group.name,
        slug: group.slug,
        role: group.role,
        role_id: group.custom_role.as_ref().map(|role| role.id),
        custom_role_slug: group.custom_role.map(|role| role.slug),
        created_at: group.created_at,
        updated_at: group.updated_at,
    }
}
