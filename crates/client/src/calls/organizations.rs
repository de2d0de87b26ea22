//! Organizations.

use vouchsafe_api::common::Nothing;
use vouchsafe_api::organizations::{MyOrganization, MyOrganizationList};

use crate::{Client, Error};

/// Organizations.
impl Client {
    /// Lists the organizations of the person who calls.
    pub async fn my_organizations(&self) -> Result<Vec<MyOrganization>, Error> {
        let reply: MyOrganizationList = self.get(&["api", "v1", "organization"], &Nothing {}).await?;
        Ok(reply.organizations)
    }
}
