//! Roles of the organization.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::org_roles::{CreateOrgRole, OrgRole, OrgRoleList, OrgRoleReply, UpdateOrgRole};
use vouchsafe_domain::id::RoleId;

use crate::{Client, Error};

/// Roles of the organization.
impl Client {
    /// Lists the roles of the organization, the built-in ones too.
    pub async fn org_roles(&self) -> Result<Vec<OrgRole>, Error> {
        Ok(self.get::<_, OrgRoleList>(&["api", "v1", "organization", "roles"], &Nothing {}).await?.roles)
    }

    /// Reads a role of the organization with its rules.
    pub async fn org_role(&self, slug: &str) -> Result<OrgRole, Error> {
        let path = ["api", "v1", "organization", "roles", "slug", slug];
        Ok(self.get::<_, OrgRoleReply>(&path, &Nothing {}).await?.role)
    }

    /// Makes a role of the organization.
    pub async fn create_org_role(&self, input: &CreateOrgRole) -> Result<OrgRole, Error> {
        Ok(self.post::<_, OrgRoleReply>(&["api", "v1", "organization", "roles"], input).await?.role)
    }

    /// Changes a role of the organization; its members keep it.
    pub async fn update_org_role(&self, input: &UpdateOrgRole) -> Result<OrgRole, Error> {
        let path = ["api", "v1", "organization", "roles", &input.role_id.to_string()];
        Ok(self.call::<_, OrgRoleReply>(Method::PATCH, &path, input).await?.role)
    }

    /// Deletes a role of the organization that nobody has.
    pub async fn delete_org_role(&self, id: RoleId) -> Result<OrgRole, Error> {
        let path = ["api", "v1", "organization", "roles", &id.to_string()];
        Ok(self.call::<_, OrgRoleReply>(Method::DELETE, &path, &Nothing {}).await?.role)
    }
}
