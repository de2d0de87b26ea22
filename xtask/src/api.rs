//! The first hour of an instance over plain HTTP: administrator, project, identity, client secret.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::http::{Http, string};

const EMAIL: &str = "admin@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// A fresh instance, with its administrator.
pub(crate) struct Instance {
    http: Http,
    /// The administrator identity's token.
    pub(crate) admin_token: String,
    /// The administrator's e-mail address.
    pub(crate) admin_email: String,
    pub(crate) organization: String,
    admin: Http,
}

/// A project.
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) slug: String,
}

/// An identity with universal auth.
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) client_id: String,
}

impl Instance {
    /// Bootstraps a server that has just been started for the first time.
    pub(crate) fn bootstrap(base: &str) -> Result<Self> {
        let http = Http::new(base);
        let body = json!({ "email": EMAIL, "password": PASSWORD, "organization": "Tests" });
        let reply = http.post("/api/v1/admin/bootstrap", &body)?;
        let admin_token = string(&reply, "/identity/credentials/token")?;
        Ok(Self {
            organization: string(&reply, "/organization/id")?,
            admin: http.with_token(&admin_token),
            admin_email: EMAIL.to_owned(),
            admin_token,
            http,
        })
    }

    /// Signs the administrator in as a person; answers a token that is bound to the organization.
    pub(crate) fn sign_in(&self) -> Result<String> {
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let login = self.http.post("/api/v3/auth/login", &body)?;
        let person = self.http.with_token(&string(&login, "/accessToken")?);
        let body = json!({ "organizationId": self.organization });
        string(&person.post("/api/v3/auth/select-organization", &body)?, "/token")
    }

    /// Invites a person with a role of the organization; answers the token that the person gets when accepting.
    pub(crate) fn person(&self, email: &str, role: &str) -> Result<String> {
        let body = json!({
            "inviteeEmails": [email],
            "organizationId": self.organization,
            "organizationRoleSlug": role,
        });
        let invited = self.admin.post("/api/v1/invite-org/signup", &body)?;
        let link = string(&invited, "/completeInviteLinks/0/link")?;
        let code = link
            .split(['?', '&'])
            .find_map(|part| part.strip_prefix("token="))
            .context("no code in the link")?;
        let body = json!({ "email": email, "firstName": "Ann", "password": PASSWORD, "code": code });
        string(&self.http.post("/api/v3/signup/complete-account/invite", &body)?, "/token")
    }

    /// Makes a project.
    pub(crate) fn project(&self, name: &str) -> Result<Project> {
        self.project_of(&self.admin_token, name)
    }

    /// Makes a project whose administrator is whoever has this token.
    pub(crate) fn project_of(&self, token: &str, name: &str) -> Result<Project> {
        let reply = self.http.with_token(token).post("/api/v2/workspace", &json!({ "projectName": name }))?;
        Ok(Project { id: string(&reply, "/project/id")?, slug: string(&reply, "/project/slug")? })
    }

    /// Makes an identity without any role in the organization, and lets it log in with universal auth.
    pub(crate) fn identity(&self, name: &str) -> Result<Identity> {
        let body = json!({ "name": name, "organizationId": self.organization, "role": "no-access" });
        let id = string(&self.admin.post("/api/v1/identities", &body)?, "/identity/id")?;
        let path = format!("/api/v1/auth/universal-auth/identities/{id}");
        let client_id = string(&self.admin.post(&path, &json!({}))?, "/identityUniversalAuth/clientId")?;
        Ok(Identity { id, client_id })
    }

    /// Attaches an auth method; the path names it and the identity.
    pub(crate) fn attach(&self, path: &str, config: &Value) -> Result<()> {
        self.admin.post(path, config).map(drop)
    }

    /// Makes a client secret.
    pub(crate) fn client_secret(&self, identity: &Identity) -> Result<String> {
        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", identity.id);
        string(&self.admin.post(&path, &json!({}))?, "/clientSecret")
    }

    /// Makes an identity a member of a project.
    pub(crate) fn admit(&self, identity: &Identity, project: &Project, role: &str) -> Result<()> {
        let path = format!("/api/v2/workspace/{}/identity-memberships/{}", project.id, identity.id);
        self.admin.post(&path, &json!({ "role": role })).map(drop)
    }

    /// Makes a role of a project.
    pub(crate) fn role(&self, project: &Project, slug: &str, rules: &Value) -> Result<()> {
        let body = json!({ "slug": slug, "name": slug, "permissions": rules });
        self.admin.post(&format!("/api/v1/projects/{}/roles", project.id), &body).map(drop)
    }

    /// Makes an identity a member of a project with several roles.
    pub(crate) fn admit_with(&self, identity: &Identity, project: &Project, roles: &[String]) -> Result<()> {
        let path = format!("/api/v2/workspace/{}/identity-memberships/{}", project.id, identity.id);
        self.admin.post(&path, &roles_of(roles)).map(drop)
    }

    /// Makes an identity that a project manages, with several roles; answers its id.
    pub(crate) fn managed_identity(&self, project: &Project, name: &str, roles: &[String]) -> Result<String> {
        let mut body = roles_of(roles);
        body["name"] = json!(name);
        let path = format!("/api/v1/projects/{}/identities", project.id);
        string(&self.admin.post(&path, &body)?, "/identity/id")
    }

    /// Makes a folder in the development environment.
    pub(crate) fn folder(&self, project: &Project, path: &str, name: &str) -> Result<()> {
        let body = json!({ "workspaceId": project.id, "environment": "dev", "path": path, "name": name });
        self.admin.post("/api/v1/folders", &body).map(drop)
    }

    /// Makes a secret in the development environment.
    pub(crate) fn secret(&self, project: &Project, path: &str, name: &str, value: &str) -> Result<()> {
        let body = json!({
            "workspaceId": project.id,
            "environment": "dev",
            "secretPath": path,
            "secretValue": value,
            "secretComment": "",
            "type": "shared",
        });
        self.admin.post(&format!("/api/v3/secrets/raw/{name}"), &body).map(drop)
    }

    /// Imports the folder `from` into the folder `into`, both in the development environment.
    pub(crate) fn import(&self, project: &Project, from: &str, into: &str) -> Result<()> {
        let body = json!({
            "workspaceId": project.id,
            "environment": "dev",
            "path": into,
            "import": { "environment": "dev", "path": from },
        });
        self.admin.post("/api/v1/secret-imports", &body).map(drop)
    }

    /// Logs in with universal auth; answers the access token.
    pub(crate) fn log_in(&self, client_id: &str, client_secret: &str) -> Result<String> {
        string(&self.http.post(LOGIN, &login_body(client_id, client_secret))?, "/accessToken")
    }

    /// What a GET with this token answers.
    pub(crate) fn get(&self, token: &str, path: &str) -> Result<String> {
        self.http.with_token(token).get(path)
    }
}

fn roles_of(slugs: &[String]) -> Value {
    let roles: Vec<Value> = slugs.iter().map(|slug| json!({ "role": slug, "isTemporary": false })).collect();
    json!({ "roles": roles })
}

/// Where universal auth logs in.
pub(crate) const LOGIN: &str = "/api/v1/auth/universal-auth/login";

/// What is sent there.
pub(crate) fn login_body(client_id: &str, client_secret: &str) -> Value {
    json!({ "clientId": client_id, "clientSecret": client_secret })
}
