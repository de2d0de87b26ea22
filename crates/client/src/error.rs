//! What can go wrong with a call.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// Why a call had no useful answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one of a server.
    #[error("`{0}` is no address of a server; expected one such as https://vouchsafe.example.com")]
    Address(String),
    /// A name that no path can carry.
    #[error("`{0}` is not a possible name")]
    Path(String),
    /// The token holds characters that no header can carry.
    #[error("the access token holds characters that no token has")]
    Token,
    /// Nobody answers there.
    #[error("cannot reach {url}")]
    Unreachable {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// No answer within the time limit.
    #[error("{url} did not answer within {seconds} seconds")]
    Timeout {
        /// The server's address.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// The connection broke, or TLS failed, or a client could not be set up.
    #[error("the call to {url} failed")]
    Broken {
        /// The server's address.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The server wants to send us elsewhere.
    #[error("{url} answers with a redirect, which is not followed")]
    Redirect {
        /// The server's address.
        url: String,
    },
    /// The answer is larger than the limit.
    #[error("the answer of {url} is larger than {limit} bytes")]
    TooLarge {
        /// The server's address.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The answer is not what the API says.
    #[error("{url} answered with something that is not this API (status {status}, {what})")]
    Unreadable {
        /// The server's address.
        url: String,
        /// HTTP status.
        status: u16,
        /// What did not fit; never the answer itself.
        what: String,
    },
    /// Whatever stands before the server refuses or failed, with an answer that is not of this API.
    #[error("{url} answered with something that is not this API (status {status}, {what})")]
    Gateway {
        /// The server's address.
        url: String,
        /// HTTP status; no success.
        status: u16,
        /// What did not fit; never the answer itself.
        what: String,
        /// After which time it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The server refuses or failed, and says why.
    #[error(transparent)]
    Refused(Refusal),
}

/// The error body of the API.
#[derive(Clone, Debug, Deserialize, thiserror::Error)]
#[error("{} ({})", self.sentence(), self.status)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// HTTP status.
    #[serde(rename = "statusCode")]
    pub status: u16,
    /// Name of the error, such as `PermissionDenied`.
    #[serde(rename = "error", default)]
    pub name: String,
    /// A sentence, or a list of issues when fields are not acceptable.
    #[serde(default)]
    pub message: Value,
    /// Id of the request, for the server's log.
    #[serde(rename = "reqId", default)]
    pub request_id: String,
    /// After which time the server wants to be asked again: the header `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Whether the server does not accept the token, or what was given to get one, so that logging in again helps.
    pub fn is_about_login(&self) -> bool {
        let gone = self.status == 404 && self.message == "Session not found";
        self.status == 401 || self.name == "TokenError" || gone
    }

    /// The message as one sentence.
    pub fn sentence(&self) -> String {
        let issue = |issue: &Value| {
            let path: Vec<String> = issue["path"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect();
            let message = issue["message"].as_str().unwrap_or("not acceptable");
            if path.is_empty() { message.to_owned() } else { format!("{}: {message}", path.join(".")) }
        };
        match &self.message {
            Value::String(text) => text.clone(),
            Value::Array(issues) => issues.iter().map(issue).collect::<Vec<_>>().join("; "),
            _ => "the server refused without saying why".to_owned(),
        }
    }
}

impl Error {
    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status of what was answered, if it was no success.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            Self::Gateway { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// After which time the server wants to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => Some(
                "is a server running there? give its address with --api-url or VOUCHSAFE_API_URL".to_owned(),
            ),
            Self::Refused(refusal) if refusal.is_about_login() => Some(
                "log in again with `vouchsafe login`, or give another token in VOUCHSAFE_TOKEN".to_owned(),
            ),
            Self::Refused(refusal) => match refusal.status {
                403 if !refusal.request_id.is_empty() => Some(format!(
                    "who may explain access can look up why: `vouchsafe access denial {}`",
                    refusal.request_id
                )),
                500.. if !refusal.request_id.is_empty() => {
                    Some(format!("the server's log says more about the request {}", refusal.request_id))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logging_in_again_helps_against_some_refusals() {
        for (status, name, message, helps) in [
            (401, "Unauthorized", "", true),
            (403, "TokenError", "", true),
            (404, "NotFound", "Session not found", true),
            (404, "NotFound", "Secret not found", false),
            (403, "PermissionDenied", "", false),
        ] {
            let refusal = Refusal {
                status,
                name: name.to_owned(),
                message: message.into(),
                request_id: String::new(),
                retry_after: None,
            };
            assert_eq!(refusal.is_about_login(), helps, "{refusal:?}");
        }
    }

    #[test]
    fn a_refusal_reads_as_one_sentence() {
        let text = r#"{"reqId":"req-1","statusCode":422,"error":"ValidationFailure",
            "message":[{"code":"custom","path":["secrets",0,"name"],"message":"Required"},{"path":[],"message":"Odd"}]}"#;
        let refusal: Refusal = serde_json::from_str(text).unwrap();
        assert_eq!(refusal.to_string(), "secrets.0.name: Required; Odd (422)");
        let text = r#"{"statusCode":404,"message":"Not here"}"#;
        assert_eq!(serde_json::from_str::<Refusal>(text).unwrap().to_string(), "Not here (404)");
    }
}
