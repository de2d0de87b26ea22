//! The calls, one method each, grouped as the API reference is.

use serde::Serialize;
use serde_json::Value;
use vouchsafe_api::access::{Diff, DiffReply, Explain, ExplainReply, WhoCan, WhoCanReply};
use vouchsafe_api::admin::{Bootstrap, BootstrapReply, ConfigReply, InstanceConfig};
use vouchsafe_api::auth_checks::{MethodCheck, WhatIf, WhatIfReply};
use vouchsafe_api::auth_methods::{
    AccessTokenReply, CreateClientSecret, HeldToken, MethodReply, MethodSettings, NewClientSecretReply,
    UniversalAuthInput, UniversalAuthLogin,
};
use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_api::denials::{Denial, DenialList, DenialReply, ListDenials};
use vouchsafe_api::identities::{CreateIdentity, Identity, IdentityReply};
use vouchsafe_api::identity_members::AddIdentityMember;
use vouchsafe_api::projects::{CreateProject, Project, ProjectReply};
use vouchsafe_api::secrets::{CreateSecret, GetSecret, ListSecrets, Secret, SecretList, SecretReply};
use vouchsafe_api::status::Status;
use vouchsafe_domain::id::IdentityId;

use crate::{Client, Error};

/// The instance.
impl Client {
    /// What clients ask before anything else.
    pub async fn status(&self) -> Result<Status, Error> {
        self.get(&["api", "status"], &Nothing {}).await
    }

    /// How the instance is set up.
    pub async fn config(&self) -> Result<InstanceConfig, Error> {
        let reply: ConfigReply = self.get(&["api", "v1", "admin", "config"], &Nothing {}).await?;
        Ok(reply.config)
    }

    /// Makes the first administrator, organization and identity.
    pub async fn bootstrap(&self, input: &Bootstrap) -> Result<BootstrapReply, Error> {
        self.post(&["api", "v1", "admin", "bootstrap"], input).await
    }
}

/// Logging in.
impl Client {
    /// Logs in by Universal Auth.
    pub async fn log_in_universal(&self, input: &UniversalAuthLogin) -> Result<AccessTokenReply, Error> {
        self.post(&["api", "v1", "auth", "universal-auth", "login"], input).await
    }

    /// Renews a token by holding it.
    pub async fn renew(&self, input: &HeldToken) -> Result<AccessTokenReply, Error> {
        self.post(&["api", "v1", "auth", "token", "renew"], input).await
    }

    /// Revokes a token, with all its renewals, by holding it.
    pub async fn revoke(&self, input: &HeldToken) -> Result<MessageReply, Error> {
        self.post(&["api", "v1", "auth", "token", "revoke"], input).await
    }
}

/// Identities.
impl Client {
    /// Makes an identity.
    pub async fn create_identity(&self, input: &CreateIdentity) -> Result<Identity, Error> {
        let reply: IdentityReply = self.post(&["api", "v1", "identities"], input).await?;
        Ok(reply.identity)
    }

    /// Attaches Universal Auth; answers with the client id.
    pub async fn attach_universal_auth(
        &self,
        identity: IdentityId,
        settings: &MethodSettings,
        own: &UniversalAuthInput,
    ) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Both<'a> {
            #[serde(flatten)]
            settings: &'a MethodSettings,
            #[serde(flatten)]
            own: &'a UniversalAuthInput,
        }
        let id = identity.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id];
        let reply: MethodReply = self.post(&path, &Both { settings, own }).await?;
        let client_id = reply.get("identityUniversalAuth").and_then(|method| method.get("clientId"));
        client_id.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| Error::Unreadable {
            url: self.address().to_owned(),
            status: 200,
            what: "no client id".to_owned(),
        })
    }

    /// Makes a client secret.
    pub async fn create_client_secret(
        &self,
        input: &CreateClientSecret,
    ) -> Result<NewClientSecretReply, Error> {
        let id = input.identity_id.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id, "client-secrets"];
        self.post(&path, input).await
    }
}

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

/// Projects.
impl Client {
    /// Makes a project.
    pub async fn create_project(&self, input: &CreateProject) -> Result<Project, Error> {
        let reply: ProjectReply = self.post(&["api", "v1", "projects"], input).await?;
        Ok(reply.project)
    }
}

/// Members of projects.
impl Client {
    /// Makes an identity a member of a project.
    pub async fn add_identity_member(&self, input: &AddIdentityMember) -> Result<(), Error> {
        let (project, identity) = (input.project_id.to_string(), input.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        self.post::<_, Value>(&path, input).await.map(|_| ())
    }
}

/// Secrets.
impl Client {
    /// Makes a secret.
    pub async fn create_secret(&self, input: &CreateSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.post(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }

    /// Lists the secrets of a folder, and those that it imports.
    pub async fn list_secrets(&self, input: &ListSecrets) -> Result<SecretList, Error> {
        self.get(&["api", "v4", "secrets"], input).await
    }

    /// Reads a secret.
    pub async fn secret(&self, input: &GetSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.get(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }
}

/// Asking what others may do.
impl Client {
    /// Whether somebody may do something, and which rule decides.
    pub async fn explain(&self, input: &Explain) -> Result<ExplainReply, Error> {
        self.post(&["api", "v1", "access", "explain"], input).await
    }

    /// A page of those who may do something.
    pub async fn who_can(&self, input: &WhoCan) -> Result<WhoCanReply, Error> {
        self.post(&["api", "v1", "access", "who-can"], input).await
    }

    /// What changes when a role is edited, or what tells two members apart.
    pub async fn diff(&self, input: &Diff) -> Result<DiffReply, Error> {
        self.post(&["api", "v1", "access", "diff"], input).await
    }

    /// Why a request was refused.
    pub async fn denial(&self, request_id: &str) -> Result<Denial, Error> {
        let reply: DenialReply =
            self.get(&["api", "v1", "access", "denials", request_id], &Nothing {}).await?;
        Ok(reply.denial)
    }

    /// Refused requests, the newest first.
    pub async fn denials(&self, input: &ListDenials) -> Result<Vec<Denial>, Error> {
        let reply: DenialList = self.get(&["api", "v1", "access", "denials"], input).await?;
        Ok(reply.denials)
    }
}
