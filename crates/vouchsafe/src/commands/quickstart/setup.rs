//! The steps, all over HTTP.

use anyhow::{Context, anyhow};
use vouchsafe_api::admin::Bootstrap;
use vouchsafe_api::auth_methods::{
    CreateClientSecret, MethodSettings, UniversalAuthInput, UniversalAuthLogin,
};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::identities::CreateIdentity;
use vouchsafe_api::identity_members::AddIdentityMember;
use vouchsafe_api::projects::CreateProject;
use vouchsafe_api::secrets::{CreateSecret, GetSecret};
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_domain::text::Email;
use vouchsafe_keys::random;

use super::saved::{Admin, Made, Saved};
use super::tour::Tour;
use super::typed;
use crate::commands::duration;
use crate::failure::{Failure, Outcome};

pub(super) const EMAIL: &str = "admin@example.com";
pub(super) const ORGANIZATION: &str = "Quickstart";
pub(super) const PROJECT: &str = "Quickstart";
pub(super) const ENVIRONMENT: &str = "dev";
pub(super) const SECRET: &str = "GREETING";
pub(super) const VALUE: &str = "Hello from Vouchsafe";
pub(super) const IDENTITY: &str = "my-first-app";
/// One hour: what we propose for new identities.
pub(super) const TOKEN_TTL: i64 = 3600;
pub(super) const TOKEN_MAX_TTL: i64 = 86_400;

/// The steps and what they have made so far.
pub(super) struct Setup<'a> {
    tour: &'a Tour<'a>,
    client: &'a Client,
    saved: Saved,
}

impl<'a> Setup<'a> {
    pub(super) fn new(tour: &'a Tour<'a>, client: &'a Client, saved: Saved) -> Self {
        Self { tour, client, saved }
    }

    /// Steps 1 to 5: everything that the identity needs. What an earlier run did is not done again.
    pub(super) async fn prepare(&mut self) -> Outcome {
        if self.saved.is_member {
            self.tour.done_before(
                "Steps 1 to 5 were done before: administrator, project, secret, identity and role.",
            )?;
        } else {
            let made = self.instance().await?;
            let admin = self.client.clone().with_token(&made.admin_token)?;
            let project = self.project(&admin).await?;
            self.secret(&admin, project).await?;
            let identity = self.identity(&admin, &made).await?;
            self.member(&admin, project, identity).await?;
        }
        self.saved.write_shell(self.tour.folder(), self.tour.address())
    }

    fn keep(&self) -> Outcome {
        self.saved.save(self.tour.folder())
    }

    async fn instance(&mut self) -> Outcome<Made> {
        let title =
            format!("Set up the instance: a first administrator, and the organization {ORGANIZATION}");
        self.tour.step(1, &title, &typed::set_up(self.tour.program()))?;
        if let Some(made) = &self.saved.instance {
            self.tour.result("done before")?;
            return Ok(made.clone());
        }
        let admin = self
            .saved
            .admin
            .get_or_insert_with(|| Admin { email: EMAIL.to_owned(), password: random::alphanumeric(24) });
        let admin = admin.clone();
        self.keep()?;
        let input = Bootstrap {
            email: Email::parse(&admin.email)?,
            password: Concealed::new(&admin.password),
            organization: ORGANIZATION.to_owned(),
        };
        let reply = self.client.bootstrap(&input).await.map_err(|error| self.cut_off(error))?;
        let made = Made {
            organization_id: reply.organization.id,
            admin_token: reply.identity.credentials.token.reveal().to_owned(),
        };
        self.saved.instance = Some(made.clone());
        self.keep()?;
        self.tour.result(&format!("{}, password {} (shown only now)", admin.email, admin.password))?;
        Ok(made)
    }

    /// The instance was set up, but the answer did not reach `quickstart.json`.
    fn cut_off(&self, error: Error) -> Failure {
        let refused = error.refusal().is_some();
        let failure = Failure::from(anyhow::Error::from(error).context("cannot set up the instance"));
        if !refused {
            return failure;
        }
        failure.hint(format!(
            "an earlier run was cut off; remove {} to start afresh, or name another folder with --data-dir",
            self.tour.shown_folder()
        ))
    }

    async fn project(&mut self, admin: &Client) -> Outcome<ProjectId> {
        let title = "Make a project; it starts with the environments dev, staging and prod";
        self.tour.step(2, title, &typed::make_project())?;
        if let Some(project) = self.saved.project_id {
            self.tour.result("done before")?;
            return Ok(project);
        }
        let input = CreateProject {
            project_name: PROJECT.to_owned(),
            slug: None,
            project_description: None,
            kind: None,
            should_create_default_envs: None,
            has_delete_protection: None,
        };
        let project = admin.create_project(&input).await.context("cannot make the project")?;
        self.saved.project_id = Some(project.id);
        self.keep()?;
        self.tour.result(&format!("project {}", project.id))?;
        Ok(project.id)
    }

