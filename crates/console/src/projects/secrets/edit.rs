//! Everything about a secret but its value: name, comment, tags, metadata.

use askama::Template;
use axum::extract::Query;
use http::Method;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::{Secret, SecretMetadata, SecretReply, UpdateSecret};
use vouchsafe_api::tags::Tag;
use vouchsafe_domain::id::TagId;

use super::reading::{self, Wanted};
use super::spot::{Asked, Parts, Spot};
use crate::api::path;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::visit::{Posted, Visit};

/// Rows for metadata that are still empty.
const SPARE: usize = 2;

/// A key and a value of the form.
pub(super) struct MetadataRow {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) is_encrypted: bool,
}

/// The metadata of a form, with empty rows to add some. `is_encrypted` holds for those.
pub(super) fn metadata_rows(form: &Form, is_encrypted: bool) -> Vec<MetadataRow> {
    let row = |entry: SecretMetadata| MetadataRow {
        key: entry.key,
        value: entry.value.into_text(),
        is_encrypted: entry.is_encrypted,
    };
    let spare = || MetadataRow { key: String::new(), value: String::new(), is_encrypted };
    metadata_of(form).into_iter().map(row).chain(std::iter::repeat_with(spare).take(SPARE)).collect()
}

/// The metadata that a form names; rows without a key and a value are left out.
pub(super) fn metadata_of(form: &Form) -> Vec<SecretMetadata> {
    let encrypted = form.all("metadataEncrypted").chain(std::iter::repeat(""));
    let pairs = form.all("metadataKey").zip(form.all("metadataValue")).zip(encrypted);
    let given = pairs.filter(|((key, value), _)| !key.trim().is_empty() || !value.is_empty());
    given
        .map(|((key, value), encrypted)| SecretMetadata {
            key: key.to_owned(),
            value: Concealed::new(value),
            is_encrypted: encrypted == "true",
        })
        .collect()
}

/// The tags that are ticked.
pub(super) fn tags_of(form: &Form) -> Vec<TagId> {
    form.all("tagIds").filter_map(|id| id.parse().ok()).collect()
}

#[derive(Template)]
#[template(path = "projects/secrets/edit.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    name: String,
    form: Form,
    /// None if the person may not see the tags of the project.
    tags: Option<Vec<Tag>>,
    metadata: Vec<MetadataRow>,
}

async fn page(visit: &Visit, spot: Spot, name: String, form: Form) -> Result<Page, crate::errors::Trouble> {
    let enforced = spot.frame.project.enforce_encrypted_secret_manager_secret_metadata;
    Ok(Page {
        chrome: spot.chrome(visit, &format!("Edit {name}")),
        tags: reading::all_tags(visit, &spot.frame).await?,
        metadata: metadata_rows(&form, enforced),
        spot,
        name,
        form,
    })
}

fn filled(secret: &Secret) -> Form {
    let mut form = Form::default()
        .with("newSecretName", secret.secret_key.as_str())
        .with("secretComment", secret.secret_comment.reveal());
    for tag in &secret.tags {
        form = form.with("tagIds", tag.id.to_string());
    }
    for entry in &secret.secret_metadata {
        form = form
            .with("metadataKey", entry.key.as_str())
            .with("metadataValue", entry.value.reveal())
            .with("metadataEncrypted", if entry.is_encrypted { "true" } else { "false" });
    }
    form
}

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let secret = reading::secret(&visit, &spot, &asked.name, Wanted::default()).await?;
    let form = filled(&secret);
    Ok(visit.show(&page(&visit, spot, secret.secret_key, form).await?))
}

pub(super) async fn save(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let new_name = form.text("newSecretName").trim();
    let input = UpdateSecret {
        new_secret_name: (new_name != asked.name).then(|| new_name.to_owned()),
        secret_comment: Some(Concealed::new(form.text("secretComment"))),
        // Without the boxes, nothing was said about tags.
        tag_ids: form.is_on("withTags").then(|| tags_of(&form)),
        secret_metadata: Some(metadata_of(&form)),
        ..update_of(&spot, &asked.name)
    };
    match send(&visit, &input).await {
        Ok(reply) => {
            let to = spot.secret_url("secret", &reply.secret.secret_key);
            Ok(page::done(&visit.console.app, &to, "The secret was changed."))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let page = page(&visit, spot, asked.name, form.refused(&refused)).await?;
            Ok(visit.show_as(refused.status, &page))
        }
    }
}

/// A change of a secret that changes nothing yet.
pub(super) fn update_of(spot: &Spot, name: &str) -> UpdateSecret {
    UpdateSecret {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        secret_name: name.to_owned(),
        ..UpdateSecret::default()
    }
}

/// Changes a secret.
pub(super) async fn send(visit: &Visit, input: &UpdateSecret) -> Result<SecretReply, crate::api::Refused> {
    visit.send(Method::PATCH, &path(&["api", "v4", "secrets", &input.secret_name]), input).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_keep_their_order_and_empty_rows_are_left_out() {
        let form = Form::read(
            b"metadataKey=a&metadataValue=1&metadataEncrypted=true&metadataKey=&metadataValue=&metadataEncrypted=false\
              &metadataKey=&metadataValue=lost&metadataEncrypted=false",
        );
        let found = metadata_of(&form);
        let seen: Vec<_> =
            found.iter().map(|one| (one.key.as_str(), one.value.reveal(), one.is_encrypted)).collect();
        assert_eq!(seen, [("a", "1", true), ("", "lost", false)]);
        assert_eq!(metadata_rows(&form, true).len(), 2 + SPARE);
    }
}
