//! The steps, all over HTTP.

use anyhow::Context;
use vouchsafe_api::admin::Bootstrap;
use vouchsafe_api::auth_methods::{
    CreateClientSecret, MethodSettings, UniversalAuthInput, UniversalAuthLogin,
};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::identities::CreateIdentity;
use vouchsafe_api::projects::CreateProject;
use vouchsafe_client::local::{AddIdentityMember, CreateSecret, GetSecret};
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_domain::text::Email;
use vouchsafe_keys::random;

use super::saved::{Admin, Made, Saved};
use super::tour::Tour;
use crate::failure::{Failure, Outcome};

const EMAIL: &str = "admin@example.com";
const ORGANIZATION: &str = "Quickstart";
const PROJECT: &str = "Quickstart";
const ENVIRONMENT: &str = "dev";
const SECRET: &str = "GREETING";
const VALUE: &str = "Hello from Vouchsafe";
const IDENTITY: &str = "my-first-app";
/// One hour: what we propose for new identities.
const TOKEN_TTL: i64 = 3600;
const TOKEN_MAX_TTL: i64 = 86_400;

/// Steps 1 to 5: everything that the identity needs. What an earlier run did is not done again.
pub(super) async fn all(tour: &Tour<'_>, client: &Client, saved: &mut Saved) -> Outcome {
    if saved.is_member {
        tour.done_before(
            "Steps 1 to 5 were done before: administrator, project, secret, identity and role.",
        )?;
        return saved.write_shell(tour.folder(), tour.address());
    }
    let made = instance(tour, client, saved).await?;
    let admin = client.clone().with_token(&made.admin_token)?;
    let project = project(tour, &admin, saved).await?;
    secret(tour, &admin, saved, project).await?;
    let identity = identity(tour, &admin, saved, &made).await?;
    member(tour, &admin, saved, project, identity).await?;
    saved.write_shell(tour.folder(), tour.address())
}

async fn instance(tour: &Tour<'_>, client: &Client, saved: &mut Saved) -> Outcome<Made> {
    tour.step(1, &format!("Set up the instance: a first administrator and the organization {ORGANIZATION}"))?;
    tour.command(&format!(
        "{} bootstrap --email {EMAIL} --organization {ORGANIZATION} --ignore-if-bootstrapped",
        tour.program()
    ))?;
    tour.command(&format!(
        "curl -s $VOUCHSAFE_API_URL/api/v1/admin/bootstrap \\\n  -d email={EMAIL} -d organization={ORGANIZATION} \
         -d password=$ADMIN_PASSWORD"
    ))?;
    if let Some(made) = &saved.instance {
        tour.result("done before")?;
        return Ok(made.clone());
    }
    let admin = saved
        .admin
        .get_or_insert_with(|| Admin { email: EMAIL.to_owned(), password: random::alphanumeric(24) })
        .clone();
    saved.save(tour.folder())?;
    let input = Bootstrap {
        email: Email::parse(&admin.email)?,
        password: Concealed::new(&admin.password),
        organization: ORGANIZATION.to_owned(),
    };
    let reply = client.bootstrap(&input).await.map_err(|error| cut_off(tour, error))?;
    let made = Made {
        organization_id: reply.organization.id,
        admin_token: reply.identity.credentials.token.reveal().to_owned(),
    };
    saved.instance = Some(made.clone());
    saved.save(tour.folder())?;
    tour.result(&format!("{} with the password {} (shown only now)", admin.email, admin.password))?;
    Ok(made)
}

