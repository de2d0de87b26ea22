//! What an auth method is.

use std::future::Future;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vouchsafe_domain::time::Timestamp;

use crate::context::Context;
use crate::reason::{Reason, Refusal};

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

/// An auth method: its name, and its configuration.
pub trait Method: Send + Sync + 'static {
    /// Id and path segment, such as `universal-auth`.
    const ID: &'static str;
    /// Name for people, such as `Universal Auth`.
    const NAME: &'static str;
    /// Key of the configuration in answers, such as `identityUniversalAuth`.
    const RESPONSE_KEY: &'static str;
    /// Whether failed logins are counted and lock.
    const LOCKOUT: bool = false;
    /// Whether tokens may be periodic.
    const PERIODIC: bool = false;
    /// Whether a login names a client id that the server makes, in place of the identity.
    const CLIENT_ID: bool = false;
    /// Fields of the configuration that are sealed at rest.
    const SECRETS: &'static [&'static str] = &[];
    /// Fields of the configuration that the answer to a removal leaves out.
    const HIDDEN_WHEN_REMOVED: &'static [&'static str] = &[];
    /// Fields of the method's own in attach and update.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// The configuration as stored; as JSON it is also what answers show.
    type Config: DeserializeOwned + Send + Serialize + Sync;

    /// A configuration from the fields of an attach, or of an update to what is stored.
    fn configure(stored: Option<Self::Config>, input: Self::Input) -> Result<Self::Config, Issue>;

    /// Adds to what is shown of a configuration what is true of it just now.
    fn show(_context: &Context<'_>, _config: &Self::Config, _shown: &mut Map<String, Value>) {}

    /// Looks at a new configuration before it is stored, where the wire asks for that: a bundle is fetched, a
    /// directory is bound. A refusal refuses the attach or update with 400 and its sentence.
    fn inspect(
        _context: &Context<'_>,
        _config: &Self::Config,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        std::future::ready(Ok(()))
    }
}

/// A method by which an identity logs in with a proof that this crate checks.
///
/// A check has two halves: [`Login::verify`] finds out what a proof truly says, [`Login::admit`] compares that with
/// what the configuration asks for. Only the first one talks to anybody.
pub trait Login: Method {
    /// Fields of a login of the method's own.
    type Proof: DeserializeOwned + JsonSchema + Send + Sync;
    /// The configuration made ready for checking, kept as long as it is unchanged.
    type Ready: Send + Sync + 'static;
    /// What a verified proof says.
    type Facts: Send + Sync;

    /// Makes a configuration ready. Fails only if what is stored cannot be used.
    fn ready(config: Self::Config) -> Result<Self::Ready, Refusal>;

    /// Finds out what the proof says, or refuses it as not genuine.
    fn verify(
        context: &Context<'_>,
        ready: &Self::Ready,
        proof: &Self::Proof,
    ) -> impl Future<Output = Result<Self::Facts, Refusal>> + Send;

    /// Compares what a proof says with everything that the configuration asks for, in order. Pure.
    fn admit(context: &Context<'_>, ready: &Self::Ready, facts: &Self::Facts) -> Findings;

    /// What tokens of this login remember of the proof.
    fn proven(context: &Context<'_>, ready: &Self::Ready, facts: &Self::Facts) -> Proven;

    /// What is missing, if the request carries no proof at all: a mistake of the client's, answered with 400 and this
    /// sentence, not with a refusal. `certificates` is what the request came with.
    fn missing(_certificates: Option<&[Vec<u8>]>, _proof: &Self::Proof) -> Option<&'static str> {
        None
    }

    /// Whose failures are counted: the same text for every spelling of a name. None: nobody's.
    fn counted(_proof: &Self::Proof) -> Option<String> {
        None
    }

    /// What a sample that nobody verified would say: for administrators who ask what it would become. None if
    /// this method does not take samples of that kind.
    fn suppose(_sample: &Sample) -> Option<Result<Self::Facts, Refusal>> {
        None
    }

    /// Tries the configuration out, step by step, as far as that goes without a proof.
    fn probe(_context: &Context<'_>, _ready: &Self::Ready) -> impl Future<Output = Vec<Finding>> + Send {
        std::future::ready(Vec::new())
    }
}

/// What an administrator asks about: something a workload would present, unverified.
#[derive(Clone, Debug)]
pub enum Sample {
    /// A JWT, as text.
    Jwt(String),
    /// An ARN of AWS or Alibaba Cloud.
    Arn(String),
    /// A certificate, as PEM.
    Certificate(String),
    /// A user name of a directory.
    Username(String),
    /// The OCID of a user of Oracle's cloud, or the id of one of its keys.
    Ocid(String),
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What, for people: `subject`, `audience`, `reach the issuer`.
    pub what: String,
    /// Whether it is as it should be.
    pub result: Result<(), Refusal>,
}

/// Everything that was looked at, in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a condition: what it is about, whether it holds, and the sentence if it does not.
    pub fn check(
        &mut self,
        what: impl Into<String>,
        holds: bool,
        reason: Reason,
        why: impl FnOnce() -> String,
    ) {
        let result = if holds { Ok(()) } else { Err(Refusal::new(reason, why())) };
        self.note(what, result);
    }

    /// Notes a result.
    pub fn note(&mut self, what: impl Into<String>, result: Result<(), Refusal>) {
        self.0.push(Finding { what: what.into(), result });
    }

    /// The findings.
    pub fn into_vec(self) -> Vec<Finding> {
        self.0
    }

    /// The first refusal, if there is one.
    pub fn verdict(self) -> Result<(), Refusal> {
        self.0.into_iter().try_for_each(|finding| finding.result)
    }
}

/// What tokens of a login remember of its proof.
#[derive(Clone, Debug, Default)]
pub struct Proven {
    /// The claim `identityAuth` of the token: what the proof showed, below the kind of proof (`kubernetes`, `aws`,
    /// `oidc`). Templates in rules read it as `{{identity.auth.…}}`.
    pub auth: Option<Map<String, Value>>,
    /// Set when the proof may be used only once.
    pub once: Option<Once>,
    /// SHA-256 of the certificate that the token is bound to (RFC 8705 section 3.1), if it is.
    pub certificate: Option<[u8; 32]>,
}

/// A proof that may be used only once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Once {
    /// What names it, unique within the source; at most 1,000 bytes are compared, by their hash.
    pub id: String,
    /// Until when it has to be remembered: after this the proof is refused anyway.
    pub until: Timestamp,
}
