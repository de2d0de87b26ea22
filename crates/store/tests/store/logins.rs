//! Logins: what is granted, what locks, what is counted, and what is left in the audit log.

use std::sync::Arc;

use futures_util::future::join_all;
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::{LockoutScope, LockoutSettings};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{
    AuditEvent, AuditFilter, AuthMethod, AuthMethodParts, ClientCredential, ClientSecret, Login, Refusal,
};
use vouchsafe_testkit::{START, execute};

use crate::fixture::{Fixture, attempt, both, credential};

both!(
    a_login_says_who_it_is_and_is_recorded,
    nobody_and_somebody_are_refused_alike,
    a_limited_secret_logs_in_so_often_and_no_more,
    of_parallel_logins_exactly_the_limit_is_granted,
    uses_without_a_limit_are_all_counted_in_the_end,
    the_threshold_locks_and_the_lock_ends,
    parallel_guesses_are_counted_exactly,
    a_success_forgets_the_failures,
    by_identity_a_lock_is_for_everyone_and_by_source_for_that_network,
    each_identity_locks_for_itself,
    an_expired_secret_neither_counts_nor_resets,
    an_expired_secret_of_a_locked_login_is_locked,
    a_revoked_secret_counts_as_wrong,
    switched_off_nothing_locks_and_a_lock_ends_at_once,
    a_cleared_lock_is_gone_with_its_failures,
    an_inactive_membership_is_refused_and_takes_no_use,
    an_untrusted_network_is_refused_before_the_secret_counts,
    a_lock_survives_a_restart,
    one_batch_decides_in_order,
    what_is_expected_of_a_login_is_what_is_true_now,
);

const HERE: &str = "192.0.2.1";

fn at(seconds: i64) -> Timestamp {
    START.plus_seconds(seconds)
}

impl Fixture {
    /// A login from the usual place; times are seconds after the start.
    async fn login(&self, credential: &ClientCredential, seconds: i64) -> Result<Arc<Login>, Refusal> {
        self.login_from(credential, HERE, seconds).await
    }

    async fn login_from(
        &self,
        credential: &ClientCredential,
        ip: &str,
        seconds: i64,
    ) -> Result<Arc<Login>, Refusal> {
        self.store.login(attempt(credential, ip, at(seconds))).await.unwrap()
    }

    async fn refusal(&self, credential: &ClientCredential, seconds: i64) -> Refusal {
        self.login(credential, seconds).await.unwrap_err()
    }

    /// This many failures at this second.
    async fn fail(&self, method: &AuthMethod, times: usize, seconds: i64) {
        for _ in 0..times {
            assert_eq!(self.refusal(&wrong(method), seconds).await, Refusal::Credentials);
        }
    }

    async fn uses(&self, method: &AuthMethod) -> i64 {
        self.store.settle_logins().await;
        self.store.client_secrets(method.id).await.unwrap().iter().map(|secret| secret.uses).sum()
    }

    /// The reasons of the failed logins in the audit log, the first one first.
    async fn reasons(&self) -> Vec<String> {
        let failed = "login-identity-universal-auth-failed".to_owned();
        let filter = AuditFilter { events: vec![failed], ..AuditFilter::default() };
        let found = self.store.audit_events(self.org, &filter, 1000, 0).await.unwrap();
        let reason = |event: &AuditEvent| event.detail["reason"].as_str().unwrap().to_owned();
        found.iter().rev().map(reason).collect()
    }
}

fn wrong(method: &AuthMethod) -> ClientCredential {
    credential(method, uuid::Uuid::new_v4())
}

/// Three failures within 30 s lock for 5 minutes.
fn by(scope: LockoutScope) -> LockoutSettings {
    LockoutSettings::new(true, 3, 300, 30, scope).unwrap()
}

fn off() -> LockoutSettings {
    LockoutSettings::new(false, 3, 300, 30, LockoutScope::Identity).unwrap()
}

