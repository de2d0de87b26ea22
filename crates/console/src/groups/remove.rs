//! `/groups/{id}/delete`.

use axum::extract::Path;
use vouchsafe_api::groups::Group;

use super::reading::{self, api, url};
use crate::confirm::Loss;
use crate::errors::Shown;
use crate::page::{self, Place};
use crate::visit::{Posted, Visit};

fn loss<'a>(group: &'a Group, [back, action]: &'a [String; 2]) -> Loss<'a> {
    Loss {
        title: "Delete the group",
        place: Place::Groups,
        name: &group.name,
        consequence: "Whoever is in the group loses what it gave them, in the organization and in its projects.",
        action,
        back,
    }
}

fn urls(group: &Group) -> [String; 2] {
    [url(group.id, &[]), url(group.id, &["delete"])]
}

pub(super) async fn ask(visit: Visit, Path(id): Path<String>) -> Shown {
    let group = reading::group(&visit, &id).await?;
    Ok(loss(&group, &urls(&group)).ask(&visit))
}

pub(super) async fn take(Path(id): Path<String>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let group = reading::group(&visit, &id).await?;
    let urls = urls(&group);
    let loss = loss(&group, &urls);
    if let Err(page) = loss.confirmed(&visit, form.clone()) {
        return Ok(*page);
    }
    match visit.delete(&api(group.id, &[])).await {
        Ok(()) => {
            let notice = format!("The group {} is deleted", group.name);
            Ok(page::done(&visit.console.app, "/groups", &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(loss.refused(&visit, form, &refused)),
    }
}
