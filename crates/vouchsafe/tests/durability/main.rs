//! `kill -9` in the middle of 2,000 mixed changes and logins.
//!
//! The real binary serves 16 workers that create, change, delete, log in and revoke. Three times it is killed while
//! requests are under way, and started again on the same database. Then everything that was answered must be there,
//! everything that was revoked must be refused, and of what was under way each piece is there whole (the audit log
//! says so, and the change is there) or not at all.
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
use work::{Worker, work_until_killed};
use world::World;

/// The server is killed when so many operations have been answered.
const KILLS: [usize; 3] = [1_000, 1_500, 2_000];
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
    for kill_at in KILLS {
        (workers, next) = work_until_killed(&mut instance, &world, workers, next, kill_at).await;
        place.wait_until_unused().await;
        instance = place.start().await;
        let found = check::all(&instance.client(), &world, &mut workers).await;
        eprintln!("{engine:?}, {:?}: killed after {kill_at} answers; {found}", began.elapsed());
    }
    instance.kill().await;
    place.check_rows().await;
}
