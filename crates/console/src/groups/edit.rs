//! `/groups/new` and `/groups/{id}/edit`.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use vouchsafe_api::groups::{CreateGroup, Group, UpdateGroup};
use vouchsafe_policy::org;

use super::reading::{self, api, roles, url};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::rules::Beyond;
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "groups/edit.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    is_new: bool,
    /// The roles to choose from: slug and name. None: the slug is typed.
    roles: Vec<(String, String)>,
    /// Whether the person may give the group a role.
    may_give: bool,
    beyond: Option<Beyond>,
    back: String,
}

async fn page(
    visit: &Visit,
    group: Option<&Group>,
    form: Form,
    status: StatusCode,
    beyond: Option<Beyond>,
) -> Result<Response, Trouble> {
    let title = group.map_or_else(|| "New group".to_owned(), |group| format!("Edit {}", group.name));
    let page = Page {
        chrome: visit.chrome(&title, Place::Groups),
        form,
        is_new: group.is_none(),
        roles: roles(visit).await?,
        may_give: visit.may(org::GROUP_GRANT_PRIVILEGES),
        beyond,
        back: group.map_or_else(|| "/groups".to_owned(), |group| url(group.id, &[])),
    };
    Ok(visit.show_as(status, &page))
}

pub(super) async fn ask_new(visit: Visit) -> Shown {
    let form = Form::default().with("role", "no-access");
    page(&visit, None, form, StatusCode::OK, None).await
}

pub(super) async fn take_new(posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let given = |name: &str| form.given(name).map(str::to_owned);
    let input = CreateGroup { name: form.text("name").to_owned(), slug: given("slug"), role: given("role") };
    match visit.post::<Group>("/api/v1/groups", &input).await {
        Ok(group) => {
            let notice = format!("The group {} is made", group.name);
            Ok(page::done(&visit.console.app, &url(group.id, &[]), &notice))
        }
        Err(refused) => refusal(&visit, None, form, refused).await,
    }
}

pub(super) async fn ask(visit: Visit, Path(id): Path<String>) -> Shown {
    let group = reading::group(&visit, &id).await?;
    let form = Form::default()
        .with("name", group.name.as_str())
        .with("slug", group.slug.as_str())
        .with("role", reading::role(&group));
    page(&visit, Some(&group), form, StatusCode::OK, None).await
}

pub(super) async fn take(Path(id): Path<String>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, mut form } = posted;
    let group = reading::group(&visit, &id).await?;
    if !form.has_all(&["name", "slug"]) {
        return page(&visit, Some(&group), form, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    }
    let changed = |name: &str, old: &str| form.given(name).filter(|new| *new != old).map(str::to_owned);
    let input = UpdateGroup {
        group_id: group.id,
        name: Some(form.text("name").to_owned()),
        slug: changed("slug", &group.slug),
        // To give the role that it has would need more than to rename it.
        role: changed("role", reading::role(&group)),
    };
    match visit.send::<Group>(Method::PATCH, &api(group.id, &[]), &input).await {
        Ok(group) => {
            let notice = format!("The group {} is changed", group.name);
            Ok(page::done(&visit.console.app, &url(group.id, &[]), &notice))
        }
        Err(refused) => refusal(&visit, Some(&group), form, refused).await,
    }
}

async fn refusal(visit: &Visit, group: Option<&Group>, form: Form, refused: crate::api::Refused) -> Shown {
    if refused.is_signed_out() {
        return Err(refused.into());
    }
    let beyond = reading::beyond(visit, &refused).await;
    page(visit, group, form.refused(&refused), refused.status, beyond).await
}
