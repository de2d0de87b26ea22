//! What kind of trouble an error is, and so what helps against it.

use std::time::Duration;

use vouchsafe_client::Error;
use vouchsafe_client::platform::NoProof;

use crate::moment::Moment;
use crate::pace::{Pace, SHORTEST};
use crate::rendering::RenderError;

/// What kind of trouble an error is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The server is gone, slow, or says that it cannot now: everything waits, as long as it asked for.
    Server(Option<Duration>),
    /// The token is not accepted: a new one helps.
    Token,
    /// Whoever we are may not do this. A new login may know of new roles.
    Forbidden,
    /// Something about this request alone.
    Request,
}

/// What went wrong, and of what kind it is. Holds no secret.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) what: String,
}

impl Trouble {
    /// Something about this request alone.
    pub(crate) fn request(what: impl Into<String>) -> Self {
        Self { kind: Kind::Request, what: what.into() }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { kind: kind(&error), what: with_causes(&error) }
    }
}

impl From<RenderError> for Trouble {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Template(what) => Self::request(what),
            RenderError::Call { what, source } => {
                let trouble = Self::from(source);
                Self { what: format!("{what}: {}", trouble.what), ..trouble }
            }
        }
    }
}

impl From<NoProof> for Trouble {
    fn from(error: NoProof) -> Self {
        let advice = error.advice().map(|advice| format!("; {advice}")).unwrap_or_default();
        Self::request(format!("{error}{advice}"))
    }
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Address(_) | Error::Path(_) | Error::Token => return Kind::Request,
        _ => {}
    }
    let is_token_error = error.refusal().is_some_and(|refusal| refusal.name == "TokenError");
    match error.status() {
        Some(401) => Kind::Token,
        Some(403) if is_token_error => Kind::Token,
        Some(403) => Kind::Forbidden,
        Some(408 | 425 | 429 | 500..) => Kind::Server(error.retry_after()),
        Some(_) => Kind::Request,
        None => Kind::Server(None),
    }
}

/// The sentence of an error and those of its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Whether the server may be asked now. What one request learns of the server holds for all.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    failures: u32,
    not_before: Moment,
}

impl Contact {
    /// From when on the server may be asked.
    pub(crate) fn opens(&self) -> Moment {
        self.not_before
    }

    /// The server answered as it should.
    pub(crate) fn worked(&mut self) {
        self.failures = 0;
    }

    /// A request failed.
    pub(crate) fn failed(&mut self, now: Moment, kind: Kind, pace: Pace, chance: f64) {
        let wait = if let Kind::Server(asked) = kind {
            self.failures = self.failures.saturating_add(1);
            pace.delay_asked(self.failures, chance, asked)
        } else {
            // It is there; but no two failing tries within a second.
            self.failures = 0;
            SHORTEST
        };
        self.not_before = self.not_before.max(now.plus(wait));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use vouchsafe_client::Refusal;

    use super::*;

    fn refused(status: u16, name: &str, retry_after: Option<u64>) -> Error {
        let refusal: Refusal =
            serde_json::from_value(json!({ "statusCode": status, "error": name, "message": "No" })).unwrap();
        Error::Refused(Refusal { retry_after: retry_after.map(Duration::from_secs), ..refusal })
    }

    #[test]
    fn statuses_tell_what_helps() {
        for (status, name, want) in [
            (401, "Unauthorized", Kind::Token),
            (403, "TokenError", Kind::Token),
            (403, "PermissionDenied", Kind::Forbidden),
            (404, "NotFound", Kind::Request),
            (429, "RateLimit", Kind::Server(Some(Duration::from_secs(7)))),
            (503, "", Kind::Server(Some(Duration::from_secs(7)))),
        ] {
            assert_eq!(kind(&refused(status, name, Some(7))), want, "{status}");
        }
        let timeout = Error::Timeout { url: "http://x".to_owned(), seconds: 1 };
        assert_eq!(kind(&timeout), Kind::Server(None));
    }

    #[test]
    fn a_server_in_trouble_is_left_alone_longer_and_longer() {
        let mut contact = Contact::default();
        let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
        contact.failed(at(0), Kind::Server(None), Pace::TROUBLE, 1.0);
        assert_eq!(contact.opens(), at(1));
        contact.failed(at(1), Kind::Server(None), Pace::TROUBLE, 1.0);
        assert_eq!(contact.opens(), at(3));
        contact.failed(at(3), Kind::Server(Some(Duration::from_mins(1))), Pace::TROUBLE, 1.0);
        assert_eq!(contact.opens(), at(63));
        // Another failure does not shorten what the server asked for.
        contact.failed(at(4), Kind::Request, Pace::TROUBLE, 1.0);
        assert_eq!(contact.opens(), at(63));
        contact.worked();
        contact.failed(at(70), Kind::Server(None), Pace::TROUBLE, 1.0);
        assert_eq!(contact.opens(), at(71));
    }
}
