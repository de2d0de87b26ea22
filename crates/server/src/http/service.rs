//! The HTTP API as a service: finds the route that a request is for, and takes it there.
//!
//! The route table is data already, so no framework's router stands before it: its layers make a future in a box each,
//! for every request, which together was a tenth of what reading a secret costs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use http::Method;
use percent_encoding::percent_decode_str;

use super::docs::Docs;
use super::error::{ApiError, ApiResult};
use super::route::Route;
use crate::app::App;
use crate::start::Answers;

/// The HTTP API.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    app: App,
    paths: Paths,
    docs: Docs,
}

impl Api {
    /// Answers these routes.
    pub(super) fn new(app: App, routes: &'static [Route]) -> Self {
        Self(Arc::new(Inner { docs: Docs::new(&app), paths: Paths::of(routes), app }))
    }
}

impl Answers for Api {
    /// Whatever goes wrong has the one error shape.
    async fn answer(&self, request: Request) -> Response {
        let Inner { app, paths, docs } = &*self.0;
        let target = paths.find(request.method(), request.uri().path());
        if matches!(target, Target::Nothing)
            && let Some(page) = docs.answer(&request)
        {
            return page;
        }
        super::answer(app, target, request).await
    }
}

/// The parameters of a path, by name.
pub(super) type Parameters = Vec<(String, String)>;

/// Where a request leads.
pub(super) enum Target {
    /// To a route; the parameters are an error if they are no text.
    Route(&'static Route, ApiResult<Parameters>),
    /// To a path that takes these other methods.
    OtherMethods(Vec<Method>),
    /// Nowhere.
    Nothing,
}

impl Target {
    /// The route, if there is one.
    pub(super) fn route(&self) -> Option<&'static Route> {
        match self {
            Self::Route(route, _) => Some(route),
            Self::OtherMethods(_) | Self::Nothing => None,
        }
    }
}

/// The routes by their paths.
struct Paths(matchit::Router<Vec<&'static Route>>);

impl Paths {
    /// # Panics
    /// If two paths differ in the names of their parameters only; a test tries.
    fn of(routes: &'static [Route]) -> Self {
        let mut by_path: BTreeMap<&str, Vec<&Route>> = BTreeMap::new();
        for route in routes {
            by_path.entry(route.path).or_default().push(route);
        }
        let mut paths = matchit::Router::new();
        for (path, of_path) in by_path {
            // A trailing slash is ignored (the official CLI sends one).
            for path in [path.to_owned(), format!("{path}/")] {
                paths.insert(path, of_path.clone()).expect("the paths of the table fit together");
            }
        }
        Self(paths)
    }

    /// Where a request with this method and path leads. `HEAD` is a `GET` whose answer loses its body on the way out
    /// (RFC 9110 section 9.3.2).
    fn find(&self, method: &Method, path: &str) -> Target {
        let Ok(found) = self.0.at(path) else { return Target::Nothing };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let Some(route) = found.value.iter().find(|route| route.method == *method) else {
            return Target::OtherMethods(found.value.iter().map(|route| route.method.clone()).collect());
        };
        let decoded = |(name, value): (&str, &str)| {
            let value = percent_decode_str(value).decode_utf8();
            value.map(|value| (name.to_owned(), value.into_owned()))
        };
        let parameters = found.params.iter().map(decoded).collect::<Result<_, _>>();
        let broken = |_| ApiError::bad_request("The path is not valid UTF-8 after percent-decoding");
        Target::Route(route, parameters.map_err(broken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes;

    fn found(method: &str, path: &str) -> Target {
        Paths::of(routes()).find(&method.parse().unwrap(), path)
    }

    fn parameters(path: &str) -> ApiResult<Parameters> {
        match found("GET", path) {
            Target::Route(route, parameters) => {
                assert_eq!(route.path, "/api/v1/identities/{identityId}");
                parameters
            }
            _ => panic!("{path} leads to no route"),
        }
    }

    #[test]
    fn a_path_leads_to_its_route_with_or_without_a_slash_at_its_end() {
        for path in ["/api/v1/identities/a%20b", "/api/v1/identities/a%20b/"] {
            assert_eq!(parameters(path).unwrap(), [("identityId".to_owned(), "a b".to_owned())]);
        }
        // An escaped slash separates nothing.
        assert_eq!(parameters("/api/v1/identities/a%2Fb").unwrap()[0].1, "a/b");
        assert!(parameters("/api/v1/identities/%FF").is_err());
        for path in
            ["/api/v1/identities/a/b/c/d", "/api/v1/identities//", "", "/", "/api", "/api/v1/identities/a//"]
        {
            assert!(matches!(found("GET", path), Target::Nothing), "{path}");
        }
    }

    #[test]
    fn a_head_request_is_for_what_get_answers_and_other_methods_are_named() {
        assert!(found("HEAD", "/api/status").route().is_some_and(|route| route.method == Method::GET));
        let Target::OtherMethods(methods) = found("PUT", "/api/v1/identities/x") else { panic!("PUT") };
        assert_eq!(methods, [Method::GET, Method::PATCH, Method::DELETE]);
        let Target::OtherMethods(methods) = found("HEAD", "/api/v1/auth/universal-auth/login") else {
            panic!("HEAD")
        };
        assert_eq!(methods, [Method::POST]);
    }
}
