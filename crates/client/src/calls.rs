//! The calls, one method each, grouped as the API reference is.

use vouchsafe_api::common::Nothing;
use vouchsafe_api::status::Status;

use crate::{Client, Error};

impl Client {
    /// What clients ask before anything else.
    pub async fn status(&self) -> Result<Status, Error> {
        self.get(&["api", "status"], &Nothing {}).await
    }
}
