//! Logging in with a proof, the same for every method.
//!
//! The proof is checked first, against each source until one accepts it, and then what became of it is recorded in the
//! shared commit of logins (`vouchsafe_store::logins`), which also counts failures and takes proofs that may be used once.
//! Whatever is wrong, the caller gets one answer at one of few times; the audit log has the reason.

use std::sync::Arc;
use std::time::Instant;

use tracing::Instrument as _;
use vouchsafe_api::auth_methods::{AccessTokenReply, LoginInput};
use vouchsafe_attest::{Login, Once, Proven, Reason, Refusal};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_keys::fingerprint;
use vouchsafe_store::{Attempt, AuthMethod, Credential, ProofResult, Refusal as Refused, Topic};

use super::input::{Both, part};
use super::kind::{LoginKind, Presented, Ready};
use super::universal::access_token;
use super::{config, leaked};
use crate::app::App;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::input::Fields;
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};
use crate::turns::Busy;
use crate::usecase::tokens::{self, Issued};

/// How often a login is tried when its method is changed meanwhile.
const TRIES: usize = 3;

/// What metrics call logins that were turned away unchecked, as too many by the same name were waiting.
const BUSY: &str = "busy";

pub(super) fn routes<M: Login>(login: LoginKind, routes: Routes) -> Routes {
    let (path, name) = (leaked(format!("/api/v1/auth/{}/login", M::ID)), M::NAME);
    let handler = move |cx, sent: Both<LoginInput, M::Proof>| log_in(cx, login, sent.fields());
    routes.post([path], Access::Open, leaked(format!("Log in by {name}")), handler)
}

/// A source, ready to check proofs.
pub struct LoginSource {
    method: AuthMethod,
    ready: Result<Ready, Refusal>,
}

impl LoginSource {
    pub(super) fn new(app: &App, login: &LoginKind, method: AuthMethod) -> Self {
        let ready =
            config::open(app, &method).and_then(|config| login.ready(config)).unwrap_or_else(|error| {
                tracing::error!(
                    method = login.kind.id,
                    cause = error.cause(),
                    "an auth method cannot be used"
                );
                let why = "the stored configuration cannot be read; see the server's log";
                Err(Refusal::new(Reason::Configuration, why))
            });
        Self { method, ready }
    }

    /// The source as it is stored.
    pub(super) fn method(&self) -> &AuthMethod {
        &self.method
    }

    /// The configuration, ready for checking.
    pub(super) fn ready(&self) -> Result<&Ready, Refusal> {
        self.ready.as_ref().map_err(Clone::clone)
    }

    /// The same by itself.
    pub(super) fn into_ready(self) -> Result<Ready, Refusal> {
        self.ready
    }
}

/// All sources of a method of an identity, kept as long as they are unchanged.
pub(super) async fn sources(
    cx: &Cx,
    login: &LoginKind,
    identity: IdentityId,
) -> ApiResult<Option<Arc<Vec<LoginSource>>>> {
    let load = || async {
        let methods = cx.app.store.auth_method_sources(identity, login.kind.id).await?;
        let sources: Vec<_> =
            methods.into_iter().map(|method| LoginSource::new(&cx.app, login, method)).collect();
        Ok::<_, ApiError>((!sources.is_empty()).then_some(sources))
    };
    let topics = [Topic::from(identity)];
    cx.app.caches.sources.get_or_load(&cx.app.store, (identity, login.kind.id), &topics, load).await
}

async fn log_in(cx: Cx, login: LoginKind, sent: Fields) -> Outcome<AccessTokenReply> {
    let started = Instant::now();
    let who: LoginInput = part(&sent)?;
    let proof = login.presented(sent)?;
    if let Some(sentence) = proof.missing(cx.meta.certificates.chain()) {
        return Err(ApiError::bad_request(sentence));
    }
    let (cx, decided) = decided(cx, login, who, proof).await?;
    match decided? {
        Ok(issued) => ok(access_token(issued)),
        Err(refused) => {
            cx.app.metrics.login_refused(login.kind.id, refused.code());
            cx.app.settings.refusal_pace.wait(started).await;
            Err(answer(refused))
        }
    }
}

/// What a login comes to.
type Decided = ApiResult<Result<Issued, Refused>>;

/// One login. A guess that reaches the provider is counted, whether or not its caller waits for the answer: whoever hangs up
/// ends the handler, but not the task.
async fn decided(
    cx: Cx,
    login: LoginKind,
    who: LoginInput,
    proof: Box<dyn Presented>,
) -> ApiResult<(Cx, Decided)> {
    let is_counted = proof.counted().is_some();
    let whole = async move {
        let decided = attempt(&cx, &login, &who, proof.as_ref()).await;
        (cx, decided)
    };
    if !is_counted {
        return Ok(whole.await);
    }
    let task = tokio::spawn(whole.in_current_span());
    task.await.map_err(|_| ApiError::internal("a login broke off"))
}

/// What a refused login is told.
fn answer(refused: Refused) -> ApiError {
    match refused {
        Refused::Locked => {
            ApiError::unauthorized("This identity auth method is temporarily locked, please try again later")
        }
        _ => ApiError::unauthorized("Invalid credentials"),
    }
}

