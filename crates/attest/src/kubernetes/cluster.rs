//! What is asked of a cluster's API server.

use std::collections::BTreeMap;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::ServiceAccount;
use crate::net::{Call, Outbound, Reply, Trust};
use crate::reason::{Reason, Refusal};

/// A cluster's API server.
pub(super) struct Cluster {
    /// Without a slash at its end.
    base: String,
    trust: Trust,
}

/// What a review found.
pub(super) struct Reviewed {
    pub(super) account: ServiceAccount,
    pub(super) audiences: Vec<String>,
}

#[derive(Deserialize)]
struct TokenReview {
    kind: String,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    authenticated: bool,
    user: User,
    audiences: Vec<String>,
    error: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct User {
    username: String,
}

impl Cluster {
    /// A server at an address with or without a scheme; none if it is no such address.
    pub(super) fn new(host: &str, trust: Trust) -> Option<Self> {
        let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b":./-".contains(&byte);
        if host.is_empty() || host.len() > 512 || !host.bytes().all(is_usable) {
            return None;
        }
        let text = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
        let url: Url = text.parse().ok()?;
        let is_web = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
        is_web.then(|| Self { base: url.as_str().trim_end_matches('/').to_owned(), trust })
    }

    fn call(&self, path: &str, bearer: Option<&str>) -> Result<Call, Refusal> {
        let odd = |why: &str| Refusal::new(Reason::Configuration, why);
        let url = format!("{}{path}", self.base).parse().map_err(|_| odd("kubernetesHost makes no URL"))?;
        let mut call = Call::get(url, self.trust.clone());
        call.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = bearer {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| odd("a token holds characters that no header may hold"))?;
            value.set_sensitive(true);
            call.headers.insert(AUTHORIZATION, value);
        }
        Ok(call)
    }

    /// Asks whether a token is good, by `TokenReview`. Audiences are sent when one is asked for, as the answer says
    /// nothing about them otherwise.
    async fn post_review(
        &self,
        outbound: &Outbound,
        reviewer: Option<&str>,
        token: &str,
        audience: &str,
    ) -> Result<Reply, Refusal> {
        let mut call =
            self.call("/apis/authentication.k8s.io/v1/tokenreviews", Some(reviewer.unwrap_or(token)))?;
        let mut spec = json!({ "token": token });
        if !audience.is_empty() {
            spec["audiences"] = json!([audience]);
        }
        let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec });
        call.method = http::Method::POST;
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = review.to_string().into_bytes();
        Ok(outbound.call(call).await?)
    }

    /// Whose token this is, if the cluster says that it is good.
    pub(super) async fn review(
        &self,
        outbound: &Outbound,
        reviewer: Option<&str>,
        token: &str,
        audience: &str,
    ) -> Result<Reviewed, Refusal> {
        let reply = self.post_review(outbound, reviewer, token, audience).await?;
        check_reviewer(&reply, reviewer.is_some())?;
        read_review(&reply)
    }

    /// Whether the reviewer may review: the token of this review is none.
    pub(super) async fn try_reviewing(&self, outbound: &Outbound, reviewer: &str) -> Result<(), Refusal> {
        let reply = self.post_review(outbound, Some(reviewer), "vouchsafe-configuration-test", "").await?;
        check_reviewer(&reply, true)?;
        match read_review(&reply) {
            Err(refusal) if refusal.reason == Reason::Provider => Ok(()),
            Err(refusal) => Err(refusal),
            Ok(_) => Err(Refusal::new(
                Reason::ProviderAnswer,
                "the cluster takes a text for a good token that is none",
            )),
        }
    }

    /// Whether anything that looks like an API server answers.
    pub(super) async fn try_reaching(&self, outbound: &Outbound) -> Result<(), Refusal> {
        let reply = outbound.call(self.call("/version", None)?).await?;
        if reply.status >= 500 {
            return Err(Refusal::new(Reason::Unreachable, format!("/version answers {}", reply.status)));
        }
        Ok(())
    }

    /// The labels of a namespace.
    pub(super) async fn labels(
        &self,
        outbound: &Outbound,
        reviewer: &str,
        namespace: &str,
    ) -> Result<BTreeMap<String, String>, Refusal> {
        #[derive(Deserialize)]
        struct Namespace {
            kind: String,
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            name: String,
            #[serde(default)]
            labels: BTreeMap<String, String>,
        }
        let reply =
            outbound.call(self.call(&format!("/api/v1/namespaces/{namespace}"), Some(reviewer))?).await?;
        let odd = |why: String| Refusal::new(Reason::ProviderAnswer, why);
        match reply.status {
            200 => {}
            404 => return Err(Refusal::new(Reason::Place, format!("there is no namespace {namespace:?}"))),
            401 | 403 => {
                let why = format!(
                    "the cluster answers {} when the namespace is read: allow the reviewer's account to get namespaces",
                    reply.status
                );
                return Err(Refusal::new(Reason::Reviewer, why));
            }
            status => return Err(odd(format!("the cluster answers {status} when the namespace is read"))),
        }
        let found: Namespace = serde_json::from_slice(&reply.body)
            .map_err(|_| odd("the cluster answers something else than a namespace".to_owned()))?;
        if found.kind != "Namespace" || found.metadata.name != namespace {
            return Err(odd("the cluster answers something else than the namespace asked for".to_owned()));
        }
        Ok(found.metadata.labels)
    }
}

/// Whether the API server accepted who asks.
fn check_reviewer(reply: &Reply, has_reviewer: bool) -> Result<(), Refusal> {
    let (reason, why) = match (reply.status, has_reviewer) {
        (401, true) => {
            (Reason::Reviewer, "the cluster does not accept tokenReviewerJwt (401): it may have expired")
        }
        (403, true) => (
            Reason::Reviewer,
            "the account of tokenReviewerJwt may not review tokens (403): bind system:auth-delegator to it",
        ),
        (401, false) => (Reason::Provider, "the cluster does not accept the token (401)"),
        (403, false) => (
            Reason::Reviewer,
            "the token's own account may not review tokens (403): bind system:auth-delegator to it, or set \
             tokenReviewerJwt",
        ),
        (200..=202, _) => return Ok(()),
        (500.., _) => (Reason::Unreachable, "the cluster answers with an error of its own (5xx)"),
        _ => (Reason::ProviderAnswer, "the cluster answers a review with neither a review nor a known error"),
    };
    Err(Refusal::new(reason, why))
}

fn read_review(reply: &Reply) -> Result<Reviewed, Refusal> {
    let odd =
        || Refusal::new(Reason::ProviderAnswer, "the cluster answers something else than a TokenReview");
    let review: TokenReview = serde_json::from_slice(&reply.body).map_err(|_| odd())?;
    if review.kind != "TokenReview" {
        return Err(odd());
    }
    let status = review.status;
    if !status.error.is_empty() {
        return Err(Refusal::new(
            Reason::Provider,
            "the cluster does not accept the token, with an error in its review",
        ));
    }
    if !status.authenticated {
        return Err(Refusal::new(Reason::Provider, "the cluster does not accept the token"));
    }
    let account = ServiceAccount::from_username(&status.user.username).ok_or_else(|| {
        Refusal::new(Reason::Principal, "the token is good, but is none of a service account")
    })?;
    Ok(Reviewed { account, audiences: status.audiences })
}
