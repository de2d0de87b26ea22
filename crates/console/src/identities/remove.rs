//! `/identities/{id}/delete` and `/identities/{id}/revoke-tokens`: both ask for the name first.

use axum::extract::Path;
use serde_json::{Value, json};

use super::subject::Subject;
use crate::api::path;
use crate::confirm::Loss;
use crate::errors::Shown;
use crate::page::{Place, done};
use crate::visit::{Posted, Visit};

/// What is lost, and the page that asks for it.
struct Ending {
    title: &'static str,
    consequence: &'static str,
    end: &'static str,
}

const DELETION: Ending = Ending {
    title: "Delete the identity",
    consequence: "Its tokens are dead at once, and with it go its auth methods, client secrets, memberships and \
                  privileges. This cannot be undone.",
    end: "delete",
};
const REVOCATION: Ending = Ending {
    title: "Revoke all tokens",
    consequence: "Every token of this identity is refused from now on, whatever method it was got by. Workloads have \
                  to log in again; those with a token of Token Auth need a new one.",
    end: "revoke-tokens",
};

impl Ending {
    fn of<R>(&self, subject: &Subject, act: impl FnOnce(&Loss<'_>) -> R) -> R {
        let back = subject.path();
        act(&Loss {
            title: self.title,
            place: Place::Identities,
            name: subject.name(),
            consequence: self.consequence,
            action: &format!("{back}/{}", self.end),
            back: &back,
        })
    }
}

pub(super) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    Ok(DELETION.of(&subject, |loss| loss.ask(&visit)))
}

pub(super) async fn delete(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    if let Err(page) = DELETION.of(&subject, |loss| loss.confirmed(&visit, form)) {
        return Ok(*page);
    }
    visit.delete(&subject.api()).await?;
    Ok(done(&visit.console.app, "/identities", "The identity is deleted"))
}

pub(super) async fn ask_revoke(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    Ok(REVOCATION.of(&subject, |loss| loss.ask(&visit)))
}

pub(super) async fn revoke(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    if let Err(page) = REVOCATION.of(&subject, |loss| loss.confirmed(&visit, form)) {
        return Ok(*page);
    }
    let revoke = path(&["api", "v1", "identities", &subject.id.to_string(), "revoke-tokens"]);
    visit.post::<Value>(&revoke, &json!({})).await?;
    Ok(done(&visit.console.app, &subject.path(), "All tokens are revoked"))
}
