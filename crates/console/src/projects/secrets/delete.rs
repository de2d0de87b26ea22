//! Deleting a secret.

use axum::extract::Query;
use http::Method;
use vouchsafe_api::secrets::{DeleteSecret, SecretReply};

use super::reading::{self, Wanted};
use super::spot::{Asked, Parts, Spot};
use crate::api::path;
use crate::confirm::Loss;
use crate::errors::Shown;
use crate::page::{self, Place};
use crate::visit::{Posted, Visit};

fn loss<'l>(name: &'l str, action: &'l str, back: &'l str) -> Loss<'l> {
    Loss {
        title: "Delete the secret",
        place: Place::Projects,
        name,
        consequence: "Its value and all its versions are deleted in this environment. Programs that read it get an \
                      error from now on. This cannot be undone.",
        action,
        back,
    }
}

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let name = reading::secret(&visit, &spot, &asked.name, Wanted::default()).await?.secret_key;
    Ok(loss(&name, &spot.secret_url("delete", &name), &spot.secret_url("secret", &name)).ask(&visit))
}

pub(super) async fn carry_out(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let name = asked.name.as_str();
    let (action, back) = (spot.secret_url("delete", name), spot.secret_url("secret", name));
    if let Err(again) = loss(name, &action, &back).confirmed(&visit, form) {
        return Ok(*again);
    }
    let input = DeleteSecret {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        secret_name: name.to_owned(),
        ..DeleteSecret::default()
    };
    let route = path(&["api", "v4", "secrets", name]);
    visit.send::<SecretReply>(Method::DELETE, &route, &input).await?;
    Ok(page::done(&visit.console.app, &spot.url(&[]), "The secret was deleted."))
}
