//! How a command fails: an error, perhaps a hint, and an exit code.

use vouchsafe_client::Error;
use vouchsafe_client::platform::NoProof;

/// Result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Exit code: something went wrong.
pub(crate) const FAILED: u8 = 1;
/// Exit code: the command line, the environment or a settings file say something impossible.
pub(crate) const USAGE: u8 = 2;
/// Exit code: logging in (again) is needed.
pub(crate) const NOT_LOGGED_IN: u8 = 3;
/// Exit code: the server knows who asks, and refuses.
pub(crate) const FORBIDDEN: u8 = 4;
/// Exit code: the server has no such thing.
pub(crate) const NOT_FOUND: u8 = 5;
/// Exit code: trying again later may help.
pub(crate) const NO_ANSWER: u8 = 6;
/// Exit code: `apply` found differences and was asked to say so by its exit code.
pub(crate) const DIFFERENT: u8 = 7;
/// Exit code: there is such a command, but it cannot be run.
pub(crate) const CANNOT_RUN: u8 = 126;
/// Exit code: there is no such command.
pub(crate) const NO_COMMAND: u8 = 127;

/// What the exit codes mean. `docs/cli/README.md` has the same table.
pub(crate) const EXIT_CODES: [(u8, &str); 10] = [
    (0, "done"),
    (FAILED, "failed"),
    (USAGE, "the command line or the settings make no sense"),
    (NOT_LOGGED_IN, "nobody is logged in, or the server does not accept the login"),
    (FORBIDDEN, "the server forbids it"),
    (NOT_FOUND, "the server has no such thing"),
    (NO_ANSWER, "the server cannot be reached or cannot answer now; trying again may help"),
    (DIFFERENT, "`apply --exit-code`: the server is not as the files say"),
    (CANNOT_RUN, "`run`: the command cannot be run; else `run` ends with the command's own code"),
    (NO_COMMAND, "`run`: there is no such command"),
];

/// The same as help shows it.
pub(crate) fn exit_codes() -> String {
    let lines = EXIT_CODES.iter().map(|(code, meaning)| format!("  {code:<3}  {meaning}"));
    format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The code for what came of a call.
fn code_of(error: &Error) -> u8 {
    match error {
        Error::Unreachable { .. } | Error::Timeout { .. } | Error::Broken { .. } => NO_ANSWER,
        Error::Refused(refusal) if refusal.is_about_login() => NOT_LOGGED_IN,
        Error::Refused(refusal) => match refusal.status {
            403 => FORBIDDEN,
            404 => NOT_FOUND,
            429 | 502..=504 => NO_ANSWER,
            _ => FAILED,
        },
        _ => FAILED,
    }
}

/// Why a command ended without doing its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) error: anyhow::Error,
    /// What the person can do about it.
    pub(crate) hint: Option<String>,
    /// One of [`EXIT_CODES`].
    pub(crate) code: u8,
}

impl Failure {
    /// The command line, the environment or the settings file say something impossible.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { error: anyhow::Error::msg(message.into()), hint: None, code: USAGE }
    }

    /// Something went wrong.
    pub(crate) fn message(message: impl Into<String>) -> Self {
        anyhow::Error::msg(message.into()).into()
    }

    /// Adds what can be done about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends with this exit code.
    #[must_use]
    pub(crate) fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// What can be done about it, if anything is known.
    pub(crate) fn advice(&self) -> Option<String> {
        self.hint.clone().or_else(|| {
            self.error.chain().find_map(|cause| match cause.downcast_ref::<NoProof>() {
                Some(missing) => missing.advice().map(str::to_owned),
                None => cause.downcast_ref::<Error>()?.hint(),
            })
        })
    }

    /// Whether the reader of our output went away, which is no error.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        })
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let call = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
        let code = call.map_or(FAILED, code_of);
        Self { error, hint: None, code }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_came_of_a_call_decides_the_code() {
        for (status, name, message, code) in [
            (400, "BadRequest", "Odd", FAILED),
            (401, "Unauthorized", "Who?", NOT_LOGGED_IN),
            (403, "TokenError", "Malformed", NOT_LOGGED_IN),
            (403, "PermissionDenied", "No", FORBIDDEN),
            (404, "NotFound", "Secret not found", NOT_FOUND),
            (404, "NotFound", "Session not found", NOT_LOGGED_IN),
            (429, "RateLimit", "Slowly", NO_ANSWER),
            (500, "Internal", "Oh", FAILED),
            (503, "Unavailable", "Later", NO_ANSWER),
        ] {
            let body = json!({ "statusCode": status, "error": name, "message": message });
            let error = Error::Refused(serde_json::from_value(body).unwrap());
            let told: Result<(), _> = Err(error);
            assert_eq!(Failure::from(told.context("cannot").unwrap_err()).code, code, "{status} {message}");
        }
        let late = Error::Timeout { url: String::new(), seconds: 10 };
        assert_eq!(Failure::from(late).code, NO_ANSWER);
        assert_eq!(Failure::message("x").code, FAILED);
    }

    #[test]
    fn the_guide_says_what_the_codes_mean() {
        let guide = include_str!("../../../docs/cli/README.md");
        for (code, meaning) in EXIT_CODES {
            assert!(guide.contains(&format!("| {code} | {meaning} |")), "{code}: {meaning}");
        }
    }
}
