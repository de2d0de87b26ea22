//! Secrets from a text of lines such as `NAME=value`.

use askama::Template;
use axum::extract::Query;
use http::{Method, StatusCode};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{
    CreateSecrets, NewSecret, SecretChange, SecretsReply, UpdateMode, UpdateSecrets,
};
use vouchsafe_domain::dotenv::{self, Entry};

use super::spot::{Asked, Parts, Spot};
use crate::api::Refused;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::visit::{Posted, Visit};

const BATCH: &str = "/api/v4/secrets/batch";

#[derive(Template)]
#[template(path = "projects/secrets/paste.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    form: Form,
}

fn page(visit: &Visit, spot: Spot, form: Form) -> Page {
    Page { chrome: spot.chrome(visit, "Paste secrets"), spot, form }
}

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    Ok(visit.show(&page(&visit, spot, Form::default())))
}

pub(super) async fn make(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, mut form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let entries = match dotenv::parse(form.text("text")) {
        Ok(entries) if entries.is_empty() => Err("Expected at least one line such as NAME=value".to_owned()),
        Ok(entries) => Ok(entries),
        Err(error) => Err(error.to_string()),
    };
    let overwrites = form.is_on("overwrite");
    // The text holds secrets, which are not sent back.
    form = form.without("text");
    let entries = match entries {
        Ok(entries) => entries,
        Err(problem) => {
            form.refuse("text", problem);
            return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, spot, form)));
        }
    };
    let written =
        if overwrites { replace(&visit, &spot, entries).await } else { add(&visit, &spot, entries).await };
    match written {
        Ok(reply) => {
            let notice = format!("{} secrets were written.", reply.secrets.len());
            Ok(page::done(&visit.console.app, &spot.url(&[]), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(visit.show_as(refused.status, &page(&visit, spot, form.refused(&refused)))),
    }
}

/// Makes secrets that are not there yet, all or none.
async fn add(visit: &Visit, spot: &Spot, entries: Vec<Entry>) -> Result<SecretsReply, Refused> {
    let secret = |entry: Entry| NewSecret {
        secret_key: entry.name,
        secret_value: Some(Concealed::new(entry.value)),
        secret_comment: None,
        skip_multiline_encoding: None,
        tag_ids: None,
        secret_metadata: None,
    };
    let input = CreateSecrets {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        secrets: entries.into_iter().map(secret).collect(),
        ..CreateSecrets::default()
    };
    visit.post(BATCH, &input).await
}

/// Makes secrets, and gives those that are there a new value, all or none.
async fn replace(visit: &Visit, spot: &Spot, entries: Vec<Entry>) -> Result<SecretsReply, Refused> {
    let secret = |entry: Entry| SecretChange {
        secret_key: entry.name,
        secret_path: None,
        new_secret_name: None,
        secret_value: Some(Concealed::new(entry.value)),
        secret_comment: None,
        skip_multiline_encoding: None,
        tag_ids: None,
        secret_metadata: None,
        secret_reminder_repeat_days: None,
        secret_reminder_note: None,
    };
    let input = UpdateSecrets {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        mode: UpdateMode::Upsert,
        secrets: entries.into_iter().map(secret).collect(),
        ..UpdateSecrets::default()
    };
    visit.send(Method::PATCH, BATCH, &input).await
}
