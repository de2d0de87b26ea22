//! Somebody who makes requests.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Somebody who makes requests with a token, or with none.
#[derive(Clone, Debug)]
pub struct Person {
    pub(crate) http: Client,
    /// Where requests go.
    pub url: String,
    /// The access token, if there is one.
    pub token: Option<String>,
    /// Id of the identity or user, if there is one.
    pub id: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The JSON body, or null.
    pub body: Value,
    /// Response headers.
    pub headers: reqwest::header::HeaderMap,
}

impl Person {
    /// The same place, with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person, at another replica.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE without a body.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// DELETE with a JSON body.
    pub async fn delete_with(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::DELETE, path).json(&body)).await
    }

    /// A request to shape further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request made by [`Person::request`].
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&text).unwrap_or(Value::Null) }
    }
}

impl Answer {
    /// The body of a success; anything else fails the test and shows the answer.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "expected success: {}", self.body);
        self.body
    }

    /// Fails the test unless the answer is this refusal in the one error shape; answers its message.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["statusCode"], status, "{}", self.body);
        assert!(self.body["reqId"].as_str().is_some_and(|id| id.starts_with("req-")), "{}", self.body);
        assert!(self.body["error"].is_string(), "{}", self.body);
        match &self.body["message"] {
            Value::String(text) => text.clone(),
            issues => {
                assert_eq!(status, 422, "{}", self.body);
                issues.to_string()
            }
        }
    }
}
