//! Methods with their types forgotten: what is the same for all of them is compiled once, and not once for each.

use std::any::Any;
use std::marker::PhantomData;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;
use vouchsafe_attest::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

use crate::http::error::{ApiError, ApiResult};
use crate::http::input::{Fields, typed};

/// A method, as those know it who do not look into its configuration.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) response_key: &'static str,
    pub(super) lockout: bool,
    pub(super) periodic: bool,
    pub(super) client_id: bool,
    pub(super) secrets: &'static [&'static str],
    pub(super) hidden_when_removed: &'static [&'static str],
    typed: &'static dyn Typed,
}

/// A method by which identities log in with a proof.
#[derive(Clone, Copy)]
pub(super) struct LoginKind {
    pub(super) kind: Kind,
    typed: &'static dyn TypedLogin,
}

/// What somebody presents to a method.
pub(super) trait Presented: Send + Sync {
    /// What is missing, if it is no proof at all.
    fn missing(&self, certificates: Option<&[Vec<u8>]>) -> Option<&'static str>;

    /// Whose failures are counted, if they are.
    fn counted(&self) -> Option<String>;

    /// Checks the proof against one source that is [`LoginKind::ready`]. A miss comes with how near it was.
    fn check<'a>(
        &'a self,
        context: Context<'a>,
        ready: &'a Ready,
    ) -> BoxFuture<'a, Result<Proven, (usize, Refusal)>>;
}

/// A configuration that is ready for checking: `M::Ready` of its method.
pub(super) type Ready = Box<dyn Any + Send + Sync>;

trait Typed: Send + Sync {
    fn draft<'a>(
        &'a self,
        context: Context<'a>,
        stored: Option<Value>,
        sent: Fields,
    ) -> BoxFuture<'a, ApiResult<Value>>;

    fn show(&self, context: &Context<'_>, config: Value, shown: &mut Fields) -> ApiResult<()>;
}

trait TypedLogin: Send + Sync {
    fn presented(&self, sent: Fields) -> ApiResult<Box<dyn Presented>>;

    fn ready(&self, config: Value) -> ApiResult<Result<Ready, Refusal>>;

    fn probe<'a>(&'a self, context: Context<'a>, ready: &'a Ready) -> BoxFuture<'a, Vec<Finding>>;

    fn suppose(
        &self,
        context: &Context<'_>,
        sample: &Sample,
        ready: &dyn Fn() -> Result<Ready, Refusal>,
    ) -> Option<Findings>;
}

/// A method as a value.
struct Of<M>(PhantomData<fn() -> M>);

impl Kind {
    /// This method.
    pub(super) fn of<M: Method>() -> Self {
        Self {
            id: M::ID,
            name: M::NAME,
            response_key: M::RESPONSE_KEY,
            lockout: M::LOCKOUT,
            periodic: M::PERIODIC,
            client_id: M::CLIENT_ID,
            secrets: M::SECRETS,
            hidden_when_removed: M::HIDDEN_WHEN_REMOVED,
            typed: &Of::<M>(PhantomData),
        }
    }

    /// A configuration from what was sent and what is stored, looked at as the method wants it.
    pub(super) async fn draft(
        &self,
        context: Context<'_>,
        stored: Option<Value>,
        sent: Fields,
    ) -> ApiResult<Value> {
        self.typed.draft(context, stored, sent).await
    }

    /// Adds to what is shown of a configuration what is true of it just now.
    pub(super) fn show(&self, context: &Context<'_>, config: Value, shown: &mut Fields) -> ApiResult<()> {
        self.typed.show(context, config, shown)
    }
}

impl<M: Method> Typed for Of<M> {
    fn draft<'a>(
        &'a self,
        context: Context<'a>,
        stored: Option<Value>,
        sent: Fields,
    ) -> BoxFuture<'a, ApiResult<Value>> {
        async move {
            let stored = stored.map(configuration::<M>).transpose()?;
            let config = M::configure(stored, typed(sent)?).map_err(refuse)?;
            M::inspect(&context, &config).await.map_err(|refusal| ApiError::bad_request(refusal.why))?;
            serde_json::to_value(config).map_err(|error| ApiError::internal(error.to_string()))
        }
        .boxed()
    }

    fn show(&self, context: &Context<'_>, config: Value, shown: &mut Fields) -> ApiResult<()> {
        M::show(context, &configuration::<M>(config)?, shown);
        Ok(())
    }
}

/// A stored configuration in its type.
pub(super) fn configuration<M: Method>(stored: Value) -> ApiResult<M::Config> {
    serde_json::from_value(stored).map_err(|error| {
        // The error may repeat a value.
        let place = format!("line {}, column {}", error.line(), error.column());
        ApiError::internal(format!("the stored configuration of {} cannot be read ({place})", M::NAME))
    })
}

