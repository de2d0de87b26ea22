//! Settings of the organization, and facts of the instance.

use askama::Template;
use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use serde_json::json;
use vouchsafe_api::organizations::{Organization, OrganizationReply, UpdateOrganizationReply};
use vouchsafe_api::users::ProfileReply;
use vouchsafe_policy::org;
use vouchsafe_server::App;

use crate::Console;
use crate::api::path;
use crate::cookies::is_tls;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place, done};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/settings", get(show).post(change))
}

#[derive(Template)]
#[template(path = "settings/show.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    organization: Organization,
    made: TimeElement,
    may_change: bool,
    /// For those who administer the instance.
    instance: Option<Instance>,
}

/// What the running server knows of itself.
struct Instance {
    version: &'static str,
    database: &'static str,
    site_url: String,
    is_tls: bool,
    proxies: Vec<String>,
    certificate_header: Option<String>,
    private_targets: Vec<String>,
    /// Longest life of an access token in days.
    token_days: i64,
}

impl Instance {
    fn of(app: &App) -> Self {
        let settings = &app.settings;
        let texts = |networks: &[ipnet::IpNet]| networks.iter().map(ToString::to_string).collect();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            database: if app.store.engine() == "postgres" { "PostgreSQL" } else { "SQLite" },
            site_url: settings.site_url.clone(),
            is_tls: is_tls(app),
            proxies: texts(&settings.trusted_proxies),
            certificate_header: settings.client_certificate_header.as_ref().map(ToString::to_string),
            private_targets: texts(&settings.allowed_targets),
            token_days: settings.token_age_ceiling / 86_400,
        }
    }
}

fn target(visit: &Visit) -> String {
    path(&["api", "v1", "organization", &visit.org().to_string()])
}

async fn page(visit: &Visit, status: StatusCode, form: Option<Form>) -> Shown {
    let organization = visit.get::<OrganizationReply>(&target(visit)).await?.organization;
    let administers = visit.get::<ProfileReply>("/api/v2/users/me").await?.user.user.super_admin;
    let known =
        Form::default().with("name", organization.name.as_str()).with("slug", organization.slug.as_str());
    Ok(visit.show_as(
        status,
        &Page {
            chrome: visit.chrome("Settings", Place::Settings),
            form: form.unwrap_or(known),
            made: TimeElement(ago(organization.created_at, visit.now)),
            organization,
            may_change: visit.may(org::SETTINGS_EDIT),
            instance: administers.then(|| Instance::of(&visit.console.app)),
        },
    ))
}

async fn show(visit: Visit) -> Shown {
    page(&visit, StatusCode::OK, None).await
}

async fn change(Posted { visit, mut form }: Posted<Visit>) -> Shown {
    if !form.has_all(&["name", "slug"]) {
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, Some(form)).await;
    }
    let body = json!({ "name": form.text("name"), "slug": form.text("slug") });
    match visit.send::<UpdateOrganizationReply>(Method::PATCH, &target(&visit), &body).await {
        Ok(_) => Ok(done(&visit.console.app, "/settings", "The organization is changed.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => page(&visit, refused.status, Some(form.refused(&refused))).await,
    }
}
