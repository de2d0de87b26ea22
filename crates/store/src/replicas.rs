//! How replicas on one `PostgreSQL` hear of each other's changes before these are answered.
//!
//! Each change announces its topics by `NOTIFY` inside its transaction, so all replicas receive the
//! announcements in commit order. A replica may serve cached knowledge only under a *lease*: it has
//! received its own beat, sent at most [`LEASE`] ago, back from the database. A change is answered
//! when all replicas that may hold a lease have confirmed it, or when any lease from before the
//! commit has run out. A replica that hears nothing therefore serves nothing from its caches.
//!
//! `SQLite` has one server (the lock file sees to that), so nothing of this is needed there.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::engine::{Pools, Tx, args};
use crate::error::StoreResult;
use crate::topics::{Generations, Topic};

/// How long knowledge may be served from caches after the last proof that announcements arrive.
const LEASE: Duration = Duration::from_secs(2);
/// How often that proof is sought.
const BEAT: Duration = Duration::from_millis(500);
/// `PostgreSQL` refuses announcements of 8,000 bytes; more topics than fit are announced as "all".
const MOST_TOPICS: usize = 100;
const CHANNEL: &str = "vouchsafe";

#[derive(Deserialize, Serialize)]
enum Message {
    /// A replica is alive; `n` numbers its beats.
    Beat { from: Uuid, n: u64 },
    /// A change was committed. No topics: everything may have changed.
    Changed { from: Uuid, n: u64, topics: Option<Vec<Topic>> },
    /// `by` has applied change `n` of `to`.
    Applied { to: Uuid, n: u64, by: Uuid },
}

/// A change that waits for the other replicas.
pub(crate) struct Ticket {
    n: Option<u64>,
    announced: Instant,
}

#[derive(Clone, Default)]
pub(crate) struct Replicas {
    cluster: Option<Arc<Cluster>>,
}

struct Cluster {
    me: Uuid,
    generations: Arc<Generations>,
    started: Instant,
    /// When the latest own beat that came back was sent, in nanoseconds after `started`; 0: none came, or the
    /// connection broke since. Read by every request, so it takes no lock.
    heard_up_to: AtomicU64,
    state: Mutex<State>,
    /// Wakes those who wait for confirmations.
    moved: Notify,
}

#[derive(Default)]
struct State {
    next_change: u64,
    next_beat: u64,
    beats_sent: HashMap<u64, Instant>,
    /// When each other replica was last heard.
    peers: HashMap<Uuid, Instant>,
    /// Own changes in flight: whether our own announcement came back, and who has confirmed.
    waiting: HashMap<u64, (bool, HashSet<Uuid>)>,
}

impl Replicas {
    pub(crate) async fn start(pools: &Pools, generations: Arc<Generations>) -> StoreResult<Self> {
        let Pools::Postgres(pool) = pools else { return Ok(Self::default()) };
        let cluster = Arc::new(Cluster {
            me: Uuid::new_v4(),
            generations,
            started: Instant::now(),
            heard_up_to: AtomicU64::new(0),
            state: Mutex::default(),
            moved: Notify::new(),
        });
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        tokio::spawn(listen(Arc::downgrade(&cluster), listener, pool.clone()));
        tokio::spawn(beat(Arc::downgrade(&cluster), pool.clone()));
        Ok(Self { cluster: Some(cluster) })
    }

    pub(crate) fn lease_valid(&self) -> bool {
        let Some(cluster) = &self.cluster else { return true };
        let sent = cluster.heard_up_to.load(Ordering::Acquire);
        sent != 0 && cluster.started.elapsed() < Duration::from_nanos(sent) + LEASE
    }

    /// Announces the topics within the transaction; they are delivered if and when it commits.
    pub(crate) async fn announce(&self, tx: &mut Tx, topics: &[Topic]) -> StoreResult<Ticket> {
        let announced = Instant::now();
        let Some(cluster) = self.cluster.as_ref().filter(|_| !topics.is_empty()) else {
            return Ok(Ticket { n: None, announced });
        };
        let n = {
            let mut state = cluster.state();
            state.next_change += 1;
            let n = state.next_change;
            state.waiting.insert(n, (false, HashSet::new()));
            n
        };
        let listed = (topics.len() <= MOST_TOPICS).then(|| topics.to_vec());
        let text = encode(&Message::Changed { from: cluster.me, n, topics: listed });
        let sent = tx.conn().run("SELECT pg_notify($1, $2)", args![CHANNEL, text]).await;
        if let Err(error) = sent {
            cluster.state().waiting.remove(&n);
            return Err(error);
        }
        Ok(Ticket { n: Some(n), announced })
    }

