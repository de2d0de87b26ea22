//! `kill -9` in the middle of 2,000 mixed changes and logins.
//!
//! The real binary serves 16 workers that create, change, delete, log in and revoke. Ten times it is killed while
//! requests are under way, at the moment when one of them was answered, and started again on the same database. Most
//! times all workers make the same kind of change just then, so that none of them can be made in two pieces unnoticed.
//! Then everything that was answered must be there, everything that was revoked must be refused, and of what was under
//! way each piece is there whole (the audit log says so, and the change is there) or not at all.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod check;
mod instance;
mod model;
mod operation;
mod wire;
mod work;
mod world;

use std::time::{Duration, Instant};

use vouchsafe_testkit::Engine;

use instance::Place;
use operation::Crowd;
use work::{Worker, work_until_killed};
use world::World;

const OPERATIONS: usize = 2_000;
/// The server is killed whenever so many more operations have been answered.
const KILL_EVERY: usize = 200;
/// At every which kill each single thing is asked for; after the others, the audit log and the lists.
const FULL_CHECK_EVERY: usize = 5;
/// What happens when the server is killed, in turn; of every kind at least once on each database.
const CROWDS: [Option<Crowd>; 5] =
    [Some(Crowd::Identities), None, Some(Crowd::Batches), Some(Crowd::Updates), Some(Crowd::Logins)];
const WORKERS: usize = 16;
/// Everything takes a few seconds; a machine that is busy with other things may need longer.
const PATIENCE: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kill_9_on_sqlite() {
    within_patience(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kill_9_on_postgres() {
    within_patience(Engine::Postgres).await;
}

async fn within_patience(engine: Engine) {
    tokio::time::timeout(PATIENCE, survives(engine)).await.expect("the test takes too long");
}

async fn survives(engine: Engine) {
    let began = Instant::now();
    let place = Place::new(engine).await;
    let mut instance = place.start().await;
    let world = World::found(&instance.client()).await;
    let mut workers: Vec<Worker> = (0..WORKERS).map(|_| Worker::default()).collect();
    let mut next = 0;
    for kill in 1..=OPERATIONS / KILL_EVERY {
        let amid = (kill * KILL_EVERY, CROWDS[kill % CROWDS.len()]);
        (workers, next) = work_until_killed(instance, &world, workers, next, amid).await;
        place.wait_until_unused().await;
        instance = place.start().await;
        let client = instance.client();
        let mut found = check::settle(&client, &world, &mut workers).await;
        place.check_rows().await;
        if kill % FULL_CHECK_EVERY == 0 {
            found.push_str(&check::each(&client, &world, &workers).await);
        }
        eprintln!("{engine:?}, {:.1?}, amid {:?}: {found}", began.elapsed(), amid.1);
    }
}
