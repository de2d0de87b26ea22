//! Members of the organization who are people.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::invitations::{Invite, InviteReply};
use vouchsafe_api::org_members::{
    OrgMembership, OrgMembershipList, OrgMembershipPath, OrgMembershipReply, UpdateOrgMembership,
};
use vouchsafe_domain::id::OrgId;

use crate::{Client, Error};

/// Members of the organization.
impl Client {
    /// Lists the users of the organization.
    pub async fn org_users(&self, organization: OrgId) -> Result<Vec<OrgMembership>, Error> {
        let path = ["api", "v2", "organizations", &organization.to_string(), "memberships"];
        Ok(self.get::<_, OrgMembershipList>(&path, &Nothing {}).await?.memberships)
    }

    /// Invites people; the links are for the caller to pass on.
    pub async fn invite(&self, input: &Invite) -> Result<InviteReply, Error> {
        self.post(&["api", "v1", "invite-org", "signup"], input).await
    }

    /// Changes the role of a user in the organization.
    pub async fn update_org_user(&self, input: &UpdateOrgMembership) -> Result<OrgMembership, Error> {
        let (organization, id) = (input.organization_id.to_string(), input.membership_id.to_string());
        let path = ["api", "v2", "organizations", &organization, "memberships", &id];
        Ok(self.call::<_, OrgMembershipReply>(Method::PATCH, &path, input).await?.membership)
    }

    /// Removes a user from the organization and its projects.
    pub async fn remove_org_user(&self, which: &OrgMembershipPath) -> Result<OrgMembership, Error> {
        let (organization, id) = (which.organization_id.to_string(), which.membership_id.to_string());
        let path = ["api", "v2", "organizations", &organization, "memberships", &id];
        Ok(self.call::<_, OrgMembershipReply>(Method::DELETE, &path, &Nothing {}).await?.membership)
    }
}