async fn a_login_says_who_it_is_and_is_recorded(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (secret, credential) = here.client_secret(&method, 0, 0).await;
    let login = here.login(&credential, 5).await.unwrap();
    assert_eq!((login.identity_id, login.identity_name.as_str()), (method.identity_id, "app"));
    assert_eq!((login.org_id, login.org_slug.as_str()), (here.org, "acme"));
    assert_eq!((login.method_id, login.method.as_str()), (method.id, "universal-auth"));
    assert_eq!((login.client_secret_id, login.token_epoch), (Some(secret), 0));
    assert_eq!(login.tokens, method.tokens);

    let mut change = here.change().await;
    change.raise_token_epoch(method.identity_id).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(here.login(&credential, 6).await.unwrap().token_epoch, 1);

    let events = here.store.audit_events(here.org, &AuditFilter::default(), 10, 0).await.unwrap();
    let [last, first] = &events[..] else { panic!("{events:?}") };
    assert!(first.id < last.id);
    assert_eq!((first.event.as_str(), first.at), ("login-identity-universal-auth", at(5)));
    assert_eq!(
        (first.actor_type.as_str(), first.actor_id.clone()),
        ("identity", method.identity_id.to_string())
    );
    assert_eq!((first.ip.as_str(), first.user_agent.as_str()), (HERE, "test"));
    assert_eq!(first.detail["clientSecretId"], secret.to_string());
}

async fn nobody_and_somebody_are_refused_alike(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, credential) = here.client_secret(&method, 0, 0).await;
    let nobody = ClientCredential { client_id: "nobody".to_owned(), ..credential.clone() };
    assert_eq!(here.refusal(&nobody, 0).await, Refusal::Credentials);
    assert_eq!(here.refusal(&wrong(&method), 0).await, Refusal::Credentials);
    // The right secret of another identity is a wrong one here.
    let other = here.universal_auth(&LockoutSettings::default()).await;
    let (_, theirs) = here.client_secret(&other, 0, 0).await;
    let mixed = ClientCredential { secret_hash: theirs.secret_hash, ..credential.clone() };
    assert_eq!(here.refusal(&mixed, 0).await, Refusal::Credentials);
    here.login(&credential, 0).await.unwrap();
    assert_eq!(here.reasons().await, ["invalid-credentials", "invalid-credentials"]);
    // An unknown client id belongs to no organization, but is recorded too.
    assert_eq!(here.count("audit_events WHERE org_id = ''").await, 1);
}

async fn a_limited_secret_logs_in_so_often_and_no_more(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, two) = here.client_secret(&method, 2, 0).await;
    let (_, endless) = here.client_secret(&method, 0, 0).await;
    here.login(&two, 0).await.unwrap();
    here.login(&two, 1).await.unwrap();
    for _ in 0..5 {
        assert_eq!(here.refusal(&two, 2).await, Refusal::UsedUp);
    }
    assert_eq!(here.uses(&method).await, 2, "refused logins are no uses");
    // It was the right secret: five times no failure.
    here.login(&endless, 3).await.unwrap();
    assert_eq!(here.reasons().await, ["client-secret-used-up"; 5]);
}

async fn of_parallel_logins_exactly_the_limit_is_granted(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, limited) = here.client_secret(&method, 37, 0).await;
    let logins = join_all((0..300).map(|_| here.login(&limited, 0))).await;
    let granted = logins.iter().filter(|login| login.is_ok()).count();
    assert_eq!(granted, 37);
    assert!(
        logins.iter().all(|login| login.as_ref().err().is_none_or(|refusal| *refusal == Refusal::UsedUp))
    );
    assert_eq!(here.uses(&method).await, 37);
    let event = |kind: &str| format!("audit_events WHERE event = 'login-identity-universal-auth{kind}'");
    assert_eq!(here.count(&event("")).await, 37);
    assert_eq!(here.count(&event("-failed")).await, 263);
}

