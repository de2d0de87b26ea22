//! The workers, and the kill in the middle of their work.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::instance::Instance;
use crate::model::{Model, Proof};
use crate::operation::{Crowd, Operation};
use crate::wire::Client;
use crate::world::World;

/// How long the work up to the next kill may take.
const ROUND: Duration = Duration::from_mins(1);

/// So many answers before the kill the workers begin to do what the crowd does: enough that all of them are at it.
const GATHERING: usize = 48;

/// Somebody who does one operation after the other.
#[derive(Default)]
pub(crate) struct Worker {
    /// What must be there.
    pub(crate) model: Model,
    /// What was under way when the server was killed.
    pub(crate) under_way: Option<Operation>,
}

/// What the workers of one round share.
struct Round {
    client: Client,
    world: World,
    next: AtomicU64,
    answered: AtomicUsize,
    kill_at: usize,
    crowd: Option<Crowd>,
    killed: AtomicBool,
    instance: Mutex<Instance>,
}

/// Lets the workers work until `kill_at` operations have been answered in all: whoever gets that answer kills the
/// server at once, amid such a crowd. `next` is the number of the next operation.
pub(crate) async fn work_until_killed(
    instance: Instance,
    world: &World,
    workers: Vec<Worker>,
    next: u64,
    (kill_at, crowd): (usize, Option<Crowd>),
) -> (Vec<Worker>, u64) {
    let answered = workers.iter().map(|worker| worker.model.events.len()).sum();
    let round = Arc::new(Round {
        client: instance.client(),
        world: world.clone(),
        next: AtomicU64::new(next),
        answered: AtomicUsize::new(answered),
        kill_at,
        crowd,
        killed: AtomicBool::new(false),
        instance: Mutex::new(instance),
    });
    let tasks: JoinSet<Worker> = workers.into_iter().map(|worker| worker.work(Arc::clone(&round))).collect();
    let workers = timeout(ROUND, tasks.join_all()).await.expect("the workers get on with it");
    let round = Arc::into_inner(round).expect("all workers are done");
    round.instance.into_inner().unwrap().gone().await;
    (workers, round.next.into_inner())
}

impl Worker {
    async fn work(mut self, round: Arc<Round>) -> Self {
        loop {
            let number = round.next.fetch_add(1, Ordering::SeqCst);
            let crowd =
                round.crowd.filter(|_| round.answered.load(Ordering::SeqCst) + GATHERING >= round.kill_at);
            let operation = Operation::choose(number, &self.model, &round.world, crowd);
            let request = operation.request(&round.world);
            if let Ok(answer) = round.client.send(&operation.agent(), request).await {
                self.model.note(&operation, Proof::Answered(&answer));
            } else {
                assert!(round.killed.load(Ordering::SeqCst), "no answer to {operation:?}");
                self.under_way = Some(operation);
                return self;
            }
            if round.answered.fetch_add(1, Ordering::SeqCst) + 1 == round.kill_at {
                round.killed.store(true, Ordering::SeqCst);
                round.instance.lock().unwrap().kill();
            }
        }
    }
}
