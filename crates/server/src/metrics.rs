//! What this process counts, and how Prometheus reads it.
//!
//! All labels come from the route table and from fixed lists, so their number is bounded and none
//! of them names a person, an identity or a secret.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

use crate::app::App;
use crate::http::route::Route;
use crate::http::routes;
use crate::start::{Timeouts, limited};

/// Statuses that are counted by themselves; the others count as `other`.
const STATUSES: [u16; 13] = [200, 304, 400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503];
/// What can come of a login.
const RESULTS: [&str; 3] = ["ok", "refused", "failed"];
/// Requests for no route of the table.
const NO_ROUTE: &str = "none";

/// Counters of one process, from zero at its start.
pub struct Metrics {
    requests: Vec<(&'static str, [AtomicU64; STATUSES.len() + 1])>,
    logins: Vec<(&'static str, [AtomicU64; RESULTS.len()])>,
    refusals: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut groups: Vec<&str> = routes().iter().map(|route| route.tag).collect();
        groups.push(NO_ROUTE);
        groups.sort_unstable();
        groups.dedup();
        let mut methods: Vec<&str> = routes().iter().filter_map(login_method).collect();
        methods.sort_unstable();
        methods.dedup();
        Self {
            requests: groups.into_iter().map(|group| (group, Default::default())).collect(),
            logins: methods.into_iter().map(|method| (method, Default::default())).collect(),
            refusals: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub(crate) fn answered(&self, route: Option<&Route>, status: StatusCode) {
        let group = route.map_or(NO_ROUTE, |route| route.tag);
        let position = STATUSES.iter().position(|known| *known == status.as_u16()).unwrap_or(STATUSES.len());
        add(&self.requests, group, position);
        if let Some(method) = route.and_then(login_method) {
            let result = match status.as_u16() {
                ..400 => 0,
                400..500 => 1,
                _ => 2,
            };
            add(&self.logins, method, result);
        }
    }

    /// Counts a login that was refused for this reason. Methods and reasons come from fixed lists.
    pub(crate) fn login_refused(&self, method: &'static str, reason: &'static str) {
        *self.refusals.lock().unwrap_or_else(PoisonError::into_inner).entry((method, reason)).or_insert(0) +=
            1;
    }

    /// All counters in Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let version = env!("CARGO_PKG_VERSION");
        text += "# HELP vouchsafe_build_info The version that runs.\n# TYPE vouchsafe_build_info gauge\n";
        // Writing into a String cannot fail.
        let _ = writeln!(text, "vouchsafe_build_info{{version=\"{version}\"}} 1");
        text +=
            "# HELP vouchsafe_requests_total Answered requests.\n# TYPE vouchsafe_requests_total counter\n";
        for (group, counts) in &self.requests {
            let names = STATUSES.iter().map(u16::to_string).chain(["other".to_owned()]);
            for (status, count) in names.zip(counts) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = format!("group=\"{group}\",status=\"{status}\"");
                    let _ = writeln!(text, "vouchsafe_requests_total{{{labels}}} {count}");
                }
            }
        }
        text += "# HELP vouchsafe_logins_total Answered logins.\n# TYPE vouchsafe_logins_total counter\n";
        for (method, counts) in &self.logins {
            for (result, count) in RESULTS.iter().zip(counts) {
                let labels = format!("method=\"{method}\",result=\"{result}\"");
                let _ =
                    writeln!(text, "vouchsafe_logins_total{{{labels}}} {}", count.load(Ordering::Relaxed));
            }
        }
        text += "# HELP vouchsafe_login_refusals_total Logins refused, by reason.\n# TYPE vouchsafe_login_refusals_total counter\n";
        for ((method, reason), count) in self.refusals.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = format!("method=\"{method}\",reason=\"{reason}\"");
            let _ = writeln!(text, "vouchsafe_login_refusals_total{{{labels}}} {count}");
        }
        text
    }
}

fn add<const N: usize>(counters: &[(&'static str, [AtomicU64; N])], label: &str, position: usize) {
    let counts = counters.iter().find(|(known, _)| *known == label).map(|(_, counts)| counts);
    if let Some(count) = counts.and_then(|counts| counts.get(position)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The method that a route logs in by, as its path names it.
fn login_method(route: &Route) -> Option<&'static str> {
    if route.path == "/api/v3/auth/login" {
        return Some("password");
    }
    route.path.strip_prefix("/api/v1/auth/")?.strip_suffix("/login").filter(|method| !method.contains('/'))
}

/// Serves `GET /metrics` on a listener of its own, which need not be reachable from everywhere.
pub async fn serve(app: App, listener: TcpListener) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let handler = get(move || async move {
        let mut response = Response::new(Body::from(app.metrics.render()));
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    });
    let service = Router::new().route("/metrics", handler).into_make_service();
    let server = limited(axum_server::from_tcp(listener)?, Timeouts::USUAL);
    server.serve(service).await.context("the metrics server stopped")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_logins_are_counted() {
        let metrics = Metrics::default();
        let login = routes().iter().find(|route| route.path == "/api/v1/auth/universal-auth/login").unwrap();
        metrics.answered(Some(login), StatusCode::OK);
        metrics.answered(Some(login), StatusCode::UNAUTHORIZED);
        metrics.answered(Some(login), StatusCode::UNAUTHORIZED);
        metrics.answered(None, StatusCode::IM_A_TEAPOT);
        let text = metrics.render();
        for line in [
            "vouchsafe_logins_total{method=\"universal-auth\",result=\"ok\"} 1",
            "vouchsafe_logins_total{method=\"universal-auth\",result=\"refused\"} 2",
            "vouchsafe_logins_total{method=\"password\",result=\"failed\"} 0",
            "vouchsafe_requests_total{group=\"none\",status=\"other\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is missing in\n{text}");
        }
        let group = format!("vouchsafe_requests_total{{group=\"{}\",status=\"401\"}} 2", login.tag);
        assert!(text.contains(&group), "{text}");
    }
}
