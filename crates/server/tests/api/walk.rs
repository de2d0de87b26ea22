//! A random walk: whatever is called in whatever order, nobody ends with more than those who made it so could do.
//!
//! After every call that succeeded, for everybody in it: what they can do now and could not do before, whoever made the
//! call could do (what is given). And who gets a credential of somebody (a token, a client secret, a login) holds all
//! that this one holds (what is taken over). By induction a token does nothing that its maker could not do, unless a
//! grant by somebody stronger says so. What somebody can do is worked out apart from the server's checks: the grants are
//! read from the database, and a fixed list of requests is decided one by one; the exact boundary is asked as well, and
//! at the end some requests are really made.

mod call;
mod cast;
mod measure;

use rand::SeedableRng;
use rand::rngs::StdRng;
use vouchsafe_testkit::{TestServer, both};

use call::Call;
use cast::Cast;
use measure::Requests;

both!(nobody_walks_beyond_what_they_hold);

/// How many walks, and of how many calls each.
const WALKS: u64 = 8;
const CALLS: usize = 100;

async fn nobody_walks_beyond_what_they_hold(server: TestServer) {
    let requests = Requests::new();
    let (mut succeeded, mut refused, mut given, mut taken) = (0, 0, 0, 0);
    for seed in 0..WALKS {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut cast = Cast::assemble(&server, seed).await;
        let mut told: Vec<String> = Vec::new();
        let mut known = cast.measure(&server, &requests).await;
        for _ in 0..CALLS {
            let actor = cast.somebody(&mut dice).clone();
            let call = Call::random(&mut dice, &cast);
            let mine = known[&actor.id].clone();
            let outcome = call.make(&server, &mut cast, &actor).await;
            told.push(format!("{} {call:?}: {}", actor.id, outcome.status));
            assert!(outcome.status < 500, "seed {seed}: {}", told.join("\n"));
            if outcome.time_passed {
                known = cast.measure(&server, &requests).await;
            }
            if outcome.status != 200 {
                refused += 1;
                continue;
            }
            succeeded += 1;
            let before = known;
            known = cast.measure(&server, &requests).await;
            for (who, can) in &known {
                let gained = can.without(before.get(who));
                given += usize::from(!gained.is_empty());
                let beyond = gained.beyond(&mine);
                assert!(
                    beyond.is_empty(),
                    "seed {seed}: {who} gained {} by a call of {}, who could not do it:\n{}",
                    requests.in_words(&beyond),
                    actor.id,
                    told.join("\n")
                );
            }
            if let Some(whose) = outcome.credential_of.filter(|whose| *whose != actor.id) {
                taken += 1;
                let beyond = known[&whose].beyond(&mine);
                assert!(
                    beyond.is_empty(),
                    "seed {seed}: {} got a credential of {whose}, who can {}:\n{}",
                    actor.id,
                    requests.in_words(&beyond),
                    told.join("\n")
                );
                requests.assert_within(&server, &cast.project, (&actor.id, &whose), &told).await;
            }
        }
        cast.assert_that_routes_agree(&server, &requests).await;
    }
    // A walk in which nothing happens shows nothing.
    assert!(succeeded > 100 && refused > 100, "{succeeded} calls succeeded, {refused} were refused");
    assert!(given > 25 && taken > 10, "{given} grants gave something, {taken} credentials were taken");
}
