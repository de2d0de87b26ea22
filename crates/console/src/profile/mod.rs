//! One's own profile: name, password, sessions.

mod sessions;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::{get, post};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use vouchsafe_api::users::{Profile, ProfileReply};

use crate::Console;
use crate::api::Refused;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place, done};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/profile", get(show))
        .route("/profile/name", post(rename))
        .route("/profile/password", post(change_password))
        .merge(sessions::routes())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    page: u64,
}

#[derive(Template)]
#[template(path = "profile/show.html")]
struct Page {
    chrome: Chrome,
    profile: Profile,
    /// The name, as it is or as it was typed.
    name: Form,
    /// Nothing, or what is wrong with the passwords.
    password: Form,
    sessions: sessions::List,
    since: TimeElement,
}

/// What was typed into one of the forms of the page and not accepted.
#[derive(Default)]
struct Typed {
    name: Option<Form>,
    password: Form,
}

async fn page(visit: &Visit, status: StatusCode, typed: Typed, page: u64) -> Shown {
    let profile = visit.get::<ProfileReply>("/api/v2/users/me").await?.user;
    let known = Form::default()
        .with("firstName", profile.user.first_name.as_str())
        .with("lastName", profile.user.last_name.as_str());
    Ok(visit.show_as(
        status,
        &Page {
            chrome: visit.chrome("Profile", Place::Profile),
            name: typed.name.unwrap_or(known),
            password: typed.password,
            sessions: sessions::list(visit, page).await?,
            since: TimeElement(ago(profile.created_at, visit.now)),
            profile,
        },
    ))
}

async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    page(&visit, StatusCode::OK, Typed::default(), asked.page).await
}

fn changed(visit: &Visit, notice: &str) -> Response {
    done(&visit.console.app, "/profile", notice)
}

async fn rename(Posted { visit, form }: Posted<Visit>) -> Shown {
    let body = json!({ "firstName": form.text("firstName"), "lastName": form.text("lastName") });
    let reply: Result<Value, Refused> = visit.send(Method::PATCH, "/api/v2/users/me/name", &body).await;
    match reply {
        Ok(_) => Ok(changed(&visit, "Your name is changed.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let typed = Typed { name: Some(form.refused(&refused)), ..Typed::default() };
            page(&visit, refused.status, typed, 1).await
        }
    }
}

async fn change_password(Posted { visit, form }: Posted<Visit>) -> Shown {
    let mut again = Form::default();
    if form.text("newPassword") != form.text("repeatedPassword") {
        again.refuse("repeatedPassword", "This is not the same as the new password");
        let typed = Typed { password: again, ..Typed::default() };
        return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, typed, 1).await;
    }
    let body = json!({ "oldPassword": form.text("oldPassword"), "newPassword": form.text("newPassword") });
    match visit.post::<Value>("/api/v2/users/me/password", &body).await {
        Ok(_) => Ok(changed(&visit, "Your password is changed. All other sessions have ended.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let typed = Typed { password: again.refused(&refused), ..Typed::default() };
            page(&visit, refused.status, typed, 1).await
        }
    }
}
