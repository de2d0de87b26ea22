//! The first start, and the instance itself: `/api/v1/admin`.

use http::header::SET_COOKIE;
use vouchsafe_api::admin::{
    AdminSignUp, AdminSignUpReply, Bootstrap, BootstrapCredentials, BootstrapIdentity, BootstrapReply,
    ConfigReply, InstanceConfig,
};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::identities::OrganizationSummary;
use vouchsafe_api::users::UserSummary;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::users;
use crate::auth::sessions::{session_end, tokens};
use crate::usecase::first_start::{FirstStart, Founded, IDENTITY_NAME, first_identity, found, open, prepare};

pub(super) fn routes() -> Routes {
    Routes::new("Instance")
        .post(
            ["/api/v1/admin/bootstrap"],
            Access::Open,
            "Set the instance up: first administrator, organization and identity; works once",
            bootstrap,
        )
        .post(
            ["/api/v1/admin/signup"],
            Access::Open,
            "Set the instance up: first administrator and organization; works once",
            sign_up,
        )
        .get(["/api/v1/admin/config"], Access::Open, "How the instance is set up", config)
}

async fn bootstrap(cx: Cx, input: Bootstrap) -> Outcome<BootstrapReply> {
    let organization = super::organizations::name(&input.organization)
        .map_err(|_| ApiError::invalid("organization", "Expected a name of 1 to 64 characters"))?;
    let first = FirstStart {
        email: &input.email,
        password: &input.password,
        first_name: "Admin",
        last_name: "User",
        organization: &organization,
        refusal: "Instance has already been set up",
    };
    let (hash, author) = (prepare(&cx.app, &first).await?, cx.author());
    let mut change = open(&cx.app, &author).await?;
    let founded = found(&mut change, &first, &hash).await?;
    let identity = first_identity(&mut change, founded.organization).await?;
    let token = identity.sign(&cx.app, &author)?;
    change.commit().await?;
    ok(BootstrapReply {
        message: "Successfully bootstrapped instance".to_owned(),
        user: administrator(&cx, &founded).await?,
        organization: summary(founded, organization),
        identity: BootstrapIdentity {
            id: identity.id,
            name: IDENTITY_NAME.to_owned(),
            credentials: BootstrapCredentials { token },
        },
    })
}

async fn sign_up(cx: Cx, input: AdminSignUp) -> Outcome<AdminSignUpReply> {
    let (first_name, last_name) = users::name(&input.first_name, input.last_name.as_deref())?;
    let first = FirstStart {
        email: &input.email,
        password: &input.password,
        first_name: &first_name,
        last_name: &last_name,
        organization: "Admin Org",
        refusal: "Admin account has already been set up",
    };
    let hash = prepare(&cx.app, &first).await?;
    let mut change = open(&cx.app, &cx.author()).await?;
    let founded = found(&mut change, &first, &hash).await?;
    let session = change.insert_session(founded.user, session_end(cx.now())).await?;
    change.commit().await?;
    let signed_in = tokens(&cx.app, &session, Some(founded.organization), cx.now())?;
    let reply = AdminSignUpReply {
        message: "Successfully set up admin account".to_owned(),
        user: administrator(&cx, &founded).await?,
        organization: summary(founded, first.organization.to_owned()),
        token: signed_in.access,
        new: "123".to_owned(),
    };
    ok(reply).map(|reply| reply.header(SET_COOKIE, signed_in.cookie))
}

async fn administrator(cx: &Cx, founded: &Founded) -> ApiResult<UserSummary> {
    let user = cx.app.store.user(founded.user).await?;
    user.map(users::summary).ok_or_else(|| ApiError::internal("the first administrator vanished"))
}

fn summary(founded: Founded, name: String) -> OrganizationSummary {
    OrganizationSummary { id: founded.organization, name, slug: founded.slug }
}

async fn config(cx: Cx, _: Nothing) -> Outcome<ConfigReply> {
    ok(ConfigReply {
        config: InstanceConfig {
            initialized: cx.app.store.is_initialized().await?,
            allow_sign_up: false,
            allowed_sign_up_domain: None,
            trust_saml_emails: false,
            trust_ldap_emails: false,
            trust_oidc_emails: false,
            default_auth_org_id: None,
            enabled_login_methods: vec!["email".to_owned()],
        },
    })
}
