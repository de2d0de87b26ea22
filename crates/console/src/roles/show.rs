//! `/roles/{id}`: what a role allows.

use askama::Template;
use axum::extract::Path;
use vouchsafe_policy::org;

use super::place::{Address, Place, Role, Verb};
use crate::api::query;
use crate::errors::Shown;
use crate::page::Chrome;
use crate::rules::{RuleWords, in_words, pretty};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "roles/show.html")]
struct Page {
    chrome: Chrome,
    url: String,
    rules: Vec<RuleWords>,
    json: String,
    changed: TimeElement,
    /// Where the identities are that have the role, for those who may see them.
    identities: Option<String>,
    may_create: bool,
    may_edit: bool,
    may_delete: bool,
    place: Place,
    role: Role,
}

pub(super) async fn show(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (place, role) = Place::with_role(&visit, &address).await?;
    Ok(visit.show(&Page {
        chrome: visit.chrome(&role.name, place.part()),
        url: place.role_url(&role),
        rules: in_words(&role.permissions),
        json: pretty(&role.permissions),
        changed: TimeElement(ago(role.updated_at, visit.now)),
        identities: identities(&visit, &place, &role),
        may_create: place.may(&visit, Verb::Create),
        may_edit: !role.is_built_in && place.may(&visit, Verb::Edit),
        may_delete: !role.is_built_in && place.may(&visit, Verb::Delete),
        place,
        role,
    }))
}

fn identities(visit: &Visit, place: &Place, role: &Role) -> Option<String> {
    let is_offered = place.project_id().is_none() && visit.may(org::IDENTITY_READ);
    is_offered.then(|| format!("/identities{}", query([("role", role.slug.as_str())])))
}
