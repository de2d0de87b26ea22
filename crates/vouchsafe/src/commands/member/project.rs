//! Members of a project.

use vouchsafe_api::groups::{AddProjectGroup, ProjectGroupPath, UpdateProjectGroup};
use vouchsafe_api::identity_members::{AddIdentityMember, IdentityMemberPath, UpdateIdentityMember};
use vouchsafe_api::project_users::{AddProjectUsers, ProjectMembershipPath, UpdateProjectMembership};
use vouchsafe_api::roles::RoleInput;
use vouchsafe_client::Client;
use vouchsafe_domain::id::ProjectId;

use super::super::admin::names;
use super::super::admin::roles::RoleArgs;
use super::Who;
use super::list::user;
use crate::failure::Outcome;

/// Makes somebody a member.
pub(super) async fn add(client: &Client, project_id: ProjectId, who: &Who, roles: &RoleArgs) -> Outcome {
    let given = Some(roles.given()).filter(|given| !given.is_empty());
    match who {
        Who::Identity(name) => {
            let identity_id = names::identity(client, name).await?;
            let input = AddIdentityMember { project_id, identity_id, roles: given, role: None };
            client.add_identity_member(&input).await?;
        }
        Who::User(name) => add_user(client, project_id, name, roles).await?,
        Who::Group(name) => {
            let group_id = names::group(client, name).await?.to_string();
            let input = AddProjectGroup { project_id, group_id, roles: given, role: None };
            client.add_project_group(&input).await?;
        }
    }
    Ok(())
}

/// People are added with roles for good; roles for a time take a second call, and until then there are none.
async fn add_user(client: &Client, project_id: ProjectId, name: &str, roles: &RoleArgs) -> Outcome {
    let given = roles.given();
    let permanent: Vec<String> = if roles.time.time.is_some() {
        vec!["no-access".to_owned()]
    } else {
        given.iter().map(|role| role.role.clone()).collect()
    };
    let input = AddProjectUsers {
        project_id,
        emails: None,
        usernames: Some(vec![name.trim().to_owned()]),
        role_slugs: Some(permanent).filter(|slugs| !slugs.is_empty()),
    };
    let made = client.add_project_users(&input).await?;
    if let (Some(member), true) = (made.first(), roles.time.time.is_some()) {
        let no_access = RoleInput { role: "no-access".to_owned(), ..RoleInput::default() };
        let roles = given.into_iter().chain([no_access]).collect();
        let input = UpdateProjectMembership { project_id, membership_id: member.id, roles };
        client.update_project_user(&input).await?;
    }
    Ok(())
}

/// Replaces the roles of a member, or adds to them.
pub(super) async fn update(client: &Client, project_id: ProjectId, who: &Who, roles: &RoleArgs) -> Outcome {
    match who {
        Who::Identity(name) => {
            let identity_id = names::identity(client, name).await?;
            let held = client.identity_member(IdentityMemberPath { project_id, identity_id }).await?.roles;
            let input = UpdateIdentityMember { project_id, identity_id, roles: roles.instead_of(&held) };
            client.update_identity_member(&input).await?;
        }
        Who::User(name) => {
            let member = user(client, project_id, name).await?;
            let roles = roles.instead_of(&member.roles);
            let input = UpdateProjectMembership { project_id, membership_id: member.id, roles };
            client.update_project_user(&input).await?;
        }
        Who::Group(name) => {
            let group_id = names::group(client, name).await?.to_string();
            let which = ProjectGroupPath { project_id, group_id: group_id.clone() };
            let held = client.project_group(&which).await?.roles;
            let input = UpdateProjectGroup { project_id, group_id, roles: roles.instead_of(&held) };
            client.update_project_group(&input).await?;
        }
    }
    Ok(())
}

/// Ends a membership.
pub(super) async fn remove(client: &Client, project_id: ProjectId, who: &Who) -> Outcome {
    match who {
        Who::Identity(name) => {
            let identity_id = names::identity(client, name).await?;
            client.remove_identity_member(IdentityMemberPath { project_id, identity_id }).await?;
        }
        Who::User(name) => {
            let membership_id = user(client, project_id, name).await?.id;
            client.remove_project_user(ProjectMembershipPath { project_id, membership_id }).await?;
        }
        Who::Group(name) => {
            let group_id = names::group(client, name).await?.to_string();
            client.remove_project_group(&ProjectGroupPath { project_id, group_id }).await?;
        }
    }
    Ok(())
}
