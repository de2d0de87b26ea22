//! A new secret.

use askama::Template;
use axum::extract::Query;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{CreateSecret, SecretReply};
use vouchsafe_api::tags::Tag;

use super::edit::{MetadataRow, metadata_of, metadata_rows, tags_of};
use super::reading;
use super::spot::{Asked, Parts, Spot};
use crate::api::path;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{Chrome, done};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/secrets/new.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    form: Form,
    tags: Option<Vec<Tag>>,
    metadata: Vec<MetadataRow>,
}

async fn page(visit: &Visit, spot: Spot, form: Form) -> Result<Page, Trouble> {
    let enforced = spot.frame.project.enforce_encrypted_secret_manager_secret_metadata;
    Ok(Page {
        chrome: spot.chrome(visit, "New secret"),
        tags: reading::all_tags(visit, &spot.frame).await?,
        metadata: metadata_rows(&form, enforced),
        spot,
        form,
    })
}

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let form = Form::default().with("secretName", asked.name.as_str());
    Ok(visit.show(&page(&visit, spot, form).await?))
}

pub(super) async fn make(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let name = form.text("secretName").trim();
    let input = CreateSecret {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        secret_name: name.to_owned(),
        secret_value: Some(Concealed::new(form.text("secretValue"))),
        secret_comment: form.given("secretComment").map(Concealed::new),
        tag_ids: Some(tags_of(&form)),
        secret_metadata: Some(metadata_of(&form)),
        ..CreateSecret::default()
    };
    // An empty part would be another route.
    let route = path(&["api", "v4", "secrets", if name.is_empty() { " " } else { name }]);
    match visit.post::<SecretReply>(&route, &input).await {
        Ok(made) => {
            let name = made.secret.secret_key.as_str();
            let notice = format!("The secret {name} was made.");
            Ok(done(&visit.console.app, &spot.url(&[]), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let form = form.without("secretValue").refused(&refused);
            Ok(visit.show_as(refused.status, &page(&visit, spot, form).await?))
        }
    }
}
