//! One request of somebody who is signed in: who, what they may do, and calls of the API in their name.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::organizations::{MyOrganization, MyOrganizationList};
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Need, Object, Permissions};
use vouchsafe_server::access::project_facts;
use vouchsafe_server::auth::{Actor, UserActor, authenticate};
use vouchsafe_server::http::certificates::Presented;

use crate::Console;
use crate::api::{Call, Origin, Refused, fields, query};
use crate::errors::Trouble;
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::session::{self, Sender};

/// Largest form, in bytes: the API takes no larger body either.
const LARGEST_FORM: usize = 1024 * 1024;

/// A person who is signed in, perhaps without having chosen an organization yet.
pub(crate) struct Person {
    pub(crate) console: Console,
    origin: Origin,
    token: Concealed,
    actor: Actor,
    /// The organizations that the person belongs to, by name.
    pub(crate) organizations: Vec<MyOrganization>,
    /// When the request came in.
    pub(crate) now: Timestamp,
    /// Path and query that was asked for.
    target: String,
    look: page::Look,
}

impl Person {
    async fn of(parts: &Parts, console: &Console) -> Result<Self, Trouble> {
        let app = &console.app;
        let token = session::sent(app, &parts.headers).ok_or(Trouble::SignedOut)?;
        let now = app.now();
        let nowhere = std::net::Ipv4Addr::UNSPECIFIED.into();
        // The session of a person is not bound to a network or a certificate.
        let actor = authenticate(app, token.reveal(), nowhere, &Presented::default(), now).await;
        let actor = actor.map_err(|error| {
            if error.status().is_server_error() { Trouble::of(&error) } else { Trouble::SignedOut }
        })?;
        let Actor::User(_) = actor else { return Err(Trouble::SignedOut) };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let (origin, look) = (Origin::of(parts), page::Look::of(&parts.headers));
        let console = console.clone();
        let mut person = Self { console, origin, token, actor, organizations: Vec::new(), now, target, look };
        person.organizations = person.get::<MyOrganizationList>("/api/v1/organization").await?.organizations;
        Ok(person)
    }

    /// Reads something of the API. `target` is a path with its query.
    pub(crate) async fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, Refused> {
        self.call(Method::GET, target, None).await
    }

    /// Reads something of the API; the input becomes the query, without what is not given.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
        input: &impl Serialize,
    ) -> Result<T, Refused> {
        let input = fields(input)?;
        let pairs: Vec<(&str, String)> = input
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        let query = query(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        self.get(&format!("{path}{query}")).await
    }

    /// Sends something to the API.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        input: &impl Serialize,
    ) -> Result<T, Refused> {
        self.call(method, path, Some(fields(input)?)).await
    }

    /// Posts something to the API.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        input: &impl Serialize,
    ) -> Result<T, Refused> {
        self.send(Method::POST, path, input).await
    }

    /// Deletes something by the API.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Refused> {
        self.send::<Value>(Method::DELETE, path, &Nothing {}).await.map(|_| ())
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        let call = Call { origin: &self.origin, token: Some(&self.token), method, target, body };
        self.console.inside.call(call).await
    }

    /// Who it is, as the server knows them.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Who it is.
    pub(crate) fn user(&self) -> Option<&UserActor> {
        match &self.actor {
            Actor::User(user) => Some(user),
            Actor::Anonymous | Actor::Identity(_) => None,
        }
    }

    /// The person's e-mail address.
    pub(crate) fn email(&self) -> &str {
        self.user().map_or("", |user| user.gate.email.as_str())
    }

    /// What the forms of this page carry.
    pub(crate) fn form_token(&self) -> String {
        session::form_token(&self.console.app, &self.token)
    }

    /// Path and query that was asked for.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// How pages look to this person, and what was just done.
    pub(crate) fn look(&self) -> &page::Look {
        &self.look
    }
}

