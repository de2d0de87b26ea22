//! Logins. Each is decided and recorded in one durable commit that it shares with the logins beside
//! it (group commit): while one batch is being committed, the next one gathers. No login waits for a
//! lock held by another, and lockouts and use limits are exact, because a batch decides its attempts
//! one after the other inside of its transaction.

mod batch;
mod fold;
mod known;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use vouchsafe_domain::id::{AuthMethodId, ClientSecretId, IdentityId, OrgId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;

use crate::Store;
use crate::engine::{Line, Pools};
use crate::error::{StoreError, StoreResult};
use fold::Pending;
pub(crate) use known::Known;

/// Most attempts in one batch.
const BATCH: usize = 256;
/// Most attempts that wait for a batch; further ones wait to be queued.
const QUEUE: usize = 4096;
/// How often the uses of secrets without a limit and the last logins are written. They are shown to
/// people only, so they may lag by this much, and the last ones are lost when the process is killed;
/// the audit log has every login.
pub(crate) const FOLD_EVERY: Duration = Duration::from_secs(2);

/// A client id and a client secret.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ClientCredential {
    /// What names the auth method.
    pub client_id: String,
    /// Keyed hash of the secret that was presented.
    pub secret_hash: [u8; 32],
}

/// What was presented.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Credential {
    /// A client secret, which is looked up here.
    Client(ClientCredential),
    /// A proof for this auth method, which was checked before; see [`Attempt::proof`].
    Proof(AuthMethodId),
    /// A proof for an auth method that does not exist.
    Nobody,
}

/// What became of the check of a proof.
#[derive(Clone, Debug)]
pub struct ProofResult {
    /// Whether it is good; else the stable code of the reason.
    pub verdict: Result<(), &'static str>,
    /// Why it is not, for administrators; no secret.
    pub why: Option<String>,
    /// When the auth method that it was checked against was last changed: it must not have changed since.
    pub checked_against: Timestamp,
    /// Whose failures are counted, below the method; none: nobody's.
    pub counted: Option<String>,
    /// Whether this failure counts: it was a wrong password and no trouble with the directory.
    pub counts: bool,
    /// The hash of a proof that may be used once, and until when it is remembered.
    pub once: Option<(String, Timestamp)>,
    /// What the proof showed, as JSON, for the audit log; no secret.
    pub shown: Option<serde_json::Value>,
}

/// A login attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// By which method, such as `universal-auth`.
    pub method: &'static str,
    /// What was presented.
    pub credential: Credential,
    /// What became of its check, if that came before.
    pub proof: Option<ProofResult>,
    /// From where.
    pub ip: IpAddr,
    /// The client's `User-Agent`, shortened.
    pub user_agent: String,
    /// Id of the request.
    pub request_id: String,
    /// When.
    pub at: Timestamp,
}

/// A login that was granted and recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Login {
    /// Who.
    pub identity_id: IdentityId,
    /// Its name.
    pub identity_name: String,
    /// Its organization.
    pub org_id: OrgId,
    /// Slug of its organization.
    pub org_slug: String,
    /// Tokens of earlier epochs are revoked.
    pub token_epoch: i64,
    /// The attached method.
    pub method_id: AuthMethodId,
    /// Which method.
    pub method: String,
    /// What the token is like.
    pub tokens: TokenSettings,
    /// The client secret that was used, if one was.
    pub client_secret_id: Option<ClientSecretId>,
}

/// Why a login was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Unknown client id; wrong, expired or revoked secret.
    Credentials,
    /// Too many failures; refused without looking at the secret.
    Locked,
    /// The address is not among those trusted to log in.
    Network,
    /// The secret's logins are used up.
    UsedUp,
    /// The identity's membership in its organization is inactive.
    Inactive,
    /// The proof is not good; the code says why.
    Proof(&'static str),
    /// The proof was used before.
    Replayed,
    /// The auth method was changed while the proof was checked; trying again is right.
    Changed,
}

impl Refusal {
    /// The stable code that audit events and metrics carry.
    pub fn code(self) -> &'static str {
        match self {
            Self::Credentials => "invalid-credentials",
            Self::Locked => "locked",
            Self::Network => "untrusted-network",
            Self::UsedUp => "client-secret-used-up",
            Self::Inactive => "inactive-membership",
            Self::Proof(code) => code,
            Self::Replayed => "replayed",
            Self::Changed => "method-changed",
        }
    }
}

type Answer = StoreResult<Result<Arc<Login>, Refusal>>;