    /// Answers when every other replica has applied the committed change, or can no longer hold a
    /// lease from before it.
    pub(crate) async fn settled(&self, ticket: Ticket) {
        let (Some(cluster), Some(n)) = (&self.cluster, ticket.n) else { return };
        let latest = Instant::now() + LEASE;
        loop {
            let moved = cluster.moved.notified();
            if cluster.is_settled(n, ticket.announced) {
                break;
            }
            if tokio::time::timeout_at(latest.into(), moved).await.is_err() {
                break;
            }
        }
        cluster.state().waiting.remove(&n);
    }
}

impl Cluster {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_settled(&self, n: u64, announced: Instant) -> bool {
        let state = self.state();
        // A peer is waited for if it was alive within a lease before the change was announced.
        let since = announced.checked_sub(LEASE + BEAT).unwrap_or(announced);
        state.waiting.get(&n).is_none_or(|(echoed, confirmed)| {
            *echoed && state.peers.iter().all(|(peer, seen)| confirmed.contains(peer) || *seen < since)
        })
    }

    /// Applies a message; answers one to send, if any.
    fn receive(&self, message: Message) -> Option<Message> {
        match message {
            Message::Beat { from, n } if from == self.me => {
                let mut state = self.state();
                if let Some(sent) = state.beats_sent.remove(&n) {
                    let after = sent.saturating_duration_since(self.started).as_nanos();
                    self.heard_up_to.fetch_max(u64::try_from(after).unwrap_or(0), Ordering::AcqRel);
                    state.beats_sent.retain(|_, at| *at > sent);
                }
                state.peers.retain(|_, seen| seen.elapsed() < 10 * LEASE);
                None
            }
            Message::Beat { from, .. } => {
                self.state().peers.insert(from, Instant::now());
                None
            }
            Message::Changed { from, n, .. } if from == self.me => {
                if let Some((echoed, _)) = self.state().waiting.get_mut(&n) {
                    *echoed = true;
                }
                self.moved.notify_waiters();
                None
            }
            Message::Changed { from, n, topics } => {
                match topics {
                    Some(topics) => self.generations.raise(&topics),
                    None => self.generations.raise_all(),
                }
                Some(Message::Applied { to: from, n, by: self.me })
            }
            Message::Applied { to, n, by } if to == self.me => {
                if let Some((_, confirmed)) = self.state().waiting.get_mut(&n) {
                    confirmed.insert(by);
                }
                self.moved.notify_waiters();
                None
            }
            Message::Applied { .. } => None,
        }
    }

    /// After a broken connection nothing that was cached can be trusted.
    fn lost(&self) {
        self.heard_up_to.store(0, Ordering::Release);
        self.generations.raise_all();
    }
}

fn encode(message: &Message) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

async fn notify(pool: &PgPool, message: &Message) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(encode(message))
        .execute(pool)
        .await
        .map(|_| ())
}

/// Receives announcements until the store is gone.
async fn listen(cluster: std::sync::Weak<Cluster>, mut listener: PgListener, pool: PgPool) {
    loop {
        let received = listener.try_recv().await;
        let Some(cluster) = cluster.upgrade() else { return };
        match received {
            Ok(Some(notification)) => match serde_json::from_str::<Message>(notification.payload()) {
                Ok(message) => {
                    if let Some(answer) = cluster.receive(message) {
                        // Not confirmed in time: the other side waits for the lease to run out.
                        let _ = notify(&pool, &answer).await;
                    }
                }
                // Another version of this program may speak differently: assume the worst.
                Err(_) => cluster.generations.raise_all(),
            },
            Ok(None) => cluster.lost(),
            Err(error) => {
                cluster.lost();
                tracing::warn!(%error, "the connection that carries other replicas' changes is broken; retrying");
                if pool.is_closed() {
                    return;
                }
                tokio::time::sleep(BEAT).await;
            }
        }
    }
}

/// Sends beats until the store is gone.
async fn beat(cluster: std::sync::Weak<Cluster>, pool: PgPool) {
    loop {
        let Some(cluster) = cluster.upgrade() else { return };
        let (from, n) = {
            let mut state = cluster.state();
            state.next_beat += 1;
            let n = state.next_beat;
            state.beats_sent.insert(n, Instant::now());
            (cluster.me, n)
        };
        drop(cluster);
        let sent = tokio::time::timeout(LEASE, notify(&pool, &Message::Beat { from, n })).await;
        if pool.is_closed() {
            return;
        }
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!("a beat to the other replicas could not be sent");
        }
        tokio::time::sleep(BEAT).await;
    }
}
