//! What an auth method is.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A field of the input that is not acceptable. The sentence never repeats the value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Issue {
    /// Path of the field, parts separated by dots.
    pub field: String,
    /// What was expected.
    pub message: String,
}

impl Issue {
    /// An issue with a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// An auth method.
pub trait Method: Send + Sync + 'static {
    /// Id and path segment, such as `universal-auth`.
    const ID: &'static str;
    /// Name for people, such as `Universal Auth`.
    const NAME: &'static str;
    /// Key of the configuration in answers, such as `identityUniversalAuth`.
    const RESPONSE_KEY: &'static str;
    /// Whether failed logins are counted and lock.
    const LOCKOUT: bool;
    /// Whether tokens may be periodic.
    const PERIODIC: bool;
    /// Whether a login names a client id that the server makes, in place of the identity.
    const CLIENT_ID: bool;
    /// Fields of the method's own in attach and update.
    type Input: DeserializeOwned + Send;
    /// The configuration as stored; as JSON it is also what answers show.
    type Config: DeserializeOwned + Send + Serialize;

    /// A configuration from the fields of an attach, or of an update to what is stored.
    fn configure(stored: Option<Self::Config>, input: Self::Input) -> Result<Self::Config, Issue>;
}
