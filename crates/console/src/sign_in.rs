//! Signing in and out, the first start, choosing an organization.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use vouchsafe_api::admin::{AdminSignUpReply, ConfigReply};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::organizations::{MyOrganization, MyOrganizationList};
use vouchsafe_api::sign_in::{SelectOrganizationReply, SignInReply};
use vouchsafe_domain::id::OrgId;

use crate::api::{Call, Origin, Refused, path, query};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, html, onward};
use crate::session::{self, Sender};
use crate::visit::{Person, Posted, Visit, read};
use crate::{Console, cli};

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/", get(start_page))
        .route("/login", get(ask).post(sign_in))
        .route("/start", post(first_start))
        .route("/organizations", get(organizations).post(choose))
        .route("/logout", post(sign_out))
        .route("/theme", post(theme))
}

async fn start_page(visit: Visit) -> Redirect {
    Redirect::to(page::first_place(&visit))
}

/// Where to go once signed in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
    /// Where a command line on the person's own machine waits for a login.
    callback_port: Option<u16>,
}

impl Next {
    fn target(self) -> String {
        self.callback_port.map_or(self.next, cli::target)
    }
}

#[derive(Template)]
#[template(path = "sign_in/login.html")]
struct LoginPage {
    form: Form,
    action: String,
}

#[derive(Template)]
#[template(path = "sign_in/start.html")]
struct StartPage {
    form: Form,
}

fn login_page(status: StatusCode, form: Form, next: &str) -> Response {
    let action = format!("/login{}", query([("next", next)]));
    (status, html(&LoginPage { form, action })).into_response()
}

async fn ask(State(console): State<Console>, Query(next): Query<Next>, request: Request) -> Shown {
    let next = next.target();
    let (mut parts, _) = request.into_parts();
    if Person::from_request_parts(&mut parts, &console).await.is_ok() {
        return Ok(Redirect::to(onward(&next)).into_response());
    }
    let outside = Outside::of(console, &parts);
    if !outside.get::<ConfigReply>("/api/v1/admin/config").await?.config.initialized {
        return Ok(html(&StartPage { form: Form::default() }));
    }
    Ok(login_page(StatusCode::OK, Form::default(), &next))
}

/// A request of somebody who is not signed in, and calls of the API that need no token or one just received.
pub(crate) struct Outside {
    pub(crate) console: Console,
    origin: Origin,
}

impl Outside {
    fn of(console: Console, parts: &Parts) -> Self {
        Self { console, origin: Origin::of(parts) }
    }

    /// A form that only a page of ours can have sent: there is no session yet whose token it could carry.
    pub(crate) async fn posted(console: Console, request: Request) -> Result<(Self, Form), Trouble> {
        let (parts, body) = request.into_parts();
        if session::sender(&console.app, &parts.headers) != Sender::Ours {
            return Err(Trouble::foreign_form());
        }
        let form = read(&parts.headers, body).await?;
        Ok((Self::of(console, &parts), form))
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        token: Option<&Concealed>,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        self.console.inside.call(Call { origin: &self.origin, token, method, target, body }).await
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, target: &str) -> Result<T, Refused> {
        self.call(Method::GET, target, None, None).await
    }

    pub(crate) async fn post<T: serde::de::DeserializeOwned>(
        &self,
        target: &str,
        token: Option<&Concealed>,
        body: Value,
    ) -> Result<T, Refused> {
        self.call(Method::POST, target, token, Some(body)).await
    }

    /// Chooses an organization for a session that has none yet: the only one, if there is only one.
    async fn settled(&self, token: Concealed) -> Result<Concealed, Refused> {
        let target = "/api/v1/organization";
        let mine: MyOrganizationList = self.call(Method::GET, target, Some(&token), None).await?;
        match mine.organizations.as_slice() {
            [only] => self.chosen(&token, only.organization.id).await,
            _ => Ok(token),
        }
    }

    async fn chosen(&self, token: &Concealed, id: OrgId) -> Result<Concealed, Refused> {
        let body = json!({ "organizationId": id });
        let reply: SelectOrganizationReply =
            self.post("/api/v3/auth/select-organization", Some(token), body).await?;
        Ok(reply.token)
    }
}