async fn uses_without_a_limit_are_all_counted_in_the_end(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, one) = here.client_secret(&method, 0, 0).await;
    let (_, other) = here.client_secret(&method, 1000, 0).await;
    join_all((0..60).map(|n| here.login(if n % 3 == 0 { &other } else { &one }, n))).await;
    let found = |secrets: Vec<ClientSecret>| {
        let mut uses: Vec<_> = secrets.iter().map(|secret| (secret.uses_limit, secret.uses)).collect();
        uses.sort_unstable();
        uses
    };
    here.store.settle_logins().await;
    assert_eq!(found(here.store.client_secrets(method.id).await.unwrap()), [(0, 40), (1000, 20)]);
    let identity = here.store.identity(here.org, method.identity_id).await.unwrap().unwrap();
    assert_eq!(identity.last_login_at, Some(at(59)));
    assert_eq!(identity.last_login_method.as_deref(), Some("universal-auth"));
}

async fn the_threshold_locks_and_the_lock_ends(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    let locked = async |seconds| here.store.active_lockouts(method.identity_id, at(seconds)).await.unwrap();
    here.fail(&method, 2, 0).await;
    assert!(locked(0).await.is_empty());
    here.fail(&method, 1, 10).await;
    assert_eq!(locked(10).await, ["universal-auth"]);
    assert_eq!(here.refusal(&right, 10).await, Refusal::Locked);
    assert_eq!(here.refusal(&wrong(&method), 309).await, Refusal::Locked);
    assert_eq!(here.refusal(&right, 309).await, Refusal::Locked);
    assert!(locked(310).await.is_empty());
    here.login(&right, 310).await.unwrap();
    let of = here.store.active_lockouts_of(&[method.identity_id], at(309)).await.unwrap();
    assert!(of.is_empty(), "the login after the lock has ended forgets it: {of:?}");
    // Failures too far apart do not add up.
    here.fail(&method, 2, 400).await;
    here.fail(&method, 2, 430).await;
    here.login(&right, 431).await.unwrap();
    let reasons = here.reasons().await;
    assert_eq!(reasons[..3], ["invalid-credentials"; 3]);
    assert_eq!(reasons[3..6], ["locked"; 3]);
}

async fn parallel_guesses_are_counted_exactly(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let guesses: Vec<_> = (0..300).map(|_| wrong(&method)).collect();
    let refusals = join_all(guesses.iter().map(|guess| here.refusal(guess, 0))).await;
    let looked_at = refusals.iter().filter(|refusal| **refusal == Refusal::Credentials).count();
    assert_eq!(looked_at, 3);
    assert_eq!(here.count("lockouts WHERE failures = 3 AND locked_until IS NOT NULL").await, 1);
}

async fn a_success_forgets_the_failures(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    for round in 0..3 {
        here.fail(&method, 2, round).await;
        here.login(&right, round).await.unwrap();
        assert_eq!(here.count("lockouts").await, 0);
    }
}

async fn by_identity_a_lock_is_for_everyone_and_by_source_for_that_network(here: Fixture) {
    let guess = async |method: &AuthMethod, ip| {
        for _ in 0..3 {
            here.login_from(&wrong(method), ip, 0).await.unwrap_err();
        }
    };
    let method = here.universal_auth(&by(LockoutScope::Identity)).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    guess(&method, "198.51.100.7").await;
    assert_eq!(here.refusal(&right, 1).await, Refusal::Locked);

    let method = here.universal_auth(&by(LockoutScope::Source)).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    guess(&method, "198.51.100.7").await;
    guess(&method, "2001:db8:0:1::7").await;
    for (ip, expected) in [
        (HERE, None),
        ("198.51.100.7", Some(Refusal::Locked)),
        ("2001:db8:0:1::7", Some(Refusal::Locked)),
        // Whoever has one address of a /64 has them all.
        ("2001:db8:0:1:ffff::1", Some(Refusal::Locked)),
        ("2001:db8:0:2::7", None),
    ] {
        assert_eq!(here.login_from(&right, ip, 1).await.err(), expected, "{ip}");
    }
    let subjects = format!("lockouts WHERE auth_method_id = '{}'", method.id);
    assert_eq!(here.count(&subjects).await, 2);
    // The identity is shown as locked, once.
    let shown = here.store.active_lockouts(method.identity_id, at(1)).await.unwrap();
    assert_eq!(shown, ["universal-auth"]);
}

