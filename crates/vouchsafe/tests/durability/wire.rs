//! Requests, each with the number of its operation as `User-Agent`: the audit log records it, so that each event can
//! be traced to the request that made it.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Somebody who talks to the server.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) body: Value,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// No whole answer came: what became of the request is not known.
#[derive(Debug)]
pub(crate) struct Lost;

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        // Loopback only, but the client wants its TLS set up all the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap();
        Self { http, url: url.to_owned() }
    }

    /// Sends a request in somebody's name and reads the whole answer.
    pub(crate) async fn send(&self, agent: &str, request: Request) -> Result<Answer, Lost> {
        let mut builder = self.http.request(request.method, format!("{}{}", self.url, request.path));
        if let Some(token) = request.token {
            builder = builder.bearer_auth(token);
        }
        if !request.body.is_null() {
            builder = builder.json(&request.body);
        }
        let response = builder.header("user-agent", agent).send().await.map_err(|_| Lost)?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|_| Lost)?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).map_err(|_| Lost)? })
    }

    /// Sends a request that must be answered.
    pub(crate) async fn answer(&self, agent: &str, request: Request) -> Answer {
        let line = format!("{} {}", request.method, request.path);
        self.send(agent, request).await.unwrap_or_else(|_| panic!("no answer: {line}"))
    }

    /// Sends a request that must succeed.
    pub(crate) async fn ok(&self, agent: &str, request: Request) -> Value {
        let line = format!("{} {}", request.method, request.path);
        let answer = self.answer(agent, request).await;
        assert_eq!(answer.status, 200, "{line}: {}", answer.body);
        answer.body
    }

    /// Whether the server serves requests.
    pub(crate) async fn is_ready(&self) -> bool {
        matches!(self.send("ready", Request::get("/readyz", None)).await, Ok(Answer { status: 200, .. }))
    }
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, token: Option<&str>) -> Self {
        Self::with(Method::GET, path, token, Value::Null)
    }

    pub(crate) fn post(path: impl Into<String>, token: Option<&str>, body: Value) -> Self {
        Self::with(Method::POST, path, token, body)
    }

    pub(crate) fn with(method: Method, path: impl Into<String>, token: Option<&str>, body: Value) -> Self {
        Self { method, path: path.into(), token: token.map(str::to_owned), body }
    }
}

/// The text at a pointer such as `/identity/id`.
#[track_caller]
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value}")).to_owned()
}