    async fn secret(&mut self, admin: &Client, project: ProjectId) -> Outcome {
        let title = format!("Put a secret into the environment {ENVIRONMENT}");
        self.tour.step(3, &title, &typed::make_secret())?;
        if self.saved.secret_made {
            return self.tour.result("done before");
        }
        let input = CreateSecret {
            project_id: Some(project),
            environment: ENVIRONMENT.to_owned(),
            secret_name: SECRET.to_owned(),
            secret_value: Some(Concealed::new(VALUE)),
            ..CreateSecret::default()
        };
        unless_there(admin.create_secret(&input).await).context("cannot make the secret")?;
        self.saved.secret_made = true;
        self.keep()?;
        self.tour.result(&format!("{SECRET}, encrypted at rest"))
    }

    async fn identity(&mut self, admin: &Client, made: &Made) -> Outcome<IdentityId> {
        let title = "Make an identity for an app, and a client secret that it logs in with";
        self.tour.step(4, title, &typed::make_identity())?;
        let id = if let Some(id) = self.saved.identity_id {
            id
        } else {
            let input = CreateIdentity {
                name: IDENTITY.to_owned(),
                organization_id: made.organization_id,
                role: None,
                has_delete_protection: None,
                metadata: None,
            };
            admin.create_identity(&input).await.context("cannot make the identity")?.id
        };
        self.saved.identity_id = Some(id);
        self.keep()?;
        if self.saved.client_id.is_none() {
            let settings = MethodSettings {
                access_token_ttl: Some(TOKEN_TTL),
                access_token_max_ttl: Some(TOKEN_MAX_TTL),
                ..MethodSettings::default()
            };
            let attached = admin.attach_universal_auth(id, &settings, &UniversalAuthInput::default()).await;
            self.saved.client_id = Some(attached.context("cannot attach Universal Auth")?);
            self.keep()?;
        }
        if self.saved.client_secret.is_none() {
            let input = CreateClientSecret {
                identity_id: id,
                description: Some("quickstart".to_owned()),
                num_uses_limit: None,
                ttl: None,
            };
            let reply = admin.create_client_secret(&input).await.context("cannot make the client secret")?;
            self.saved.client_secret = Some(reply.client_secret);
            self.keep()?;
        }
        self.tour.result(&format!("identity {id}; its tokens live for {}", duration(TOKEN_TTL)))?;
        Ok(id)
    }

    async fn member(&mut self, admin: &Client, project: ProjectId, identity: IdentityId) -> Outcome {
        let title = "Let the identity read what is in the project, and no more";
        self.tour.step(5, title, &typed::add_to_project())?;
        let input = AddIdentityMember {
            project_id: project,
            identity_id: identity,
            roles: None,
            role: Some("viewer".to_owned()),
        };
        unless_there(admin.add_identity_member(&input).await)
            .context("cannot add the identity to the project")?;
        self.saved.is_member = true;
        self.keep()?;
        self.tour.result("the role viewer")
    }

    /// Steps 6 and 7: what the app does, with nothing but its client id and client secret.
    pub(super) async fn log_in_and_read(&self) -> Outcome {
        self.tour.step(6, "Log in as the identity", &typed::log_in(self.tour.program()))?;
        let (Some(client_id), Some(client_secret), Some(project)) =
            (self.saved.client_id.clone(), self.saved.client_secret.clone(), self.saved.project_id)
        else {
            return Err(self.changed(anyhow!("quickstart.json is not complete")));
        };
        let login = UniversalAuthLogin { client_id, client_secret, organization_slug: None };
        let token = self
            .client
            .log_in_universal(&login)
            .await
            .context("the identity cannot log in")
            .map_err(|error| self.changed(error))?;
        self.tour.result(&format!("an access token, valid for {}", duration(token.expires_in)))?;

        self.tour.step(7, "Read the secret with that token", &typed::read_secret(self.tour.program()))?;
        let input = GetSecret {
            project_id: Some(project),
            environment: ENVIRONMENT.to_owned(),
            secret_name: SECRET.to_owned(),
            ..GetSecret::default()
        };
        let reader = self.client.clone().with_token(&token.access_token)?;
        let secret = reader
            .secret(&input)
            .await
            .context("the identity cannot read the secret")
            .map_err(|error| self.changed(error))?;
        self.tour.result(secret.secret_value.reveal())
    }

    fn changed(&self, error: anyhow::Error) -> Failure {
        Failure::from(error).hint(format!(
            "somebody may have changed what the quickstart made; start afresh with `{} quickstart --data-dir` and \
             another folder",
            self.tour.program()
        ))
    }
}

/// A run that was cut off may have made it already.
fn unless_there<T>(made: Result<T, Error>) -> Result<(), Error> {
    match made {
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 400) => Ok(()),
        made => made.map(|_| ()),
    }
}
