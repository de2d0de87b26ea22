//! Groups as members of projects, under the three names that these routes have had.

use serde_json::json;
use vouchsafe_api::groups::{
    AddProjectGroup, GroupMembership, GroupMembershipList, GroupMembershipReply, GroupSummary,
    ProjectGroupPath, UpdateProjectGroup,
};
use vouchsafe_api::projects::ProjectPath;
use vouchsafe_api::roles::MemberRolesReply;
use vouchsafe_policy::{Need, Object, project};
use vouchsafe_store::{Group, Member, MemberRef, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_members::changed_meanwhile;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};
use crate::access::{ProjectScope, project_holdings};

const READ: Access = Access::Project(project::GROUP_READ);

const ALL: [&str; 3] = [
    "/api/v1/projects/{projectId}/memberships/groups",
    "/api/v1/projects/{projectId}/groups",
    "/api/v2/workspace/{projectId}/groups",
];
const ONE: [&str; 3] = [
    "/api/v1/projects/{projectId}/memberships/groups/{groupId}",
    "/api/v1/projects/{projectId}/groups/{groupId}",
    "/api/v2/workspace/{projectId}/groups/{groupId}",
];

pub(super) fn routes() -> Routes {
    Routes::new("Project groups")
        .post(ONE, Access::Project(project::GROUP_CREATE), "Make a group a member of a project", add)
        .get(ALL, READ, "List the groups of a project", list)
        .get(ONE, READ, "Read the membership of a group", get)
        .patch(ONE, Access::Project(project::GROUP_EDIT), "Replace the roles of a group in a project", update)
        .delete(
            ONE,
            Access::Project(project::GROUP_DELETE),
            "End the membership of a group in a project",
            remove,
        )
}

/// Either of these permits giving a role to a group.
const GRANT: [Need; 2] = [project::GROUP_GRANT_PRIVILEGES, project::GROUP_ASSIGN_ROLE];

async fn add(cx: Cx, input: AddProjectGroup) -> Outcome<GroupMembershipReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let group = named(&cx, &input.group_id).await?;
    let permit = scope.may(&Object::group(&group.name))?;
    let wanted = roles::given(input.roles.as_deref(), input.role.as_deref())?;
    let object = (None, Object::group(&group.name));
    let message = "Failed to add group to project with more privileged role";
    let given = roles::may_give(&cx, &scope, &wanted, GRANT, object, message).await?;

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    let member = MemberRef::Group(group.id);
    change.add_project_member(scope.id(), member, &given).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            ApiError::bad_request(format!("Group with slug {} already exists in the project", group.slug))
        }
        other => other.into(),
    })?;
    let detail = json!({ "groupId": group.id, "roles": roles::slugs(&wanted) });
    change.audit("add-project-group", group.org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let member = member_of(&cx, &scope, &group).await?;
    ok(GroupMembershipReply { group_membership: shown(member, group) })
}

async fn update(cx: Cx, input: UpdateProjectGroup) -> Outcome<MemberRolesReply> {
    const MESSAGE: &str = "Failed to update more privileged group";
    let (scope, group, member) = found(&cx, input.project_id, &input.group_id).await?;
    let permit = scope.may(&Object::group(&group.name))?;
    let wanted = roles::listed(&input.roles)?;
    roles::may_manage(&cx, &scope, member.member, MESSAGE).await?;
    let object = (None, Object::group(&group.name));
    let given = roles::may_give(&cx, &scope, &wanted, GRANT, object, MESSAGE).await?;
    may_end(&cx, &scope, &member, MESSAGE).await?;

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.confirm_group(&group).await?;
    if !change.set_project_roles(&member, &given).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "groupId": group.id, "roles": roles::slugs(&wanted) });
    change.audit("update-project-group", group.org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let entries = cx.app.store.roles_of(member.id).await?;
    ok(MemberRolesReply { roles: roles::shown(member.id, &entries) })
}

async fn remove(cx: Cx, input: ProjectGroupPath) -> Outcome<GroupMembershipReply> {
    const MESSAGE: &str = "Failed to remove more privileged group";
    let (scope, group, member) = found(&cx, input.project_id, &input.group_id).await?;
    let permit = scope.may(&Object::group(&group.name))?;
    roles::may_manage(&cx, &scope, member.member, MESSAGE).await?;
    may_end(&cx, &scope, &member, MESSAGE).await?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.confirm_group(&group).await?;
    change.remove_project_member(&member).await?;
    change.audit("remove-project-group", group.org_id, Some(scope.id()), &json!({ "groupId": group.id }));
    change.commit().await?;
    ok(GroupMembershipReply { group_membership: shown(member, group) })
}

/// Refuses when the end of the group's roles frees what they forbade and the caller may not do.
async fn may_end(cx: &Cx, scope: &ProjectScope, member: &Member, message: &str) -> ApiResult<()> {
    let theirs = project_holdings(&cx.app.store, scope.id(), member.member).await?;
    theirs.may_end(scope.permissions(), cx.now(), message)
}

async fn get(cx: Cx, input: ProjectGroupPath) -> Outcome<GroupMembershipReply> {
    let (scope, group, member) = found(&cx, input.project_id, &input.group_id).await?;
    scope.may(&Object::group(&group.name))?;
    ok(GroupMembershipReply { group_membership: shown(member, group) })
}

async fn list(cx: Cx, input: ProjectPath) -> Outcome<GroupMembershipList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let found = cx.app.store.project_groups(scope.id()).await?.into_iter();
    let visible = found.filter(|(_, group)| scope.allows(project::GROUP_READ, &Object::group(&group.name)));
    ok(GroupMembershipList {
        group_memberships: visible.map(|(member, group)| shown(member, group)).collect(),
    })
}

async fn found(
    cx: &Cx,
    project: vouchsafe_domain::id::ProjectId,
    group: &str,
) -> ApiResult<(ProjectScope, Group, Member)> {
    let scope = cx.project(project).await?;
    scope.may(&Object::any())?;
    let group = named(cx, group).await?;
    let member = member_of(cx, &scope, &group).await?;
    Ok((scope, group, member))
}

/// A group of the organization by its id, slug or name.
async fn named(cx: &Cx, text: &str) -> ApiResult<Group> {
    let org = cx.org()?;
    let group = match text.parse() {
        Ok(id) => cx.app.store.group(org, id).await?,
        Err(_) => cx.app.store.group_by_name(org, text).await?,
    };
    group.ok_or_else(|| ApiError::not_found("Failed to find the group"))
}

async fn member_of(cx: &Cx, scope: &ProjectScope, group: &Group) -> ApiResult<Member> {
    let member = cx.app.store.project_member(scope.id(), MemberRef::Group(group.id)).await?;
    member.ok_or_else(|| ApiError::not_found(format!("Group with slug {} is not in the project", group.slug)))
}

fn shown(member: Member, group: Group) -> GroupMembership {
    GroupMembership {
        id: member.id,
        group_id: group.id,
        project_id: member.project_id,
        created_at: member.created_at,
        updated_at: member.updated_at,
        roles: roles::shown(member.id, &member.roles),
        group: GroupSummary { id: group.id, name: group.name, slug: group.slug, org_id: group.org_id },
    }
}
