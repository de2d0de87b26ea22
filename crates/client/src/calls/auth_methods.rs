//! Auth methods.

use vouchsafe_api::auth_checks::{MethodCheck, WhatIf, WhatIfReply};
use vouchsafe_api::common::Nothing;
use vouchsafe_domain::id::IdentityId;

use crate::{Client, Error};

/// Auth methods.
impl Client {
    /// Tries a method's configuration out, as far as that goes without a proof.
    pub async fn test_auth_method(&self, method: &str, identity: IdentityId) -> Result<MethodCheck, Error> {
        let path = ["api", "v1", "auth", method, "identities", &identity.to_string(), "test"];
        self.post(&path, &Nothing {}).await
    }

    /// Which identities a sample would become.
    pub async fn what_if(&self, sample: &WhatIf) -> Result<WhatIfReply, Error> {
        self.post(&["api", "v1", "access", "what-if"], sample).await
    }
}
