//! Asking services of a platform: metadata services beside the workload, and token services of its cloud.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, redirect};
use serde_json::Value;

use super::{NoProof, Trail};

/// Longest time to connect. Where no metadata service is, nobody answers.
const CONNECT: Duration = Duration::from_secs(2);
/// Longest time for a call.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Where a service is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Beside the workload; no proxy leads there.
    Beside,
    /// Anywhere, by the proxy of the environment if there is one.
    Elsewhere,
}

/// One question to a service.
pub(super) struct Question {
    url: String,
    what: &'static str,
    request: RequestBuilder,
}

/// What a service answered.
pub(super) struct Answer {
    url: String,
    what: &'static str,
    /// Whether the header that only a real metadata service of Google sends was there.
    pub(super) is_google: bool,
    body: Vec<u8>,
}

impl Question {
    /// A question; `what` names what is asked for, as in "an identity token".
    pub(super) fn new(place: Place, method: Method, url: &str, what: &'static str) -> Result<Self, NoProof> {
        let refuse = |why: String| NoProof::new(format!("cannot ask {} for {what}: {why}", shown(url)));
        let parsed = reqwest::Url::parse(url).map_err(|error| refuse(error.to_string()))?;
        // The first provider of a process stays; ours is the only one there is.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        #[allow(clippy::disallowed_methods, reason = "this is the client; the server's way out is elsewhere")]
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")));
        if place == Place::Beside {
            builder = builder.no_proxy();
        }
        if parsed.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| refuse(error.to_string()))?;
        Ok(Self { url: shown(url), what, request: client.request(method, parsed) })
    }

    pub(super) fn get(place: Place, url: &str, what: &'static str) -> Result<Self, NoProof> {
        Self::new(place, Method::GET, url, what)
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(super) fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }

    pub(super) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.request = self.request.form(fields);
        self
    }

    pub(super) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// Asks. Anything but a success is an error, and what a service says then is left out, as it may repeat secrets.
    pub(super) async fn ask(self, trail: &mut Trail) -> Result<Answer, NoProof> {
        let Self { url, what, request } = self;
        let failed = |trail: &mut Trail, why: String| {
            trail.passed(url.clone(), why.clone());
            NoProof::new(format!("{url} gave no {what}: {why}"))
        };
        let response = request.send().await.map_err(|error| {
            let why = if error.is_timeout() { "no answer in time" } else { "cannot be reached" };
            failed(trail, why.to_owned())
        })?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed(trail, format!("it answered with status {}", status.as_u16())));
        }
        let flavor = response.headers().get("metadata-flavor");
        let is_google = flavor.is_some_and(|flavor| flavor == "Google");
        let body = bounded(response).await.map_err(|why| failed(trail, why.to_owned()))?;
        trail.took(url.clone(), what);
        Ok(Answer { url, what, is_google, body })
    }
}

async fn bounded(mut response: reqwest::Response) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "the connection broke")? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err("its answer is larger than 64 KiB");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Answer {
    /// The answer as text, without white space around it.
    pub(super) fn text(&self) -> Result<String, NoProof> {
        let text = std::str::from_utf8(&self.body).map(str::trim).unwrap_or_default();
        if text.is_empty() { Err(self.odd()) } else { Ok(text.to_owned()) }
    }

    /// A text in an answer of JSON, by the names that lead to it.
    pub(super) fn field(&self, path: &[&str]) -> Result<String, NoProof> {
        let value: Value = serde_json::from_slice(&self.body).map_err(|_| self.odd())?;
        let found = path.iter().try_fold(&value, |value, name| value.get(name));
        found.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| self.odd())
    }

    fn odd(&self) -> NoProof {
        NoProof::new(format!("{} answered with something else than {}", self.url, self.what))
    }
}

/// An address without its query, which may hold more than an address.
fn shown(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
