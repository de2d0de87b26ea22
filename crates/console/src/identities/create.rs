//! `/identities/new`: name, role, metadata; then the first auth method is chosen.

use askama::Template;
use vouchsafe_api::common::MetadataInput;
use vouchsafe_api::identities::{CreateIdentity, IdentityReply};
use vouchsafe_server::access::org_roles_to_give;

use crate::api::path;
use crate::errors::{Shown, Trouble};
use crate::fields;
use crate::form::Form;
use crate::page::{Chrome, Place, done};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "identities/create.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    roles: Vec<(String, String)>,
}

pub(super) async fn show(visit: Visit) -> Shown {
    let form = Form::default().with("role", "no-access");
    Ok(visit.show(&page(&visit, form).await?))
}

async fn page(visit: &Visit, form: Form) -> Result<Page, Trouble> {
    let chrome = visit.chrome("New identity", Place::Identities);
    Ok(Page { chrome, form, roles: roles(visit).await? })
}

/// The roles that the person may give: slug and name.
pub(super) async fn roles(visit: &Visit) -> Result<Vec<(String, String)>, Trouble> {
    let roles = org_roles_to_give(&visit.console.app, visit.actor(), visit.now).await;
    let roles = roles.map_err(|error| Trouble::of(&error))?;
    Ok(roles.into_iter().map(|role| (role.slug, role.name)).collect())
}

/// What was typed as metadata; a problem is noted in the form.
pub(super) fn metadata(form: &mut Form) -> Vec<MetadataInput> {
    let read = fields::pairs(form.text("metadata")).map(|pairs| {
        let entry =
            |(key, value): (&str, &str)| MetadataInput { key: key.to_owned(), value: value.to_owned() };
        pairs.into_iter().map(entry).collect()
    });
    read.unwrap_or_else(|problem| {
        form.refuse("metadata", problem);
        Vec::new()
    })
}

pub(super) async fn create(Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let metadata = metadata(&mut form);
    let input = CreateIdentity {
        name: form.text("name").to_owned(),
        organization_id: visit.org(),
        role: form.given("role").map(str::to_owned),
        has_delete_protection: Some(form.is_on("hasDeleteProtection")),
        metadata: Some(metadata),
    };
    if form.is_refused() {
        return Ok(visit.show_as(http::StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, form).await?));
    }
    match visit.post::<IdentityReply>("/api/v1/identities", &input).await {
        Ok(reply) => {
            let to = path(&["identities", &reply.identity.id.to_string(), "auth"]);
            let notice = "The identity is there. Now choose how it proves who it is.";
            Ok(done(&visit.console.app, &to, notice))
        }
        Err(refused) => {
            let form = form.refused(&refused);
            Ok(visit.show_as(refused.status, &page(&visit, form).await?))
        }
    }
}