async fn each_identity_locks_for_itself(here: Fixture) {
    let one = here.universal_auth(&LockoutSettings::default()).await;
    let other = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&other, 0, 0).await;
    here.fail(&one, 3, 0).await;
    here.login(&right, 0).await.unwrap();
    let both = [one.identity_id, other.identity_id];
    let locked = here.store.active_lockouts_of(&both, at(0)).await.unwrap();
    assert_eq!(locked.into_keys().collect::<Vec<_>>(), [one.identity_id]);
}

async fn an_expired_secret_neither_counts_nor_resets(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, short) = here.client_secret(&method, 0, 60).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    here.login(&short, 59).await.unwrap();
    for _ in 0..10 {
        assert_eq!(here.refusal(&short, 60).await, Refusal::Credentials);
    }
    // Ten times expired are no failure …
    here.login(&right, 60).await.unwrap();
    // … and no success either: the third failure locks.
    here.fail(&method, 2, 61).await;
    assert_eq!(here.refusal(&short, 62).await, Refusal::Credentials);
    here.fail(&method, 1, 63).await;
    assert_eq!(here.refusal(&right, 64).await, Refusal::Locked);
    assert_eq!(here.uses(&method).await, 2);
}

async fn an_expired_secret_of_a_locked_login_is_locked(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, short) = here.client_secret(&method, 0, 60).await;
    here.fail(&method, 3, 60).await;
    assert_eq!(here.refusal(&short, 61).await, Refusal::Locked);
}

async fn a_revoked_secret_counts_as_wrong(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (id, revoked) = here.client_secret(&method, 0, 0).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    here.login(&revoked, 0).await.unwrap();
    let mut change = here.change().await;
    change.revoke_client_secret(&method, id, at(1000)).await.unwrap();
    change.commit().await.unwrap();
    for _ in 0..3 {
        assert_eq!(here.refusal(&revoked, 1).await, Refusal::Credentials);
    }
    assert_eq!(here.refusal(&right, 2).await, Refusal::Locked);
}

async fn switched_off_nothing_locks_and_a_lock_ends_at_once(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    here.fail(&method, 3, 0).await;
    assert_eq!(here.refusal(&right, 0).await, Refusal::Locked);
    let set = async |lockout| {
        let mut change = here.change().await;
        change
            .update_auth_method(&method, &AuthMethodParts { lockout: &lockout, ..method.parts() })
            .await
            .unwrap();
        change.commit().await.unwrap();
    };
    set(off()).await;
    here.login(&right, 0).await.unwrap();
    here.fail(&method, 10, 0).await;
    here.login(&right, 0).await.unwrap();
    assert_eq!(here.count("lockouts").await, 0);
    // Switched on again it begins anew.
    set(LockoutSettings::default()).await;
    here.fail(&method, 2, 1).await;
    here.login(&right, 1).await.unwrap();
}

async fn a_cleared_lock_is_gone_with_its_failures(here: Fixture) {
    let method = here.universal_auth(&by(LockoutScope::Source)).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    here.fail(&method, 3, 0).await;
    here.login_from(&wrong(&method), "198.51.100.7", 0).await.unwrap_err();
    let other = here.universal_auth(&LockoutSettings::default()).await;
    here.fail(&other, 3, 0).await;
    let mut change = here.change().await;
    assert_eq!(change.clear_lockouts(method.id).await.unwrap(), 2);
    change.commit().await.unwrap();
    here.fail(&method, 2, 1).await;
    here.login(&right, 1).await.unwrap();
    assert_eq!(here.refusal(&wrong(&other), 1).await, Refusal::Locked, "another's stays");
}

