//! Asking the server, with the agent's token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::{Answer, Error, Limits, Refusal};

use super::Behind;

/// Of one call.
const LIMITS: Limits = Limits { time: Duration::from_secs(30), answer: 32 * 1024 * 1024 };
/// Most calls at once; others wait.
const CALLS: usize = 32;
/// How long a call waits for another token when the server does not accept its own.
const LOGIN: Duration = Duration::from_secs(10);
/// A larger token is none; more is not decoded.
const LARGEST_TOKEN: usize = 64 * 1024;

/// One call.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What came of a call.
pub(super) enum Asked {
    /// The server answered somebody with this name.
    Answer(Answer, Who),
    /// The server does not know who we are, and no other token came; its words.
    Rejected(Answer),
    /// There is no token, and it needs one.
    NoToken,
    /// No whole answer came. Whether the server may have got the call all the same.
    Away { error: Error, is_sent: bool },
}

/// Whose token it is. Read without verification: it decides only what is forgotten.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Who {
    Nobody,
    Identity(String),
    Token(Concealed),
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "identityId")]
    identity: String,
}

impl Who {
    pub(super) fn of(token: Option<&Concealed>) -> Self {
        let Some(token) = token else { return Self::Nobody };
        let payload = token.reveal().split('.').nth(1).filter(|text| text.len() <= LARGEST_TOKEN);
        let claims = payload.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        match claims.and_then(|json| serde_json::from_slice::<Claims>(&json).ok()) {
            Some(claims) => Self::Identity(claims.identity),
            None => Self::Token(token.clone()),
        }
    }
}

/// The way to the server.
pub(super) struct Link {
    behind: Behind,
    calls: Semaphore,
}

impl Link {
    pub(super) fn new(behind: Behind) -> Self {
        Self { behind, calls: Semaphore::new(CALLS) }
    }

    /// The token at this moment.
    pub(super) fn token(&self) -> Option<Concealed> {
        self.behind.token.borrow().clone()
    }

    /// Asks; once more if the token is not accepted and another comes soon.
    pub(super) async fn ask(&self, call: &Call) -> Asked {
        // Closed is what this semaphore never is.
        let _permit = self.calls.acquire().await;
        let token = self.token();
        let answer = match self.exchange(call, token.as_ref()).await {
            Ok(answer) => answer,
            Err(asked) => return asked,
        };
        let Some(old) = token.as_ref().filter(|_| is_about_login(&answer)) else {
            return Asked::Answer(answer, Who::of(token.as_ref()));
        };
        (self.behind.rejected)(old);
        let Some(new) = self.another(old).await else { return Asked::Rejected(answer) };
        match self.exchange(call, Some(&new)).await {
            Ok(answer) if is_about_login(&answer) => Asked::Rejected(answer),
            Ok(answer) => Asked::Answer(answer, Who::of(Some(&new))),
            Err(asked) => asked,
        }
    }

    async fn exchange(&self, call: &Call, token: Option<&Concealed>) -> Result<Answer, Asked> {
        let failed = |error: Error| {
            let is_sent = !matches!(error, Error::Unreachable { .. } | Error::Path(_) | Error::Token);
            Asked::Away { error, is_sent }
        };
        let client = match token {
            Some(token) => self.behind.client.clone().with_token(token.reveal()).map_err(failed)?,
            // Whether the server is up may be asked by anybody.
            None if call.target == "/api/status" => self.behind.client.clone(),
            None => return Err(Asked::NoToken),
        };
        let (method, headers, body) = (call.method.clone(), call.headers.clone(), call.body.clone());
        client.forward(method, &call.target, headers, body, LIMITS).await.map_err(failed)
    }

    /// A token that is not this one, if one comes soon.
    async fn another(&self, old: &Concealed) -> Option<Concealed> {
        let mut token: watch::Receiver<_> = self.behind.token.clone();
        let other = |token: &Option<Concealed>| token.as_ref().is_some_and(|token| token != old);
        let waited = tokio::time::timeout(LOGIN, token.wait_for(other)).await;
        waited.ok()?.ok()?.clone()
    }
}

/// Whether another token helps.
fn is_about_login(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::UNAUTHORIZED => true,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            serde_json::from_slice::<Refusal>(&answer.body).is_ok_and(|refusal| refusal.is_about_login())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_token_is() {
        let token = |payload: &str, signature: &str| {
            Concealed::new(format!("h.{}.{signature}", URL_SAFE_NO_PAD.encode(payload)))
        };
        let (first, renewed) =
            (token(r#"{"identityId":"a","n":1}"#, "s"), token(r#"{"identityId":"a","n":2}"#, "t"));
        assert_eq!(Who::of(Some(&first)), Who::of(Some(&renewed)));
        assert_ne!(Who::of(Some(&first)), Who::of(Some(&token(r#"{"identityId":"b"}"#, "s"))));
        assert_ne!(Who::of(Some(&Concealed::new("x"))), Who::of(Some(&Concealed::new("y"))));
        assert_ne!(Who::of(Some(&Concealed::new("x"))), Who::of(None));
    }
}
