//! Putting somebody into a group, and taking somebody out.

use axum::extract::Path;
use http::Method;
use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::groups::Group;

use super::reading::{self, api, url};
use super::{add, show};
use crate::api::query;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page;
use crate::visit::{Posted, Visit};

/// The path of the API about somebody in a group: `who` is `identity:ID` or `user:EMAIL`.
fn member(group: &Group, form: &Form) -> Result<String, Trouble> {
    let parts = match form.text("who").split_once(':') {
        Some(("identity", id)) => ["machine-identities", id],
        Some(("user", name)) => ["users", name],
        _ => return Err(Trouble::not_found()),
    };
    Ok(api(group.id, &parts))
}

pub(super) async fn add(Path(id): Path<String>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let group = reading::group(&visit, &id).await?;
    match visit.send::<Value>(Method::POST, &member(&group, &form)?, &Nothing {}).await {
        Ok(_) => {
            // Often more than one is added.
            let next = format!("{}{}", url(group.id, &["add"]), query([("search", form.text("search"))]));
            let notice = format!("{} is in the group now", form.text("name"));
            Ok(page::done(&visit.console.app, &next, &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => add::again(&visit, group, form, &refused).await,
    }
}

pub(super) async fn remove(Path(id): Path<String>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let group = reading::group(&visit, &id).await?;
    match visit.delete(&member(&group, &form)?).await {
        Ok(()) => {
            let there = [("search", form.text("search")), ("page", form.text("page"))];
            let next = format!("{}{}", url(group.id, &[]), query(there));
            let notice = format!("{} is no longer in the group", form.text("name"));
            Ok(page::done(&visit.console.app, &next, &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => show::again(&visit, group, form, &refused).await,
    }
}
