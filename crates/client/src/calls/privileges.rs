//! Additional privileges: rules that one member of a project has on top of its roles.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::privileges::{
    CreatePrivilege, CreateUserPrivilege, ListPrivileges, ListUserPrivileges, Privilege, PrivilegeList,
    PrivilegeReply, UpdatePrivilege,
};
use vouchsafe_domain::id::PrivilegeId;

use crate::{Client, Error};

const IDENTITIES: [&str; 3] = ["api", "v2", "identity-project-additional-privilege"];
const USERS: [&str; 3] = ["api", "v1", "user-project-additional-privilege"];

/// Additional privileges.
impl Client {
    /// Gives an identity a privilege.
    pub async fn create_privilege(&self, input: &CreatePrivilege) -> Result<Privilege, Error> {
        Ok(self.post::<_, PrivilegeReply>(&IDENTITIES, input).await?.privilege)
    }

    /// Lists the privileges of an identity.
    pub async fn privileges(&self, input: &ListPrivileges) -> Result<Vec<Privilege>, Error> {
        Ok(self.get::<_, PrivilegeList>(&IDENTITIES, input).await?.privileges)
    }

    /// Changes a privilege of an identity.
    pub async fn update_privilege(&self, input: &UpdatePrivilege) -> Result<Privilege, Error> {
        let id = input.privilege_id.to_string();
        let path = [IDENTITIES.as_slice(), &[&id]].concat();
        Ok(self.call::<_, PrivilegeReply>(Method::PATCH, &path, input).await?.privilege)
    }

    /// Takes a privilege from an identity.
    pub async fn delete_privilege(&self, id: PrivilegeId) -> Result<Privilege, Error> {
        let id = id.to_string();
        let path = [IDENTITIES.as_slice(), &[&id]].concat();
        Ok(self.call::<_, PrivilegeReply>(Method::DELETE, &path, &Nothing {}).await?.privilege)
    }

    /// Gives a user a privilege.
    pub async fn create_user_privilege(&self, input: &CreateUserPrivilege) -> Result<Privilege, Error> {
        Ok(self.post::<_, PrivilegeReply>(&USERS, input).await?.privilege)
    }

    /// Lists the privileges of a user.
    pub async fn user_privileges(&self, input: &ListUserPrivileges) -> Result<Vec<Privilege>, Error> {
        Ok(self.get::<_, PrivilegeList>(&USERS, input).await?.privileges)
    }

    /// Takes a privilege from a user.
    pub async fn delete_user_privilege(&self, id: PrivilegeId) -> Result<Privilege, Error> {
        let id = id.to_string();
        let path = [USERS.as_slice(), &[&id]].concat();
        Ok(self.call::<_, PrivilegeReply>(Method::DELETE, &path, &Nothing {}).await?.privilege)
    }
}
