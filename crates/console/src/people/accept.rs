//! `/signupinvite`: where the link of an invitation leads. Nothing happens before a button is pressed, so that programs
//! that look at links cannot use one up.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use vouchsafe_api::invitations::{CompleteAccountReply, VerifyInviteReply};

use crate::Console;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::html;
use crate::sign_in::{Outside, go_on, kept};

/// The link of an invitation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    token: String,
    to: String,
    organization_id: String,
}

/// What a form of ours carries of the link.
const CARRIED: [&str; 3] = ["token", "to", "organization_id"];

/// Asks whether to accept, or says that it is done.
#[derive(Template)]
#[template(path = "people/accept.html")]
struct AcceptPage {
    form: Form,
    is_accepted: bool,
}

/// Asks for name and password.
#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage {
    form: Form,
}

fn accept_page(status: StatusCode, form: Form, is_accepted: bool) -> Response {
    (status, html(&AcceptPage { form, is_accepted })).into_response()
}

fn account_page(status: StatusCode, form: Form) -> Response {
    (status, html(&AccountPage { form })).into_response()
}

pub(super) async fn ask(Query(link): Query<Link>) -> Response {
    let form = Form::default().with("token", link.token).with("to", link.to);
    accept_page(StatusCode::OK, form.with("organization_id", link.organization_id), false)
}

/// Who has an account already is a member from here on; anybody else makes one.
pub(super) async fn verify(State(console): State<Console>, request: Request) -> Shown {
    let (outside, form) = Outside::posted(console, request).await?;
    let form = kept(form, &CARRIED);
    let body = json!({
        "email": form.text("to"), "code": form.text("token"), "organizationId": form.text("organization_id"),
    });
    match outside.post::<VerifyInviteReply>("/api/v1/invite-org/verify", None, body).await {
        Ok(reply) if reply.token.is_some() => Ok(account_page(StatusCode::OK, form)),
        Ok(_) => Ok(accept_page(StatusCode::OK, form, true)),
        Err(refused) => Ok(accept_page(refused.status, form.refused(&refused), false)),
    }
}

/// Makes the account and signs in.
pub(super) async fn complete(State(console): State<Console>, request: Request) -> Shown {
    let (outside, form) = Outside::posted(console, request).await?;
    let body = json!({
        "email": form.text("to"), "code": form.text("token"), "password": form.text("password"),
        "firstName": form.text("firstName"), "lastName": form.given("lastName"),
    });
    match outside.post::<CompleteAccountReply>("/api/v3/signup/complete-account/invite", None, body).await {
        Ok(reply) => Ok(go_on(&outside.console, &reply.token, "/")),
        Err(refused) => {
            let form = kept(form, &["token", "to", "organization_id", "firstName", "lastName"]);
            Ok(account_page(refused.status, form.refused(&refused)))
        }
    }
}
