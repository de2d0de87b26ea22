//! What an identity logs in or acts with: client secrets of Universal Auth, tokens of Token Auth. Both are shown once.

mod secrets;
mod snippets;
mod tokens;

use axum::Router;
use axum::routing::{get, post};
use http::StatusCode;
use vouchsafe_policy::{org, project};

use super::subject::Subject;
use crate::Console;
use crate::errors::Trouble;
use crate::form::Form;
use crate::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    const SECRETS: &str = "/identities/{id}/auth/universal-auth/client-secrets";
    const TOKENS: &str = "/identities/{id}/auth/token-auth/tokens";
    Router::new()
        .route(SECRETS, get(secrets::show).post(secrets::create))
        .route(&format!("{SECRETS}/{{credential}}/revoke"), post(secrets::revoke))
        .route(TOKENS, get(tokens::show).post(tokens::create))
        .route(&format!("{TOKENS}/{{credential}}/revoke"), post(tokens::revoke))
}

/// What the person may do to credentials of an identity.
struct Rights {
    may_create: bool,
    may_list: bool,
    may_revoke: bool,
}

impl Rights {
    fn over(subject: &Subject) -> Self {
        let may = |in_org, in_project| subject.reach.may(in_org, in_project);
        Self {
            may_create: may(org::IDENTITY_CREATE_TOKEN, project::IDENTITY_CREATE_TOKEN),
            may_list: may(org::IDENTITY_GET_TOKEN, project::IDENTITY_GET_TOKEN),
            may_revoke: may(org::IDENTITY_DELETE_TOKEN, project::IDENTITY_DELETE_TOKEN),
        }
    }
}

/// The identity, which has to have this method attached.
async fn with_method(visit: &Visit, id: &str, method: &str) -> Result<Subject, Trouble> {
    let subject = Subject::of(visit, id).await?;
    if !subject.methods().iter().any(|one| one == method) {
        return Err(Trouble::new(
            StatusCode::NOT_FOUND,
            "The auth method is not attached to the identity. Attach it first.",
        ));
    }
    Ok(subject)
}

/// A whole number that may be left out; what is none is noted in the form.
fn number(form: &mut Form, field: &str) -> Option<i64> {
    let typed = form.given(field)?.parse::<i64>();
    typed.map_err(|_| form.refuse(field, "Expected a whole number")).ok()
}

/// Lives to choose from: seconds and words.
const LIVES: [(&str, &str); 6] = [
    ("3600", "an hour"),
    ("86400", "a day"),
    ("604800", "a week"),
    ("2592000", "30 days"),
    ("7776000", "90 days"),
    ("31536000", "a year"),
];