/// The instance was set up, but the answer did not reach `quickstart.json`.
fn cut_off(tour: &Tour<'_>, error: Error) -> Failure {
    let hint = error.refusal().is_some().then(|| {
        format!(
            "an earlier run was cut off; remove {} to start afresh, or name another folder",
            tour.shown_folder()
        )
    });
    let failure = Failure::from(anyhow::Error::from(error).context("cannot set up the instance"));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

async fn project(tour: &Tour<'_>, admin: &Client, saved: &mut Saved) -> Outcome<ProjectId> {
    tour.step(2, "Make a project; it starts with the environments dev, staging and prod")?;
    tour.command(&format!(
        "curl -s $VOUCHSAFE_API_URL/api/v1/projects \\\n  -H \"Authorization: Bearer $ADMIN_TOKEN\" \
         -d projectName={PROJECT}"
    ))?;
    if let Some(project) = saved.project_id {
        tour.result("done before")?;
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
    saved.project_id = Some(project.id);
    saved.save(tour.folder())?;
    tour.result(&format!("project {}", project.id))?;
    Ok(project.id)
}

async fn secret(tour: &Tour<'_>, admin: &Client, saved: &mut Saved, project: ProjectId) -> Outcome {
    tour.step(3, &format!("Put a secret into the environment {ENVIRONMENT}"))?;
    tour.command(&format!(
        "curl -s $VOUCHSAFE_API_URL/api/v4/secrets/{SECRET} \\\n  -H \"Authorization: Bearer $ADMIN_TOKEN\" \\\n  \
         -d projectId=$PROJECT_ID -d environment={ENVIRONMENT} -d secretValue='{VALUE}'"
    ))?;
    let input = CreateSecret {
        project_id: Some(project),
        environment: ENVIRONMENT.to_owned(),
        secret_name: SECRET.to_owned(),
        secret_value: Some(VALUE.to_owned()),
        ..CreateSecret::default()
    };
    if saved.secret_made {
        return tour.result("done before");
    }
    match admin.create_secret(&input).await {
        // A run that was cut off may have made it.
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 400) => {}
        made => made.context("cannot make the secret")?,
    }
    saved.secret_made = true;
    saved.save(tour.folder())?;
    tour.result(&format!("{SECRET} is kept encrypted"))
}

async fn identity(tour: &Tour<'_>, admin: &Client, saved: &mut Saved, made: &Made) -> Outcome<IdentityId> {
    tour.step(4, "Make an identity for an app, and a client secret that it logs in with")?;
    tour.command(&format!(
        "curl -s $VOUCHSAFE_API_URL/api/v1/identities \\\n  -H \"Authorization: Bearer $ADMIN_TOKEN\" \
         -d name={IDENTITY} -d organizationId=$ORGANIZATION_ID"
    ))?;
    tour.command(&format!(
        "curl -s $VOUCHSAFE_API_URL/api/v1/auth/universal-auth/identities/$IDENTITY_ID \\\n  -H \"Authorization: \
         Bearer $ADMIN_TOKEN\" -d accessTokenTTL={TOKEN_TTL} -d accessTokenMaxTTL={TOKEN_MAX_TTL}"
    ))?;
    tour.command(
        "curl -s $VOUCHSAFE_API_URL/api/v1/auth/universal-auth/identities/$IDENTITY_ID/client-secrets \\\n  \
         -H \"Authorization: Bearer $ADMIN_TOKEN\" -d description=quickstart",
    )?;
    let id = match saved.identity_id {
        Some(id) => id,
        None => {
            let input = CreateIdentity {
                name: IDENTITY.to_owned(),
                organization_id: made.organization_id,
                role: None,
                has_delete_protection: None,
                metadata: None,
            };
            admin.create_identity(&input).await.context("cannot make the identity")?.id
        }
    };
    saved.identity_id = Some(id);
    saved.save(tour.folder())?;
    if saved.client_id.is_none() {
        let settings = MethodSettings {
            access_token_ttl: Some(TOKEN_TTL),
            access_token_max_ttl: Some(TOKEN_MAX_TTL),
            ..MethodSettings::default()
        };
        let attached = admin.attach_universal_auth(id, &settings, &UniversalAuthInput::default()).await;
        saved.client_id = Some(attached.context("cannot attach Universal Auth")?);
        saved.save(tour.folder())?;
    }
    if saved.client_secret.is_none() {
        let input = CreateClientSecret {
            identity_id: id,
            description: Some("quickstart".to_owned()),
            num_uses_limit: None,
            ttl: None,
        };
        let reply = admin.create_client_secret(&input).await.context("cannot make the client secret")?;
        saved.client_secret = Some(reply.client_secret);
        saved.save(tour.folder())?;
    }
    tour.result(&format!("identity {id}; its tokens live for {}", crate::commands::duration(TOKEN_TTL)))?;
    Ok(id)
}

async fn member(
    tour: &Tour<'_>,
    admin: &Client,
    saved: &mut Saved,
    project: ProjectId,
    identity: IdentityId,
) -> Outcome {
    tour.step(5, "Let the identity read the project's secrets, and no more")?;
    tour.command(
        "curl -s $VOUCHSAFE_API_URL/api/v1/projects/$PROJECT_ID/memberships/identities/$IDENTITY_ID \\\n  \
         -H \"Authorization: Bearer $ADMIN_TOKEN\" -d role=viewer",
    )?;
    let input = AddIdentityMember {
        project_id: project,
        identity_id: identity,
        roles: None,
        role: Some("viewer".to_owned()),
    };
    match admin.add_identity_member(&input).await {
        // A run that was cut off may have done it.
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 400) => {}
        made => made.context("cannot add the identity to the project")?,
    }
    saved.is_member = true;
    saved.save(tour.folder())?;
    tour.result("the role viewer in the project")
}

