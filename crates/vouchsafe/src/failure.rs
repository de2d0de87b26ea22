//! How a command fails: an error, perhaps a hint, and an exit code.

use vouchsafe_client::platform::NoProof;

/// Result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command ended without doing its work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) error: anyhow::Error,
    /// What the person can do about it.
    pub(crate) hint: Option<String>,
    /// 1 for a failure, 2 for a command line or settings that make no sense.
    pub(crate) code: u8,
}

impl Failure {
    /// The command line, the environment or the settings file say something impossible.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { error: anyhow::Error::msg(message.into()), hint: None, code: 2 }
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
                None => cause.downcast_ref::<vouchsafe_client::Error>()?.hint(),
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
        Self { error: error.into(), hint: None, code: 1 }
    }
}