/// An attempt and where its answer goes.
pub(crate) struct Waiting {
    attempt: Attempt,
    answer: oneshot::Sender<Answer>,
}

enum Order {
    Decide(Box<Waiting>),
    /// Write what is pending now.
    Fold(oneshot::Sender<()>),
}

/// The queue in front of the batches.
#[derive(Clone)]
pub(crate) struct Logins {
    queue: mpsc::Sender<Order>,
    known: Known,
}

impl Logins {
    pub(crate) fn start(pools: Pools, known: Known) -> Self {
        let (queue, orders) = mpsc::channel(QUEUE);
        tokio::spawn(work(pools, known.clone(), orders));
        Self { queue, known }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store is closing".to_owned())
}

impl Store {
    /// Decides a login. When this answers, the decision is durable: a granted login with its audit
    /// event and use count, a refused one with its audit event and failure count.
    pub async fn login(&self, attempt: Attempt) -> Answer {
        let (answer, decided) = oneshot::channel();
        let order = Order::Decide(Box::new(Waiting { attempt, answer }));
        self.logins().queue.send(order).await.map_err(|_| stopped())?;
        decided.await.map_err(|_| stopped())?
    }

    /// What [`Store::login`] will probably grant this attempt, if its credential is known. It grants nothing yet: a lock
    /// or a change may come before it.
    pub fn expected_login(&self, attempt: &Attempt) -> Option<Arc<Login>> {
        let is_good = attempt.proof.as_ref().is_none_or(|proof| proof.verdict.is_ok());
        let found = is_good.then(|| self.logins().known.get(&attempt.credential, attempt.at))??;
        Some(found.login())
    }

    /// Writes uses and last logins that are only counted so far, so that a read shows them.
    pub async fn settle_logins(&self) {
        let (done, settled) = oneshot::channel();
        if self.logins().queue.send(Order::Fold(done)).await.is_ok() {
            // Not written in time is no error: what is shown lags a little more.
            let _ = settled.await;
        }
    }
}

async fn work(pools: Pools, known: Known, mut orders: mpsc::Receiver<Order>) {
    let mut pending = Pending::default();
    let mut line = Line::new(pools.clone());
    loop {
        if orders.is_empty() {
            line.release();
        }
        let first = if pending.is_empty() {
            orders.recv().await
        } else if let Ok(order) = tokio::time::timeout(FOLD_EVERY, orders.recv()).await {
            order
        } else {
            fold(&pools, &mut pending).await;
            continue;
        };
        let Some(first) = first else { break };
        // Whoever is about to ask comes along: a commit costs about the same for many as for one.
        tokio::task::yield_now().await;
        let (mut batch, mut settle) = (Vec::new(), Vec::new());
        sort(first, &mut batch, &mut settle);
        while batch.len() < BATCH {
            let Ok(order) = orders.try_recv() else { break };
            sort(order, &mut batch, &mut settle);
        }
        if !batch.is_empty() {
            decide(&mut line, &known, batch, &mut pending).await;
        }
        if !settle.is_empty() || pending.is_due() {
            fold(&pools, &mut pending).await;
            for done in settle {
                let _ = done.send(());
            }
        }
    }
    fold(&pools, &mut pending).await;
}

fn sort(order: Order, batch: &mut Vec<Waiting>, settle: &mut Vec<oneshot::Sender<()>>) {
    match order {
        Order::Decide(waiting) => batch.push(*waiting),
        Order::Fold(done) => settle.push(done),
    }
}

async fn decide(line: &mut Line, known: &Known, batch: Vec<Waiting>, pending: &mut Pending) {
    let (attempts, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|w| (w.attempt, w.answer)).unzip();
    let mut decided = batch::commit(line, known, &attempts).await;
    if matches!(decided, Err(StoreError::Collision)) {
        decided = batch::commit(line, known, &attempts).await;
    }
    match decided {
        Ok(outcomes) => {
            for ((outcome, attempt), answer) in outcomes.into_iter().zip(&attempts).zip(answers) {
                if let Ok(login) = &outcome.result {
                    pending.note(login, outcome.counts_use, attempt.at);
                }
                let _ = answer.send(Ok(outcome.result));
            }
        }
        Err(error) => {
            for answer in answers {
                let _ = answer.send(Err(error.again()));
            }
        }
    }
}

async fn fold(pools: &Pools, pending: &mut Pending) {
    if let Err(error) = pending.write(pools).await {
        tracing::warn!(%error, "last logins could not be written; trying again with the next");
    }
}