/// Steps 6 and 7: what the app does, with nothing but its client id and client secret.
pub(super) async fn log_in_and_read(tour: &Tour<'_>, client: &Client, saved: &Saved) -> Outcome {
    let program = tour.program();
    tour.step(6, "Log in as the identity")?;
    tour.command(
        "curl -s $VOUCHSAFE_API_URL/api/v1/auth/universal-auth/login \\\n  -d clientId=$CLIENT_ID -d \
         clientSecret=$CLIENT_SECRET",
    )?;
    tour.command(&format!(
        "export VOUCHSAFE_TOKEN=$({program} login --method universal-auth \\\n  --client-id $CLIENT_ID --client-secret \
         $CLIENT_SECRET --plain)"
    ))?;
    let (Some(client_id), Some(client_secret), Some(project)) =
        (saved.client_id.clone(), saved.client_secret.clone(), saved.project_id)
    else {
        return Err(changed(tour, anyhow::anyhow!("quickstart.json is not complete")));
    };
    let login = UniversalAuthLogin { client_id, client_secret, organization_slug: None };
    let token = client
        .log_in_universal(&login)
        .await
        .map_err(|error| changed(tour, anyhow::Error::from(error).context("the identity cannot log in")))?;
    tour.result(&format!("an access token, valid for {}", crate::commands::duration(token.expires_in)))?;

    tour.step(7, "Read the secret with that token")?;
    tour.command(&format!(
        "curl -s \"$VOUCHSAFE_API_URL/api/v4/secrets/{SECRET}?projectId=$PROJECT_ID&environment={ENVIRONMENT}\" \\\n  \
         -H \"Authorization: Bearer $VOUCHSAFE_TOKEN\""
    ))?;
    let place = format!("--project-id $PROJECT_ID --env {ENVIRONMENT}");
    tour.command(&format!("{program} secrets get {SECRET} {place}"))?;
    tour.command(&format!("{program} run {place} -- sh -c 'echo \"${SECRET}\"'"))?;
    let input = GetSecret {
        project_id: Some(project),
        environment: ENVIRONMENT.to_owned(),
        secret_name: SECRET.to_owned(),
        ..GetSecret::default()
    };
    let reader = client.clone().with_token(&token.access_token)?;
    let secret = reader.secret(&input).await.map_err(|error| {
        changed(tour, anyhow::Error::from(error).context("the identity cannot read the secret"))
    })?;
    tour.result(&secret.secret_value)
}

fn changed(tour: &Tour<'_>, error: anyhow::Error) -> Failure {
    Failure::from(error).hint(format!(
        "what the quickstart made may have been changed since; start afresh with `{} quickstart --data-dir` and \
         another folder",
        tour.program()
    ))
}