async fn sign_in(
    State(console): State<Console>,
    Query(Next { next, .. }): Query<Next>,
    request: Request,
) -> Shown {
    let (outside, form) = Outside::posted(console, request).await?;
    let body = json!({ "email": form.text("email"), "password": form.text("password") });
    match outside.post::<SignInReply>("/api/v3/auth/login", None, body).await {
        Ok(reply) => {
            let token = outside.settled(reply.access_token).await?;
            Ok(go_on(&outside.console, &token, &next))
        }
        Err(refused) => Ok(login_page(refused.status, kept(form, &["email"]).refused(&refused), &next)),
    }
}

/// Only these fields of what was typed: never a password.
pub(crate) fn kept(form: Form, fields: &[&str]) -> Form {
    fields.iter().fold(Form::default(), |kept, field| kept.with(field, form.text(field)))
}

/// Signs the browser in and goes to a page of ours.
pub(crate) fn go_on(console: &Console, token: &Concealed, next: &str) -> Response {
    with_cookie(Redirect::to(onward(next)).into_response(), session::cookie(&console.app, token))
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

async fn first_start(State(console): State<Console>, request: Request) -> Shown {
    let (outside, form) = Outside::posted(console, request).await?;
    let body = json!({
        "email": form.text("email"), "password": form.text("password"),
        "firstName": form.text("firstName"), "lastName": form.given("lastName"),
    });
    let organization = form.text("organization").trim();
    if organization.is_empty() || organization.chars().count() > 64 {
        let mut form = kept(form, &["organization", "firstName", "lastName", "email"]);
        form.refuse("organization", "Expected a name of 1 to 64 characters");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&StartPage { form })).into_response());
    }
    match outside.post::<AdminSignUpReply>("/api/v1/admin/signup", None, body).await {
        Ok(reply) => {
            let target = path(&["api", "v1", "organization", &reply.organization.id.to_string()]);
            let body = json!({ "name": organization });
            let _: Value = outside.call(Method::PATCH, &target, Some(&reply.token), Some(body)).await?;
            Ok(go_on(&outside.console, &reply.token, "/"))
        }
        Err(refused) => {
            let form = kept(form, &["organization", "firstName", "lastName", "email"]).refused(&refused);
            Ok((refused.status, html(&StartPage { form })).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "sign_in/organizations.html")]
struct OrganizationsPage<'a> {
    form: Form,
    organizations: &'a [MyOrganization],
    email: &'a str,
    form_token: String,
    next: &'a str,
}

fn organizations_page(person: &Person, status: StatusCode, form: Form, next: &str) -> Response {
    let (organizations, email) = (person.organizations.as_slice(), person.email());
    let page = OrganizationsPage { form, organizations, email, form_token: person.form_token(), next };
    (status, html(&page)).into_response()
}

async fn organizations(person: Person, Query(Next { next, .. }): Query<Next>) -> Response {
    organizations_page(&person, StatusCode::OK, Form::default(), &next)
}

async fn choose(Posted { visit: person, form }: Posted<Person>) -> Response {
    let body = json!({ "organizationId": form.text("organization") });
    let reply = person.post::<SelectOrganizationReply>("/api/v3/auth/select-organization", &body).await;
    match reply {
        Ok(reply) => go_on(&person.console, &reply.token, form.text("next")),
        Err(refused) => {
            let next = form.text("next").to_owned();
            organizations_page(&person, refused.status, form.refused(&refused), &next)
        }
    }
}

async fn sign_out(Posted { visit: person, .. }: Posted<Person>) -> Shown {
    let _: Value = person.post("/api/v1/auth/logout", &Nothing {}).await?;
    Ok(with_cookie(Redirect::to("/login").into_response(), session::ended(&person.console.app)))
}

async fn theme(Posted { visit: person, form }: Posted<Person>) -> Response {
    let to = Redirect::to(onward(form.text("next"))).into_response();
    with_cookie(to, page::theme_cookie(&person.console.app, form.text("theme")))
}
