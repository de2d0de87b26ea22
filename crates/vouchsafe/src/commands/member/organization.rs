//! Members of the organization. Identities and groups are members from the day they are made.

use serde_json::json;
use vouchsafe_api::groups::UpdateGroup;
use vouchsafe_api::identities::UpdateIdentity;
use vouchsafe_api::invitations::Invite;
use vouchsafe_api::org_members::{OrgMembershipPath, UpdateOrgMembership};
use vouchsafe_client::Client;

use super::super::admin::names;
use super::Who;
use crate::failure::{Failure, Outcome};
use crate::printer::{Format, Printer};

/// Invites a person, and prints the link that is theirs alone.
pub(super) async fn invite(
    client: &Client,
    who: &Who,
    role: Option<String>,
    format: Option<Format>,
    printer: &Printer,
) -> Outcome {
    let Who::User(email) = who else {
        return Err(Failure::usage(format!("{who} is a member of the organization already"))
            .hint("change its role with `vouchsafe member update`, or name a project with --project-id"));
    };
    let email = email.parse().map_err(|_| Failure::usage(format!("`{who}`: expected an e-mail address")))?;
    let organization_id = names::organization(client).await?;
    let input = Invite { invitee_emails: vec![email], organization_id, organization_role_slug: role };
    let reply = client.invite(&input).await?;
    printer.show(format, &json!(reply), || {
        for invited in &reply.complete_invite_links {
            printer.data(invited.link.reveal())?;
            printer.note(format!("pass this link on to {}: whoever has it can join", invited.email));
        }
        if reply.complete_invite_links.is_empty() {
            printer.note(&reply.message);
        }
        Ok(())
    })
}

/// Gives somebody another role.
pub(super) async fn update(client: &Client, who: &Who, role: Option<String>) -> Outcome {
    match who {
        Who::Identity(name) => {
            let identity_id = names::identity(client, name).await?;
            let input =
                UpdateIdentity { identity_id, name: None, role, has_delete_protection: None, metadata: None };
            client.update_identity(&input).await?;
        }
        Who::User(name) => {
            let found = names::user(client, name).await?;
            let input = UpdateOrgMembership {
                organization_id: found.org_id,
                membership_id: found.id,
                role,
                is_active: None,
            };
            client.update_org_user(&input).await?;
        }
        Who::Group(name) => {
            let group_id = names::group(client, name).await?;
            client.update_group(&UpdateGroup { group_id, name: None, slug: None, role }).await?;
        }
    }
    Ok(())
}

/// Takes a person out.
pub(super) async fn remove(client: &Client, who: &Who) -> Outcome {
    let kind = match who {
        Who::User(name) => {
            let found = names::user(client, name).await?;
            let which = OrgMembershipPath { organization_id: found.org_id, membership_id: found.id };
            client.remove_org_user(&which).await?;
            return Ok(());
        }
        Who::Identity(_) => "identity",
        Who::Group(_) => "group",
    };
    Err(Failure::usage(format!("{who} is a member of its organization as long as it exists"))
        .hint(format!("delete it with `vouchsafe {kind} delete`, or name a project with --project-id")))
}
