//! `/identities/{id}/auth/universal-auth/client-secrets`.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::auth_methods::{
    ClientSecretData, ClientSecretList, CreateClientSecret, NewClientSecretReply,
};
use vouchsafe_domain::time::Timestamp;

use super::snippets::{cli, curl, kubernetes, node, python};
use super::{LIVES, Rights, number, with_method};
use crate::api::path;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::identities::subject::{Subject, Tab, TabLink};
use crate::page::{Chrome, done};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

const METHOD: &str = "universal-auth";

/// A client secret that was just made.
struct Fresh {
    client_secret: String,
    /// Where clients reach this instance.
    url: String,
}

#[derive(Template)]
#[template(path = "identities/credentials/secrets.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    rights: Rights,
    form: Form,
    client_id: String,
    secrets: Vec<ClientSecretData>,
    fresh: Option<Fresh>,
    now: Timestamp,
}

impl Page {
    async fn of(visit: &Visit, subject: Subject, form: Form, fresh: Option<Fresh>) -> Result<Self, Trouble> {
        let rights = Rights::over(&subject);
        let method: Value = visit.get(&api(&subject, &[])).await?;
        let client_id = method["identityUniversalAuth"]["clientId"].as_str().unwrap_or_default().to_owned();
        let secrets = if rights.may_list {
            visit.get::<ClientSecretList>(&api(&subject, &["client-secrets"])).await?.client_secret_data
        } else {
            Vec::new()
        };
        let (chrome, tabs) = (subject.chrome(visit, "Client secrets"), subject.tabs(Tab::Auth));
        Ok(Self { chrome, subject, tabs, rights, form, client_id, secrets, fresh, now: visit.now })
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn when(&self, at: &Timestamp) -> TimeElement {
        TimeElement(ago(*at, self.now))
    }

    /// When a secret ends, if it does.
    fn end(&self, secret: &ClientSecretData) -> Option<TimeElement> {
        let end = secret.created_at.plus_seconds(secret.client_secret_ttl);
        (secret.client_secret_ttl > 0).then(|| TimeElement(ago(end, self.now)))
    }
}

/// Address of the API below the attached method.
fn api(subject: &Subject, rest: &[&str]) -> String {
    let id = subject.id.to_string();
    path(&[&["api", "v1", "auth", METHOD, "identities", &id], rest].concat())
}

fn proposed() -> Form {
    Form::default().with("ttl", "2592000")
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = with_method(&visit, &id, METHOD).await?;
    Ok(visit.show(&Page::of(&visit, subject, proposed(), None).await?))
}

pub(super) async fn create(Path(id): Path<String>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let subject = with_method(&visit, &id, METHOD).await?;
    let input = CreateClientSecret {
        identity_id: subject.id,
        description: form.given("description").map(str::to_owned),
        num_uses_limit: number(&mut form, "numUsesLimit"),
        ttl: number(&mut form, "ttl"),
    };
    if form.is_refused() {
        return refused(&visit, subject, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    match visit.post::<NewClientSecretReply>(&api(&subject, &["client-secrets"]), &input).await {
        Ok(reply) => {
            let url = visit.console.app.settings.site_url.clone();
            let fresh = Fresh { client_secret: reply.client_secret, url };
            Ok(visit.show(&Page::of(&visit, subject, proposed(), Some(fresh)).await?))
        }
        Err(error) => refused(&visit, subject, error.status, form.refused(&error)).await,
    }
}

async fn refused(
    visit: &Visit,
    subject: Subject,
    status: StatusCode,
    form: Form,
) -> Result<Response, Trouble> {
    Ok(visit.show_as(status, &Page::of(visit, subject, form, None).await?))
}

/// The parts of the address.
#[derive(Deserialize)]
pub(super) struct One {
    pub(super) id: String,
    pub(super) credential: String,
}

pub(super) async fn revoke(Path(one): Path<One>, Posted { visit, .. }: Posted<Visit>) -> Shown {
    let subject = with_method(&visit, &one.id, METHOD).await?;
    let target = api(&subject, &["client-secrets", &one.credential, "revoke"]);
    let _: Value = visit.post(&target, &vouchsafe_api::common::Nothing {}).await?;
    let to = format!("{}/auth/{METHOD}/client-secrets", subject.path());
    Ok(done(
        &visit.console.app,
        &to,
        "The client secret is revoked, and every token that it was exchanged for",
    ))
}