async fn an_inactive_membership_is_refused_and_takes_no_use(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, limited) = here.client_secret(&method, 5, 0).await;
    let set = async |active: i64| {
        let sql = format!(
            "UPDATE org_memberships SET is_active = {active} WHERE identity_id = '{}'",
            method.identity_id
        );
        execute(&here.database.database, &sql).await;
        // Nothing sets this yet; whoever does will say so.
        here.store.generations().raise(&[method.identity_id.into()]);
    };
    set(0).await;
    for _ in 0..4 {
        assert_eq!(here.refusal(&limited, 0).await, Refusal::Inactive);
    }
    assert_eq!(here.uses(&method).await, 0);
    assert_eq!(here.reasons().await, ["inactive-membership"; 4]);
    // Only who has the secret is told.
    here.fail(&method, 1, 0).await;
    set(1).await;
    here.login(&limited, 0).await.unwrap();
}

async fn an_untrusted_network_is_refused_before_the_secret_counts(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, limited) = here.client_secret(&method, 1, 0).await;
    let config = serde_json::json!({ "clientSecretTrustedIps": TrustedIps::parse(["10.0.0.0/8"]).unwrap() });
    let mut change = here.change().await;
    change.update_auth_method(&method, &AuthMethodParts { config: &config, ..method.parts() }).await.unwrap();
    change.commit().await.unwrap();
    for _ in 0..5 {
        assert_eq!(here.refusal(&limited, 0).await, Refusal::Network);
        assert_eq!(here.refusal(&wrong(&method), 0).await, Refusal::Network);
    }
    here.login_from(&limited, "10.1.2.3", 0).await.unwrap();
}

async fn a_lock_survives_a_restart(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    here.fail(&method, 2, 0).await;
    let here = here.reopened().await;
    here.fail(&method, 1, 1).await;
    let here = here.reopened().await;
    assert_eq!(here.refusal(&right, 2).await, Refusal::Locked);
}

/// Attempts queued at once share batches; each must see what those before it did.
async fn one_batch_decides_in_order(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    let (_, once) = here.client_secret(&method, 1, 0).await;
    let guess = wrong(&method);
    let row = [&guess, &guess, &right, &guess, &guess, &once, &once, &guess, &guess, &guess, &right];
    let found = join_all(row.iter().map(|credential| here.login(credential, 0))).await;
    let found: Vec<_> = found.into_iter().map(Result::err).collect();
    let (wrong, locked) = (Some(Refusal::Credentials), Some(Refusal::Locked));
    let expected =
        [wrong, wrong, None, wrong, wrong, None, Some(Refusal::UsedUp), wrong, wrong, wrong, locked];
    assert_eq!(found, expected);
}

/// A token is signed beforehand for what is expected, so that must be what would be granted, or nothing.
async fn what_is_expected_of_a_login_is_what_is_true_now(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, right) = here.client_secret(&method, 0, 0).await;
    let expected =
        |credential: &ClientCredential| here.store.expected_login(&attempt(credential, HERE, at(0)));
    assert_eq!(expected(&right), None);
    let granted = known(&here, &right).await;
    assert_eq!(expected(&right), Some(granted));
    assert_eq!(expected(&wrong(&method)), None);

    let mut change = here.change().await;
    change.raise_token_epoch(method.identity_id).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(expected(&right), None);
    let granted = known(&here, &right).await;
    assert_eq!((granted.token_epoch, expected(&right)), (1, Some(granted.clone())));
    // A lock is not known beforehand; the decision comes first all the same.
    here.fail(&method, 3, 0).await;
    assert_eq!(here.refusal(&right, 0).await, Refusal::Locked);
}

/// Logs in until that is remembered: a replica on `PostgreSQL` remembers nothing before it has heard of itself.
async fn known(here: &Fixture, credential: &ClientCredential) -> Arc<Login> {
    for _ in 0..500 {
        let granted = here.login(credential, 0).await.unwrap();
        if here.store.expected_login(&attempt(credential, HERE, at(0))).is_some() {
            return granted;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the login is never remembered");
}
