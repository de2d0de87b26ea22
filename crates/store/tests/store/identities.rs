//! Lists of identities: the same order and the same matches on both databases.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{Identity, IdentityFilter, IdentityMatch, IdentityOrder, Page};
use vouchsafe_testkit::{Engine, START};

use crate::fixture::{Fixture, attempt, both, new_identity};

both!(lists_are_ordered_by_bytes_and_paged, those_that_never_logged_in_come_last);

const NAMES: [&str; 20] = [
    "app",
    "App",
    "APP",
    "apple",
    "äpfel",
    "Äpfel",
    "zebra",
    "Zebra",
    "a_b",
    "a-b",
    "a b",
    "a%b",
    "100%",
    "!a",
    "a!%b",
    "ünder_score",
    "10",
    "9",
    "日本",
    "app",
];

async fn names(here: &Fixture, filter: &IdentityFilter, order: IdentityOrder, page: Page) -> Vec<String> {
    let (found, _) = here.store.identities(here.org, filter, order, page).await.unwrap();
    found.into_iter().map(|identity| identity.name).collect()
}

fn page(limit: i64, offset: i64, descending: bool) -> Page {
    Page { limit, offset, descending }
}

async fn make(here: &Fixture, names: impl IntoIterator<Item = (&str, &str)>) {
    let mut change = here.change().await;
    for (name, role) in names {
        change.insert_identity(&new_identity(here.org, name, role)).await.unwrap();
    }
    change.commit().await.unwrap();
}

async fn lists_are_ordered_by_bytes_and_paged(here: Fixture) {
    let roles = ["member", "admin", "no-access"];
    make(&here, NAMES.iter().enumerate().map(|(n, name)| (*name, roles[n % 3]))).await;
    let all = IdentityFilter::default();
    let mut sorted: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    sorted.sort();
    assert_eq!(names(&here, &all, IdentityOrder::Name, page(100, 0, false)).await, sorted);
    sorted.reverse();
    assert_eq!(names(&here, &all, IdentityOrder::Name, page(100, 0, true)).await, sorted);

    for order in [IdentityOrder::Name, IdentityOrder::Role, IdentityOrder::LastLogin] {
        for descending in [false, true] {
            let list = async |limit, offset| {
                here.store.identities(here.org, &all, order, page(limit, offset, descending)).await.unwrap()
            };
            let (whole, total) = list(100, 0).await;
            assert_eq!((whole.len(), total), (20, 20));
            let mut paged = Vec::new();
            for offset in (0..21).step_by(3) {
                let (found, total) = list(3, offset).await;
                assert_eq!(total, 20);
                paged.extend(found);
            }
            let ids = |list: &[Identity]| list.iter().map(|one| one.id).collect::<Vec<_>>();
            assert_eq!(ids(&paged), ids(&whole), "{order:?}, {descending}");
            if order == IdentityOrder::Role {
                let roles: Vec<_> = whole.iter().map(|one| one.role.as_str()).collect();
                let sorted = roles.is_sorted_by(|a, b| if descending { a >= b } else { a <= b });
                assert!(sorted, "{roles:?}");
            }
        }
    }
}

async fn those_that_never_logged_in_come_last(here: Fixture) {
    make(&here, [("never", "member"), ("Never too", "member")]).await;
    let lockout = vouchsafe_domain::lockout::LockoutSettings::default();
    for (name, at) in [("second", 20), ("first", 10), ("third", 30)] {
        let method = here.universal_auth(&lockout).await;
        let (_, credential) = here.client_secret(&method, 0, 0).await;
        let mut change = here.change().await;
        change.update_identity(method.identity_id, name, false).await.unwrap();
        change.commit().await.unwrap();
        let at: Timestamp = START.plus_seconds(at);
        here.store.login(attempt(&credential, "192.0.2.1", at)).await.unwrap().unwrap();
        // A login with an earlier time does not take the last one back.
        let earlier = at.plus_seconds(-15);
        here.store.login(attempt(&credential, "192.0.2.1", earlier)).await.unwrap().unwrap();
    }
    here.store.settle_logins().await;
    let all = IdentityFilter::default();
    let order = IdentityOrder::LastLogin;
    let up = names(&here, &all, order, page(10, 0, false)).await;
    assert_eq!(up, ["first", "second", "third", "Never too", "never"]);
    let down = names(&here, &all, order, page(10, 0, true)).await;
    assert_eq!(down, ["third", "second", "first", "Never too", "never"]);
}

/// Few letters, so that needles are found, and all that has a meaning in a pattern.
fn text() -> impl Strategy<Value = String> {
    let letters =
        vec!['a', 'A', 'b', 'é', 'É', 'ß', '%', '_', '!', '\\', '\'', '"', ' ', '*', '?', '[', '日'];
    prop::collection::vec(prop::sample::select(letters), 1..5)
        .prop_map(|letters| letters.into_iter().collect())
}

fn matches(one: &IdentityMatch, name: &str, role: &str) -> bool {
    let within = |list: &Option<Vec<String>>, text: &str| {
        list.as_ref().is_none_or(|list| list.iter().any(|one| one == text))
    };
    let contains = |needle: &Option<String>, text: &str| {
        let lower = |text: &str| text.to_ascii_lowercase();
        needle.as_ref().is_none_or(|needle| lower(text).contains(&lower(needle)))
    };
    within(&one.name_in, name)
        && within(&one.role_in, role)
        && contains(&one.name_contains, name)
        && contains(&one.role_contains, role)
}

fn condition() -> impl Strategy<Value = IdentityMatch> {
    let role = prop::sample::select(vec!["admin", "member", "MEM", "-", "_"]).prop_map(str::to_owned);
    (
        prop::option::weighted(0.2, prop::collection::vec(text(), 0..4)),
        prop::option::weighted(0.8, text()),
        prop::option::weighted(0.2, prop::collection::vec(role.clone(), 0..3)),
        prop::option::weighted(0.2, role),
    )
        .prop_map(|(name_in, name_contains, role_in, role_contains)| IdentityMatch {
            name_in,
            name_contains,
            role_in,
            role_contains,
        })
}

/// Against a search written in Rust.
#[test]
fn a_search_finds_what_it_says_on_both_databases() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let tree =
        prop::collection::vec((text(), prop::sample::select(vec!["admin", "member", "no-access"])), 60);
    let people: Vec<(String, &str)> = tree.new_tree(&mut runner).unwrap().current();
    let stores = runtime.block_on(async {
        let stores = [Fixture::new(Engine::Sqlite).await, Fixture::new(Engine::Postgres).await];
        for here in &stores {
            make(here, people.iter().map(|(name, role)| (name.as_str(), *role))).await;
        }
        stores
    });
    let searches = (prop::collection::vec(condition(), 0..3), any::<bool>());
    let checked = runner.run(&searches, |(any, descending)| {
        let found = |name: &str, role: &str| any.is_empty() || any.iter().any(|one| matches(one, name, role));
        let mut expected: Vec<_> =
            people.iter().filter(|(name, role)| found(name, role)).map(|(name, _)| name.clone()).collect();
        expected.sort();
        if descending {
            expected.reverse();
        }
        let filter = IdentityFilter { any: any.clone(), ..IdentityFilter::default() };
        for here in &stores {
            let list = names(here, &filter, IdentityOrder::Name, page(100, 0, descending));
            prop_assert_eq!(runtime.block_on(list), expected.clone(), "{}", here.store.engine());
        }
        Ok(())
    });
    checked.unwrap();
}
