//! JSON over HTTP, for setting things up.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A JSON client of one server.
pub(crate) struct Http {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

impl Http {
    /// A client without a token.
    pub(crate) fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .user_agent("vouchsafe-xtask");
        Self { agent: config.build().into(), base: base.to_owned(), token: None }
    }

    /// The same client, sending this bearer token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { agent: self.agent.clone(), base: self.base.clone(), token: Some(token.to_owned()) }
    }

    /// The status that a GET answers, if there is an answer.
    pub(crate) fn status(&self, path: &str) -> Option<u16> {
        self.agent.get(format!("{}{path}", self.base)).call().ok().map(|reply| reply.status().as_u16())
    }

    /// The text that a GET answers.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let reply = request.call().with_context(|| format!("GET {path}"))?;
        text("GET", path, reply)
    }

    /// The JSON that a POST answers.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let mut request = self.agent.post(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.header("content-type", "application/json");
        let reply = request.send(body.to_string()).with_context(|| format!("POST {path}"))?;
        let text = text("POST", path, reply)?;
        serde_json::from_str(&text).with_context(|| format!("POST {path} answered no JSON: {text}"))
    }
}

fn text(method: &str, path: &str, mut reply: ureq::http::Response<ureq::Body>) -> Result<String> {
    let text = reply.body_mut().read_to_string()?;
    if !reply.status().is_success() {
        bail!("{method} {path} answered {}: {text}", reply.status());
    }
    Ok(text)
}

/// A text somewhere inside a reply, by JSON pointer.
pub(crate) fn string(reply: &Value, pointer: &str) -> Result<String> {
    let text = reply.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("the reply has no text at {pointer}: {reply}"))
}
