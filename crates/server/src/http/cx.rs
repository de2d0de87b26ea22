//! What a handler is given: the application, the actor, and what there is to know of the request.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use http::HeaderValue;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Permissions, Permit};
use vouchsafe_store::Author;

use super::certificates::Presented;
use super::error::{ApiError, ApiResult};
use super::reply::EtagKey;
use super::route::Access;
use crate::access::ActorId;
use crate::app::App;
use crate::auth::Actor;

/// What there is to know of a request beside its input.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `req-` and 14 letters or digits.
    pub id: String,
    /// Address of the client.
    pub ip: IpAddr,
    /// The client's `User-Agent`, at most 200 characters.
    pub user_agent: String,
    /// When the request came in.
    pub at: Timestamp,
    /// The refresh cookie `jid`, if sent.
    pub refresh_cookie: Option<Concealed>,
    /// The bearer token, if sent to an open route: what it says is for the handler to find out.
    pub bearer: Option<Concealed>,
    /// The client certificate that the request came with, if it came with one.
    pub certificates: Presented,
    project: Arc<OnceLock<ProjectId>>,
}

impl Meta {
    /// What there is to know before anything of the request was looked at but its head.
    pub(crate) fn new(id: String, ip: IpAddr, user_agent: String, at: Timestamp) -> Self {
        Self {
            id,
            ip,
            user_agent,
            at,
            refresh_cookie: None,
            bearer: None,
            certificates: Presented::default(),
            project: Arc::default(),
        }
    }

    /// Notes that the request is about a project; of several, the first one counts.
    pub(crate) fn concerns(&self, project: ProjectId) {
        let _ = self.project.set(project);
    }

    /// Where the project will be found that the request turns out to be about.
    pub(crate) fn project(&self) -> Arc<OnceLock<ProjectId>> {
        Arc::clone(&self.project)
    }
}

/// Whether the answer gets an entity tag.
#[derive(Clone, Debug)]
pub(crate) enum Conditional {
    /// The request changes something.
    No,
    /// A GET, with the `If-None-Match` header if there is one.
    Get {
        /// The header.
        if_none_match: Option<HeaderValue>,
    },
}

/// The context of one request.
pub struct Cx {
    /// The application.
    pub app: App,
    /// Who asks.
    pub actor: Actor,
    /// From where and when.
    pub meta: Meta,
    access: Access,
    permit: Option<Permit>,
    conditional: Conditional,
}

impl Cx {
    /// Puts a context together. `conditional` says whether the answer gets an entity tag.
    pub(crate) fn new(
        app: App,
        actor: Actor,
        meta: Meta,
        access: Access,
        permit: Option<Permit>,
        conditional: Conditional,
    ) -> Self {
        Self { app, actor, meta, access, permit, conditional }
    }

    /// When the request came in; everything in it happens at this time.
    pub fn now(&self) -> Timestamp {
        self.meta.at
    }

    /// The route's entry in the table.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The permit of a route that asks for an organization permission.
    pub fn permit(&self) -> ApiResult<&Permit> {
        self.permit
            .as_ref()
            .ok_or_else(|| ApiError::internal("the route asks for no organization permission"))
    }

    /// The caller's organization.
    pub fn org(&self) -> ApiResult<OrgId> {
        self.organization().map(|(org, _)| org)
    }

    /// The caller's organization, and what the caller holds in it.
    pub fn organization(&self) -> ApiResult<(OrgId, &Permissions)> {
        self.actor
            .organization()
            .ok_or_else(|| ApiError::internal("no organization on a route that needs one"))
    }

    /// The caller as caches know it.
    pub fn actor_id(&self) -> ApiResult<ActorId> {
        self.actor.id().ok_or_else(|| ApiError::internal("nobody on a route that needs somebody"))
    }

    /// `user` or `identity`.
    pub fn actor_kind(&self) -> &'static str {
        match self.actor {
            Actor::Anonymous => "system",
            Actor::Identity(_) => "identity",
            Actor::User(_) => "user",
        }
    }

    /// Who audit events name.
    pub fn author(&self) -> Author {
        Author {
            kind: self.actor_kind(),
            id: match &self.actor {
                Actor::Anonymous => String::new(),
                Actor::Identity(actor) => actor.gate.id.to_string(),
                Actor::User(actor) => actor.id.to_string(),
            },
            ip: self.meta.ip.to_string(),
            user_agent: self.meta.user_agent.clone(),
            request_id: self.meta.id.clone(),
            at: self.meta.at,
        }
    }

    pub(crate) fn etag_key(&self) -> Option<EtagKey> {
        match &self.conditional {
            Conditional::No => None,
            Conditional::Get { if_none_match } => {
                Some(EtagKey { app: self.app.clone(), if_none_match: if_none_match.clone() })
            }
        }
    }
}
