//! Taking a privilege away.

use axum::extract::Path;
use vouchsafe_api::privileges::Privilege;

use super::holder::{Address, Holder};
use crate::confirm::Loss;
use crate::errors::Shown;
use crate::page::{self, Place};
use crate::visit::{Posted, Visit};

fn loss<'a>(privilege: &'a Privilege, [back, action]: &'a [String; 2]) -> Loss<'a> {
    Loss {
        title: "Take the privilege away",
        place: Place::Projects,
        name: &privilege.slug,
        consequence: "What only this privilege allows ends at once; what it forbids is allowed again where a role \
                      allows it.",
        action,
        back,
    }
}

fn urls(holder: &Holder, privilege: &Privilege) -> [String; 2] {
    let id = privilege.id.to_string();
    [holder.url(&[&id]), holder.url(&[&id, "delete"])]
}

pub(super) async fn ask(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (holder, privilege) = Holder::with_privilege(&visit, &address).await?;
    Ok(loss(&privilege, &urls(&holder, &privilege)).ask(&visit))
}

pub(super) async fn take(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let (holder, privilege) = Holder::with_privilege(&visit, &address).await?;
    let urls = urls(&holder, &privilege);
    let loss = loss(&privilege, &urls);
    if let Err(page) = loss.confirmed(&visit, form.clone()) {
        return Ok(*page);
    }
    match holder.take(&visit, privilege.id).await {
        Ok(()) => {
            let notice = format!("The privilege {} is taken away", privilege.slug);
            Ok(page::done(&visit.console.app, &holder.url(&[]), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(loss.refused(&visit, form, &refused)),
    }
}
