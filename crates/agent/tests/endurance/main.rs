//! The agent through 72 hours with a fault every minute, in about a minute of real time.
//!
//! The server and its database are real, the network between is the loopback with a proxy that makes faults, the disk
//! is a small one that really runs full (if this machine lets the test mount one). Only the time is simulated: the
//! agent's ticker and the server's clock are moved from one thing that is due to the next.
//!
//! At each step: files are whole, nothing temporary is left, no two logins or renewals and no two failing tries are
//! within a second. After each fault: what is rendered is fresh again within the time between two looks, or within what
//! the server asked for; after a refused login, within the five minutes that a login may stay locked.
#![allow(clippy::disallowed_methods, reason = "tests call their own servers")]
#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(clippy::print_stdout, reason = "what came is shown with --nocapture")]

mod disk;
mod proxy;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use proxy::Fault;
use world::World;

/// How long the agent waits for an answer; real time.
const TIME_LIMIT: Duration = Duration::from_millis(250);
/// How often the agent looks for changed secrets.
const POLL: Duration = Duration::from_secs(23);
/// How long it may take after the login was refused.
const REFUSED: Duration = Duration::from_secs(5 * 60 + 35);
const MINUTE: Duration = Duration::from_mins(1);
const HOURS: u64 = 72;

/// What happens in one minute.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Kind {
    Refused,
    Closed,
    Slow,
    HalfOpen,
    CutOff,
    Rejected,
    TokenError,
    Forbidden,
    LoginRefused,
    TooMany,
    Storm,
    ClockJump,
    Rotated,
    Revoked,
    DiskFull,
    Reload,
}

/// Each kind with how many of a thousand minutes it takes. Those that cost real time are rare.
const KINDS: [(Kind, u64); 16] = [
    (Kind::Refused, 100),
    (Kind::Closed, 100),
    (Kind::Slow, 2),
    (Kind::HalfOpen, 2),
    (Kind::CutOff, 90),
    (Kind::Rejected, 90),
    (Kind::TokenError, 90),
    (Kind::Forbidden, 80),
    (Kind::LoginRefused, 6),
    (Kind::TooMany, 90),
    (Kind::Storm, 118),
    (Kind::ClockJump, 60),
    (Kind::Rotated, 22),
    (Kind::Revoked, 50),
    (Kind::DiskFull, 80),
    (Kind::Reload, 20),
];

fn kind(pick: u64) -> Kind {
    let mut left = pick;
    for (kind, share) in KINDS {
        if left < share {
            return kind;
        }
        left -= share;
    }
    unreachable!("shares add up to a thousand")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seventy_two_hours_with_a_fault_every_minute() {
    let seed = std::env::var("VOUCHSAFE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(72);
    let mut world = World::new(seed).await;
    world.pass(MINUTE).await;
    assert!(world.agent.is_ready() && world.is_fresh());
    let (mut kinds, mut checked) = (BTreeMap::<Kind, u64>::new(), 0_u64);
    let mut excused_until = world.now();
    for minute in 0..HOURS * 60 {
        let begin = world.now();
        let kind = kind(world.pick(1000));
        *kinds.entry(kind).or_default() += 1;
        if world.pick(3) == 0 {
            world.change_secret().await;
        }
        let wait = Duration::from_millis(world.pick(8000));
        world.pass(wait).await;
        let excuse = happen(&mut world, kind).await;
        if let Some(excuse) = excuse {
            excused_until = excused_until.max(world.now().plus(excuse));
        }
        let rest = MINUTE.saturating_sub(begin.until(world.now()));
        world.pass(rest).await;
        if world.now() >= excused_until {
            checked += 1;
            assert!(world.is_fresh(), "not fresh in minute {minute} after {kind:?} (seed {seed})");
        }
    }
    println!(
        "{kinds:?}; fresh in {checked} of {} minutes; {} requests; real disk: {}",
        HOURS * 60,
        world.requests,
        world.disk.is_real()
    );
    assert_eq!(kinds.len(), KINDS.len(), "each kind of fault came");
    assert!(checked > HOURS * 60 * 8 / 10, "most minutes were looked at: {checked}");
    // At last: everything works, and the agent revokes nothing that it was not told to.
    world.pass(REFUSED).await;
    assert!(world.is_fresh());
}

/// Makes it happen; it is over when this answers. Answers how long the file may stay old if that is longer than the
/// time between two looks.
async fn happen(world: &mut World, kind: Kind) -> Option<Duration> {
    let duration = Duration::from_millis(4000 + world.pick(22_000));
    match kind {
        Kind::Refused => world.fault(Fault::Refused, duration).await,
        Kind::Closed => world.fault(Fault::Closed, duration).await,
        Kind::Slow => world.fault(Fault::Slow, duration).await,
        Kind::HalfOpen => world.fault(Fault::HalfOpen, duration).await,
        Kind::CutOff => world.fault(Fault::CutOff, duration).await,
        Kind::Rejected => world.fault(Fault::Data(401, "Unauthorized"), duration).await,
        Kind::TokenError => world.fault(Fault::Data(403, "TokenError"), duration).await,
        Kind::Forbidden => world.fault(Fault::Data(403, "PermissionDenied"), duration).await,
        Kind::LoginRefused => {
            world.fault(Fault::All(401, "Unauthorized"), duration).await;
            return Some(REFUSED);
        }
        Kind::TooMany => {
            let seconds = 1 + world.pick(20);
            world.fault(Fault::TooMany(seconds), duration).await;
        }
        Kind::Storm => {
            let status = [500, 502, 503, 504][usize::try_from(world.pick(4)).unwrap()];
            let fault = if world.pick(2) == 0 { Fault::Gateway(status) } else { Fault::All(status, "Oops") };
            world.fault(fault, duration).await;
        }
        Kind::ClockJump => {
            world.skew = [-300_000, 0, 300_000][usize::try_from(world.pick(3)).unwrap()];
            world.settle_clock();
            world.pass(duration).await;
        }
        Kind::Rotated => {
            let late = if world.pick(2) == 0 { Duration::ZERO } else { duration };
            world.rotate(late).await;
        }
        Kind::Revoked => world.revoke().await,
        Kind::DiskFull => {
            world.disk.fill();
            world.change_secret().await;
            world.pass(duration).await;
            world.disk.clear();
        }
        Kind::Reload => {
            let is_good = world.pick(2) == 0;
            world.reload(is_good);
        }
    }
    None
}