/// One login, until its method holds still.
async fn attempt(cx: &Cx, login: &LoginKind, who: &LoginInput, proof: &dyn Presented) -> Decided {
    for _ in 1..TRIES {
        match once(cx, login, who, proof).await? {
            Err(Refused::Changed) => {}
            decided => return Ok(decided),
        }
    }
    once(cx, login, who, proof).await
}

async fn once(cx: &Cx, login: &LoginKind, who: &LoginInput, proof: &dyn Presented) -> Decided {
    let method = login.kind.id;
    let Some(sources) = sources(cx, login, who.identity_id).await? else {
        let attempt = attempt_of(cx, method, Credential::Nobody, None);
        let refused = cx.app.store.login(attempt).await?.err();
        return refused.map(Err).ok_or_else(|| ApiError::internal("nobody was granted a login"));
    };
    let counted = proof.counted();
    // Guesses at one name take turns, so that no more of them reach the provider than may be made.
    let _turn = match &counted {
        Some(name) => {
            let turn = cx.app.turns.take((who.identity_id, method, name.clone())).await;
            Some(turn.map_err(|Busy| {
                cx.app.metrics.login_refused(method, BUSY);
                ApiError::busy("Rate limit exceeded: too many logins by this name at once. Please try again in 2 seconds")
            })?)
        }
        None => None,
    };
    let checked = check_all(cx, who.identity_id, &sources, counted.as_deref(), proof).await?;
    let credential = Credential::Proof(checked.method.id);
    let (result, proven) = checked.result(counted);
    let attempt = attempt_of(cx, method, credential, Some(result));
    let (granted, issued) = match tokens::log_in(&cx.app, attempt, &proven).await? {
        Ok(granted) => granted,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(slug) = who.organization_slug.as_ref().filter(|slug| **slug != granted.org_slug) {
        return Err(ApiError::not_found(format!("Sub organization with slug {slug} not found")));
    }
    Ok(Ok(issued))
}

/// What became of a proof at the source that counts: the one that accepts it, else the nearest miss.
struct Checked<'s> {
    method: &'s AuthMethod,
    verdict: Result<Proven, Refusal>,
    /// Whether some source says that the name or password is wrong.
    is_guess: bool,
}

impl Checked<'_> {
    /// What is recorded, and what the token will remember.
    fn result(self, counted: Option<String>) -> (ProofResult, Proven) {
        let (verdict, why, proven) = match self.verdict {
            Ok(proven) => (Ok(()), None, proven),
            Err(refusal) => (Err(refusal.reason.code()), Some(refusal.why), Proven::default()),
        };
        let once = proven.once.as_ref().map(|once| (used(self.method, once), once.until));
        let shown = proven.auth.clone().map(serde_json::Value::Object);
        let checked_against = self.method.updated_at;
        let result =
            ProofResult { verdict, why, checked_against, counted, counts: self.is_guess, once, shown };
        (result, proven)
    }
}

/// Under which hash a proof is remembered as used.
fn used(method: &AuthMethod, once: &Once) -> String {
    hex::encode(fingerprint(&format!("{} {}", method.id, once.id)))
}

/// Checks a proof against each source until one accepts it. A name that is locked at one of them is tried at none.
async fn check_all<'s>(
    cx: &Cx,
    identity: IdentityId,
    sources: &'s [LoginSource],
    counted: Option<&str>,
    proof: &dyn Presented,
) -> ApiResult<Checked<'s>> {
    if let Some(name) = counted {
        for LoginSource { method, .. } in sources {
            if cx.app.store.is_locked(method, name, cx.meta.ip, cx.now()).await? {
                let refusal = Refusal::new(Reason::Credentials, "locked before the proof was looked at");
                return Ok(Checked { method, verdict: Err(refusal), is_guess: false });
            }
        }
    }
    let mut nearest: Option<(usize, &'s AuthMethod, Refusal)> = None;
    let mut is_guess = false;
    for source in sources {
        let method = &source.method;
        let (rank, refusal) = match check(cx, identity, source, proof).await {
            Ok(proven) => return Ok(Checked { method, verdict: Ok(proven), is_guess: false }),
            Err(miss) => miss,
        };
        is_guess |= refusal.reason == Reason::Credentials;
        if nearest.as_ref().is_none_or(|(best, ..)| rank > *best) {
            nearest = Some((rank, method, refusal));
        }
    }
    let (_, method, refusal) = nearest.ok_or_else(|| ApiError::internal("a method without sources"))?;
    Ok(Checked { method, verdict: Err(refusal), is_guess })
}

/// Checks a proof against one source. A miss comes with how near it was.
async fn check(
    cx: &Cx,
    identity: IdentityId,
    source: &LoginSource,
    proof: &dyn Presented,
) -> Result<Proven, (usize, Refusal)> {
    let context = cx.app.workshop.context(cx.now(), identity, cx.meta.certificates.chain());
    let ready = source.ready().map_err(|refusal| (0, refusal))?;
    proof.check(context, ready).await
}

fn attempt_of(cx: &Cx, method: &'static str, credential: Credential, proof: Option<ProofResult>) -> Attempt {
    Attempt {
        method,
        credential,
        proof,
        ip: cx.meta.ip,
        user_agent: cx.meta.user_agent.clone(),
        request_id: cx.meta.id.clone(),
        at: cx.now(),
    }
}
