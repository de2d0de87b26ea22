//! The route table: one entry per route with its method, path, needed access, documentation and
//! handler. The server is built from it, the `OpenAPI` document is made from it, and tests walk it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::response::Response;
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vouchsafe_policy::Need;

use super::cx::Cx;
use super::error::ApiError;
use super::input::{Fields, typed};
use super::reply::Reply;

/// What a route asks of the caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Nothing; no credential is looked at.
    Open,
    /// A user's token; an organization need not be chosen yet.
    Person,
    /// Any actor with an organization: the answer concerns the actor itself.
    Member,
    /// This permission in the actor's organization, checked before the handler runs.
    Org(Need),
    /// Membership in the project that the request names.
    ProjectMember,
    /// This permission in the project that the request names; the handler names the object.
    Project(Need),
    /// A permission in the organization, or in the project that the request is about; the handler
    /// finds out which.
    Either {
        /// Enough in the whole organization.
        org: Need,
        /// Enough for what concerns the project.
        project: Need,
    },
    /// A permission over the identity that the request names: in the organization, or in the
    /// project that manages it.
    Identity {
        /// Needed when the organization manages the identity.
        org: Need,
        /// Needed when a project manages it.
        project: Need,
    },
}

type Erased =
    Arc<dyn Fn(Cx, Fields) -> Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>> + Send + Sync>;

/// One route.
#[derive(Clone)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// What the caller needs.
    pub access: Access,
    /// Group in the API reference.
    pub tag: &'static str,
    /// One sentence for the API reference.
    pub summary: &'static str,
    pub(crate) input: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) output: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) handler: Erased,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.access)
    }
}

/// What a handler answers.
pub type Outcome<T> = Result<Reply<T>, ApiError>;

/// The routes of one resource.
#[derive(Debug, Default)]
pub struct Routes {
    tag: &'static str,
    routes: Vec<Route>,
}

macro_rules! methods {
    ($($name:ident $method:ident;)*) => {$(
        #[doc = concat!("Adds a ", stringify!($method), " route; several paths are names of the same thing.")]
        #[must_use]
        pub fn $name<I, O, F, Fut, const N: usize>(
            self, paths: [&'static str; N], access: Access, summary: &'static str, handler: F,
        ) -> Self
        where
            I: DeserializeOwned + JsonSchema + Send + 'static,
            O: Serialize + JsonSchema + 'static,
            F: Fn(Cx, I) -> Fut + Copy + Send + Sync + 'static,
            Fut: Future<Output = Outcome<O>> + Send + 'static,
        {
            self.add(&Method::$method, &paths, access, summary, handler)
        }
    )*};
}

impl Routes {
    /// No routes yet; `tag` is their group in the API reference.
    pub fn new(tag: &'static str) -> Self {
        Self { tag, routes: Vec::new() }
    }

    methods! { get GET; post POST; patch PATCH; put PUT; delete DELETE; }

    fn add<I, O, F, Fut>(
        mut self,
        method: &Method,
        paths: &[&'static str],
        access: Access,
        summary: &'static str,
        handler: F,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        F: Fn(Cx, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Outcome<O>> + Send + 'static,
    {
        let erased: Erased = Arc::new(move |cx, fields| {
            Box::pin(async move {
                let input = typed::<I>(fields)?;
                let etag = cx.etag_key();
                let reply = handler(cx, input).await?;
                reply.into_response(etag.as_ref())
            })
        });
        self.routes.extend(paths.iter().map(|path| Route {
            method: method.clone(),
            path,
            access,
            tag: self.tag,
            summary,
            input: |generator| generator.subschema_for::<I>(),
            output: |generator| generator.subschema_for::<O>(),
            handler: Arc::clone(&erased),
        }));
        self
    }

    /// The entries.
    pub fn into_vec(self) -> Vec<Route> {
        self.routes
    }
}
