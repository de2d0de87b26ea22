//! Auth methods, each by the name that its routes have, such as `oidc-auth`.

use reqwest::Method;
use serde_json::{Map, Value};
use vouchsafe_api::auth_checks::{MethodCheck, WhatIf, WhatIfReply};
use vouchsafe_api::auth_methods::{ClearedLockouts, MethodReply, SourceList};
use vouchsafe_api::common::Nothing;
use vouchsafe_domain::id::{AuthMethodId, IdentityId};

use crate::{Client, Error};

/// Auth methods.
impl Client {
    /// Attaches a method to an identity, with the fields that its routes take.
    pub async fn attach_auth_method(
        &self,
        method: &str,
        identity: IdentityId,
        settings: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        self.method_call(Method::POST, method, identity, settings).await
    }

    /// Reads how a method is set up at an identity.
    pub async fn auth_method(&self, method: &str, identity: IdentityId) -> Result<Map<String, Value>, Error> {
        let id = identity.to_string();
        let reply = self.get(&["api", "v1", "auth", method, "identities", &id], &Nothing {}).await?;
        self.only(reply)
    }

    /// Changes some fields of a method.
    pub async fn update_auth_method(
        &self,
        method: &str,
        identity: IdentityId,
        settings: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        self.method_call(Method::PATCH, method, identity, settings).await
    }

    /// Removes a method with all its sources, and revokes the tokens that came by it.
    pub async fn remove_auth_method(
        &self,
        method: &str,
        identity: IdentityId,
    ) -> Result<Map<String, Value>, Error> {
        self.method_call(Method::DELETE, method, identity, &Map::new()).await
    }

    /// Lists the sources of a method; a method may have several, of one kind.
    pub async fn auth_method_sources(
        &self,
        method: &str,
        identity: IdentityId,
    ) -> Result<Vec<Map<String, Value>>, Error> {
        let id = identity.to_string();
        let path = ["api", "v1", "auth", method, "identities", &id, "sources"];
        Ok(self.get::<_, SourceList>(&path, &Nothing {}).await?.sources)
    }

    /// Adds a further source.
    pub async fn add_auth_method_source(
        &self,
        method: &str,
        identity: IdentityId,
        settings: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let id = identity.to_string();
        let path = ["api", "v1", "auth", method, "identities", &id, "sources"];
        let reply = self.post(&path, settings).await?;
        self.only(reply)
    }

    /// Changes some fields of a source.
    pub async fn update_auth_method_source(
        &self,
        method: &str,
        identity: IdentityId,
        source: AuthMethodId,
        settings: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let (id, source) = (identity.to_string(), source.to_string());
        let path = ["api", "v1", "auth", method, "identities", &id, "sources", &source];
        let reply = self.call(Method::PATCH, &path, settings).await?;
        self.only(reply)
    }

    /// Removes one source, and revokes the tokens that came by it.
    pub async fn remove_auth_method_source(
        &self,
        method: &str,
        identity: IdentityId,
        source: AuthMethodId,
    ) -> Result<Map<String, Value>, Error> {
        let (id, source) = (identity.to_string(), source.to_string());
        let path = ["api", "v1", "auth", method, "identities", &id, "sources", &source];
        let reply = self.call(Method::DELETE, &path, &Nothing {}).await?;
        self.only(reply)
    }

    /// Ends the locks of a method at an identity; answers with how many there were.
    pub async fn clear_lockouts(&self, method: &str, identity: IdentityId) -> Result<ClearedLockouts, Error> {
        let path = ["api", "v1", "auth", method, "identities", &identity.to_string(), "clear-lockouts"];
        self.post(&path, &Nothing {}).await
    }

    /// Tries a method's configuration out, as far as that goes without a proof.
    pub async fn test_auth_method(&self, method: &str, identity: IdentityId) -> Result<MethodCheck, Error> {
        let path = ["api", "v1", "auth", method, "identities", &identity.to_string(), "test"];
        self.post(&path, &Nothing {}).await
    }

    /// Which identities a sample would become.
    pub async fn what_if(&self, sample: &WhatIf) -> Result<WhatIfReply, Error> {
        self.post(&["api", "v1", "access", "what-if"], sample).await
    }

    async fn method_call(
        &self,
        verb: Method,
        method: &str,
        identity: IdentityId,
        settings: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let path = ["api", "v1", "auth", method, "identities", &identity.to_string()];
        let reply = self.call(verb, &path, settings).await?;
        self.only(reply)
    }

    /// The method within its envelope, whose name differs from method to method.
    fn only(&self, reply: MethodReply) -> Result<Map<String, Value>, Error> {
        match reply.into_values().next() {
            Some(Value::Object(shown)) => Ok(shown),
            _ => Err(Error::Unreadable {
                url: self.address().to_owned(),
                status: 200,
                what: "no auth method".to_owned(),
            }),
        }
    }
}
