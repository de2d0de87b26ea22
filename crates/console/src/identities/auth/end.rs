//! Removing a method or a source of it, and ending locks.

use axum::extract::Path;
use serde_json::json;
use vouchsafe_api::auth_methods::ClearedLockouts;

use super::target::{Named, Target};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::page::{Place, done};
use crate::visit::{Posted, Visit};

const ALL: &str = "The identity can no longer log in by this method. It is removed with all its sources, client secrets \
                   and tokens; they are dead at once.";
const ONE: &str = "Logins by this source are refused, and its tokens are dead at once. Other sources stay.";

async fn attached(visit: &Visit, named: Named) -> Result<Target, Trouble> {
    let target = Target::of(visit, named).await?;
    if target.stored.is_some() { Ok(target) } else { Err(Trouble::not_found()) }
}

fn loss<R>(target: &Target, act: impl FnOnce(&Loss<'_>) -> R) -> R {
    let back = target.path();
    act(&Loss {
        title: &format!("Remove {}", target.name()),
        place: Place::Identities,
        name: target.subject.name(),
        consequence: if target.is_source() { ONE } else { ALL },
        action: &format!("{back}/remove"),
        back: &back,
    })
}

pub(super) async fn ask_removal(visit: Visit, Path(named): Path<Named>) -> Shown {
    let target = attached(&visit, named).await?;
    Ok(loss(&target, |loss| loss.ask(&visit)))
}

pub(super) async fn remove(Path(named): Path<Named>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let target = attached(&visit, named).await?;
    if let Err(page) = loss(&target, |loss| loss.confirmed(&visit, form)) {
        return Ok(*page);
    }
    visit.delete(&target.api()).await?;
    let is_last = !target.is_source() || target.sources.len() < 2;
    let to = if is_last { format!("{}/auth", target.subject.path()) } else { target.path_of_method() };
    Ok(done(&visit.console.app, &to, &format!("{} is removed", target.name())))
}

pub(super) async fn clear_lockouts(Path(named): Path<Named>, Posted { visit, .. }: Posted<Visit>) -> Shown {
    let target = attached(&visit, named).await?;
    let clear = format!("{}/clear-lockouts", target.api_of_method());
    let cleared: ClearedLockouts = visit.post(&clear, &json!({})).await?;
    let said =
        if cleared.deleted == 0 { "Nothing was locked" } else { "Locks and counted failures are gone" };
    Ok(done(&visit.console.app, &target.path_of_method(), said))
}