fn refuse(issue: Issue) -> ApiError {
    if issue.field.ends_with("TrustedIps") {
        return ApiError::bad_request(issue.message);
    }
    ApiError::invalid(&issue.field, issue.message)
}

impl LoginKind {
    /// This method.
    pub(super) fn of<M: Login>() -> Self {
        Self { kind: Kind::of::<M>(), typed: &Of::<M>(PhantomData) }
    }

    /// Reads what somebody presents.
    pub(super) fn presented(&self, sent: Fields) -> ApiResult<Box<dyn Presented>> {
        self.typed.presented(sent)
    }

    /// Makes a stored configuration ready for checking.
    pub(super) fn ready(&self, config: Value) -> ApiResult<Result<Ready, Refusal>> {
        self.typed.ready(config)
    }

    /// Tries a configuration out, step by step.
    pub(super) async fn probe(&self, context: Context<'_>, ready: &Ready) -> Vec<Finding> {
        self.typed.probe(context, ready).await
    }

    /// What would become of a sample at a source. None if the method takes no samples of this kind.
    pub(super) fn suppose(
        &self,
        context: &Context<'_>,
        sample: &Sample,
        ready: &dyn Fn() -> Result<Ready, Refusal>,
    ) -> Option<Vec<Finding>> {
        self.typed.suppose(context, sample, ready).map(Findings::into_vec)
    }
}

impl<M: Login> TypedLogin for Of<M> {
    fn presented(&self, sent: Fields) -> ApiResult<Box<dyn Presented>> {
        Ok(Box::new(Proof::<M>(typed(sent)?)))
    }

    fn ready(&self, config: Value) -> ApiResult<Result<Ready, Refusal>> {
        Ok(M::ready(configuration::<M>(config)?).map(|ready| Box::new(ready) as Ready))
    }

    fn probe<'a>(&'a self, context: Context<'a>, ready: &'a Ready) -> BoxFuture<'a, Vec<Finding>> {
        async move {
            match cast::<M>(ready) {
                Ok(ready) => M::probe(&context, ready).await,
                Err(refusal) => {
                    vec![Finding { what: "read the configuration".to_owned(), result: Err(refusal) }]
                }
            }
        }
        .boxed()
    }

    fn suppose(
        &self,
        context: &Context<'_>,
        sample: &Sample,
        ready: &dyn Fn() -> Result<Ready, Refusal>,
    ) -> Option<Findings> {
        let failed = |what: &str, refusal| {
            let mut findings = Findings::new();
            findings.note(what, Err(refusal));
            findings
        };
        let facts = match M::suppose(sample)? {
            Ok(facts) => facts,
            Err(refusal) => return Some(failed("the sample", refusal)),
        };
        let admitted = ready().and_then(|ready| Ok(M::admit(context, cast::<M>(&ready)?, &facts)));
        Some(admitted.unwrap_or_else(|refusal| failed("the configuration", refusal)))
    }
}

/// What is presented to a method, in its type.
struct Proof<M: Login>(M::Proof);

impl<M: Login> Presented for Proof<M> {
    fn missing(&self, certificates: Option<&[Vec<u8>]>) -> Option<&'static str> {
        M::missing(certificates, &self.0)
    }

    fn counted(&self) -> Option<String> {
        if M::LOCKOUT { M::counted(&self.0) } else { None }
    }

    fn check<'a>(
        &'a self,
        context: Context<'a>,
        ready: &'a Ready,
    ) -> BoxFuture<'a, Result<Proven, (usize, Refusal)>> {
        async move {
            let ready = cast::<M>(ready).map_err(|refusal| (0, refusal))?;
            let facts = M::verify(&context, ready, &self.0).await.map_err(|refusal| {
                // Of another issuer or key: this source was not meant at all.
                let was_meant =
                    !matches!(refusal.reason, Reason::Issuer | Reason::UnknownKey | Reason::Malformed);
                (usize::from(was_meant), refusal)
            })?;
            let findings = M::admit(&context, ready, &facts).into_vec();
            for (passed, finding) in findings.into_iter().enumerate() {
                finding.result.map_err(|refusal| (passed + 2, refusal))?;
            }
            Ok(M::proven(&context, ready, &facts))
        }
        .boxed()
    }
}

fn cast<M: Login>(ready: &Ready) -> Result<&M::Ready, Refusal> {
    let odd = || Refusal::new(Reason::Configuration, "a source of another method");
    ready.downcast_ref().ok_or_else(odd)
}