impl FromRequestParts<Console> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        Self::of(parts, console).await.map_err(|trouble| trouble.on(&parts.method, &parts.uri))
    }
}

/// A person who acts in an organization. Everything that a [`Person`] can do is at hand too.
pub(crate) struct Visit {
    person: Person,
    org: OrgId,
    permissions: Permissions,
}

impl std::ops::Deref for Visit {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

impl Visit {
    /// The organization.
    pub(crate) fn org(&self) -> OrgId {
        self.org
    }

    /// Its display name.
    pub(crate) fn org_name(&self) -> &str {
        let mut organizations = self.organizations.iter().map(|one| &one.organization);
        organizations.find(|one| one.id == self.org).map_or("", |one| one.name.as_str())
    }

    /// Whether the person may do this in the organization. Only to leave out what would be refused: the API decides.
    pub(crate) fn may(&self, need: Need) -> bool {
        self.permissions.allows(need, &Object::plain())
    }

    /// What the person holds in a project; nothing if there is no such project or the person is no member.
    pub(crate) async fn permissions_in(&self, project: ProjectId) -> Result<Held, Trouble> {
        let app = &self.console.app;
        match project_facts(app, &self.person.actor, project, self.now).await {
            Ok(facts) => Ok(Held(facts.is_member.then(|| facts.permissions.clone()))),
            Err(error) if error.status().is_client_error() => Ok(Held(None)),
            Err(error) => Err(Trouble::of(&error)),
        }
    }

    /// The frame of a page.
    pub(crate) fn chrome(&self, title: &str, place: Place) -> Chrome {
        Chrome::of(self, title, place)
    }
}

/// What somebody holds in a project.
pub(crate) struct Held(Option<Permissions>);

impl Held {
    /// Whether the person is a member of the project at all.
    pub(crate) fn is_member(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the person may do this in the project, on something that has no further properties.
    pub(crate) fn may(&self, need: Need) -> bool {
        self.may_on(need, &Object::plain())
    }

    /// Whether the person may do this to an object of the project.
    pub(crate) fn may_on(&self, need: Need, object: &Object<'_>) -> bool {
        self.0.as_ref().is_some_and(|permissions| permissions.allows(need, object))
    }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let person = Person::from_request_parts(parts, console).await?;
        let chosen = person.user().and_then(|user| user.organization.clone());
        let Some((org, permissions)) = chosen else {
            let next = query([("next", person.target())]);
            return Err(Redirect::to(&format!("/organizations{next}")).into_response());
        };
        Ok(Self { person, org, permissions })
    }
}

/// A form that a page of ours sent, and who sent it: a [`Person`] or a [`Visit`].
pub(crate) struct Posted<V> {
    pub(crate) visit: V,
    pub(crate) form: Form,
}

impl<V> FromRequest<Console> for Posted<V>
where
    V: FromRequestParts<Console, Rejection = Response> + AsRef<Person> + Send,
{
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = V::from_request_parts(&mut parts, console).await?;
        let form = read(&parts.headers, body).await.map_err(IntoResponse::into_response)?;
        let given = form.text("form_token");
        let is_ours = session::sender(&console.app, &parts.headers) != Sender::Foreign;
        if !is_ours || !session::is_form_token(&console.app, &visit.as_ref().token, given) {
            return Err(Trouble::foreign_form().into_response());
        }
        Ok(Self { visit, form })
    }
}

/// Reads a form (`application/x-www-form-urlencoded`).
pub(crate) async fn read(headers: &HeaderMap, body: axum::body::Body) -> Result<Form, Trouble> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Expected a form"));
    }
    let bytes = to_bytes(body, LARGEST_FORM)
        .await
        .map_err(|_| Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "The form is larger than 1 MiB"))?;
    Ok(Form::read(&bytes))
}

impl AsRef<Person> for Person {
    fn as_ref(&self) -> &Person {
        self
    }
}

impl AsRef<Person> for Visit {
    fn as_ref(&self) -> &Person {
        &self.person
    }
}
