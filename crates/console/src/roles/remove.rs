//! `/roles/{id}/delete`.

use axum::extract::Path;
use axum::response::IntoResponse;

use super::place::{Address, Place, Role};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::page;
use crate::visit::{Posted, Visit};

/// A role that can be deleted, and its addresses: that of its page, and that of the form that asks.
async fn found(visit: &Visit, address: &Address) -> Result<(Place, Role, [String; 2]), Trouble> {
    let (place, role) = Place::with_role(visit, address).await?;
    if role.is_built_in {
        return Err(Trouble::not_found());
    }
    let url = place.role_url(&role);
    let action = format!("{url}/delete");
    Ok((place, role, [url, action]))
}

fn loss<'a>(place: &Place, role: &'a Role, [back, action]: &'a [String; 2]) -> Loss<'a> {
    Loss {
        title: "Delete the role",
        place: place.part(),
        name: &role.name,
        consequence: "The role and its rules are gone for good. Nobody may have it any more: take it from its \
                      holders first.",
        action,
        back,
    }
}

pub(super) async fn ask(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (place, role, urls) = found(&visit, &address).await?;
    Ok(loss(&place, &role, &urls).ask(&visit))
}

pub(super) async fn take(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let (place, role, urls) = found(&visit, &address).await?;
    let loss = loss(&place, &role, &urls);
    if let Err(page) = loss.confirmed(&visit, form.clone()) {
        return Ok(*page);
    }
    match place.delete(&visit, &role).await {
        Ok(()) => {
            let notice = format!("The role {} is deleted", role.name);
            Ok(page::done(&visit.console.app, &place.url(), &notice).into_response())
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(loss.refused(&visit, form, &refused)),
    }
}
