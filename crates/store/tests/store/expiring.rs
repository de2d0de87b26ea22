//! Credentials that end, and states of identities.

use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;
use vouchsafe_store::{AuthMethod, IdentityFilter, IdentityOrder, InState, ManagedBy, Page};
use vouchsafe_testkit::{START, execute};

use crate::fixture::{Fixture, attempt, both, credential};

both!(
    client_secrets_and_tokens_that_end_soon_are_found,
    the_first_credential_to_end_is_told_for_many_identities,
    identities_are_found_by_their_state,
);

const HOUR: i64 = 3_600;

async fn revoke(here: &Fixture, table: &str, id: &str) {
    execute(&here.database.database, &format!("UPDATE {table} SET is_revoked = 1 WHERE id = '{id}'")).await;
}

async fn token(here: &Fixture, method: &AuthMethod, ttl: i64, max_ttl: i64, period: i64) -> String {
    let settings = TokenSettings::new(ttl, max_ttl, 0, period, TrustedIps::any()).unwrap();
    let mut change = here.change().await;
    let id = change.insert_token(method.identity_id, method.id, Some("hand"), &settings).await.unwrap();
    change.commit().await.unwrap();
    id.to_string()
}

async fn client_secrets_and_tokens_that_end_soon_are_found(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (first, _) = here.client_secret(&method, 0, HOUR).await;
    // Without an end, later, over, used up, revoked.
    here.client_secret(&method, 0, 0).await;
    here.client_secret(&method, 0, 30 * HOUR).await;
    here.client_secret(&method, 0, 1).await;
    let (_, used_up) = here.client_secret(&method, 1, 2 * HOUR).await;
    here.store.login(attempt(&used_up, "192.0.2.1", START)).await.unwrap().unwrap();
    let (revoked, _) = here.client_secret(&method, 0, 2 * HOUR).await;
    revoke(&here, "client_secrets", &revoked.to_string()).await;
    let by_ttl = token(&here, &method, 3 * HOUR, 0, 0).await;
    let by_period = token(&here, &method, 90 * HOUR, 90 * HOUR, 4 * HOUR).await;
    let by_max = token(&here, &method, 0, 5 * HOUR, 0).await;
    token(&here, &method, 0, 0, 0).await;
    token(&here, &method, 90 * HOUR, 0, 0).await;
    // Renewed, it lives longer, but not beyond its max TTL.
    let renewed = token(&here, &method, 2 * HOUR, 6 * HOUR, 0).await;
    let sql = format!(
        "UPDATE tokens SET last_renewed_at = {} WHERE id = '{renewed}'",
        START.plus_seconds(5 * HOUR).as_millis()
    );
    execute(&here.database.database, &sql).await;

    let from = START.plus_seconds(1);
    let find = async |org, hours: i64, limit| {
        here.store.expiring_credentials(org, from, START.plus_seconds(hours * HOUR), limit).await.unwrap()
    };
    // The one that ends right now is there: it ends at the first moment of the span.
    let found: Vec<_> = find(here.org, 24, 100).await;
    let ids: Vec<&str> = found.iter().skip(1).map(|one| one.id.as_str()).collect();
    let first = first.to_string();
    assert_eq!(ids, [first.as_str(), &by_ttl, &by_period, &by_max, &renewed]);
    let ends: Vec<i64> = found.iter().map(|one| one.expires_at.seconds_since(START)).collect();
    assert_eq!(ends, [1, HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR, 6 * HOUR]);
    assert_eq!(
        found.iter().map(|one| one.is_token).collect::<Vec<_>>(),
        [false, false, true, true, true, true]
    );
    assert_eq!((found[0].identity_id, found[0].identity_name.as_str()), (method.identity_id, "app"));
    assert_eq!(find(here.org, 2, 100).await.len(), 2);
    assert_eq!(find(here.org, 24, 1).await.len(), 1);
    let mut change = here.change().await;
    let other = change.insert_organization("Other", "other").await.unwrap();
    change.commit().await.unwrap();
    assert!(find(other, 24, 100).await.is_empty());
}

async fn the_first_credential_to_end_is_told_for_many_identities(here: Fixture) {
    let lockout = LockoutSettings::default();
    // A client secret ends first, though not the one that was made first.
    let by_secret = here.universal_auth(&lockout).await;
    here.client_secret(&by_secret, 0, 9 * HOUR).await;
    here.client_secret(&by_secret, 0, 3 * HOUR).await;
    here.client_secret(&by_secret, 0, 0).await;
    here.client_secret(&by_secret, 0, 1).await;
    token(&here, &by_secret, 4 * HOUR, 0, 0).await;
    // A token ends first; what is used up or revoked does not count.
    let by_token = here.universal_auth(&lockout).await;
    let (_, used_up) = here.client_secret(&by_token, 1, HOUR).await;
    here.store.login(attempt(&used_up, "192.0.2.1", START)).await.unwrap().unwrap();
    let (revoked, _) = here.client_secret(&by_token, 0, HOUR).await;
    revoke(&here, "client_secrets", &revoked.to_string()).await;
    let revoked = token(&here, &by_token, HOUR, 0, 0).await;
    revoke(&here, "tokens", &revoked).await;
    here.client_secret(&by_token, 0, 6 * HOUR).await;
    token(&here, &by_token, 0, 0, 5 * HOUR).await;
    token(&here, &by_token, 1, 0, 0).await;
    let without_end = here.universal_auth(&lockout).await;
    here.client_secret(&without_end, 0, 0).await;
    token(&here, &without_end, 0, 0, 0).await;

    let ids: Vec<IdentityId> = [&by_secret, &by_token, &without_end].map(|method| method.identity_id).into();
    let ends = async |ids: &[IdentityId], seconds: i64| {
        let found = here.store.next_expiries(ids, START.plus_seconds(seconds)).await.unwrap();
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, end)| *end);
        found.into_iter().map(|(id, end)| (id, end.seconds_since(START))).collect::<Vec<_>>()
    };
    assert_eq!(ends(&ids, 2).await, [(ids[0], 3 * HOUR), (ids[1], 5 * HOUR)]);
    // What ends right now is the last moment at which it is told.
    assert_eq!(ends(&ids[..1], 3 * HOUR).await, [(ids[0], 3 * HOUR)]);
    assert_eq!(ends(&ids[..1], 3 * HOUR + 1).await, [(ids[0], 4 * HOUR)]);
    assert_eq!(ends(&ids[2..], 0).await, []);
    assert_eq!(ends(&[], 0).await, []);
}

/// Names of the identities in a state, and how many there are in all.
async fn in_state(here: &Fixture, state: InState) -> (Vec<String>, i64) {
    let filter = IdentityFilter { state: Some(state), ..IdentityFilter::default() };
    let page = Page { limit: 2, offset: 0, descending: false };
    let (found, total) = here.store.identities(here.org, &filter, IdentityOrder::Name, page).await.unwrap();
    (found.into_iter().map(|one| one.name).collect(), total)
}

async fn named(here: &Fixture, name: &str) -> AuthMethod {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let mut change = here.change().await;
    change.update_identity(method.identity_id, name, false).await.unwrap();
    change.commit().await.unwrap();
    method
}

async fn identities_are_found_by_their_state(here: Fixture) {
    let at = |seconds| -> Timestamp { START.plus_seconds(seconds) };
    here.identity("bare", "member").await;
    for (name, seconds) in [("idle", 10), ("late", 20)] {
        let method = named(&here, name).await;
        let (_, right) = here.client_secret(&method, 0, 0).await;
        here.store.login(attempt(&right, "192.0.2.1", at(seconds))).await.unwrap().unwrap();
    }
    for name in ["locked", "locked too", "locked, too", "counted"] {
        let method = named(&here, name).await;
        let wrong = credential(&method, uuid::Uuid::new_v4());
        for _ in 0..if name == "counted" { 2 } else { 3 } {
            here.store.login(attempt(&wrong, "192.0.2.1", at(0))).await.unwrap().unwrap_err();
        }
    }
    let both = named(&here, "ends twice").await;
    here.client_secret(&both, 0, HOUR).await;
    token(&here, &both, HOUR, 0, 0).await;
    let by_secret = named(&here, "ends").await;
    here.client_secret(&by_secret, 0, 2 * HOUR).await;
    let by_token = named(&here, "ends, too").await;
    token(&here, &by_token, 2 * HOUR, 0, 0).await;
    here.store.settle_logins().await;

    let found = |names: &[&str], total| (names.iter().map(ToString::to_string).collect::<Vec<_>>(), total);
    assert_eq!(in_state(&here, InState::Locked(at(1))).await, found(&["locked", "locked too"], 3));
    assert_eq!(in_state(&here, InState::Locked(at(300))).await, found(&[], 0));
    assert_eq!(in_state(&here, InState::Idle(at(20))).await, found(&["idle"], 1));
    assert_eq!(in_state(&here, InState::Idle(at(10))).await, found(&[], 0));
    assert_eq!(in_state(&here, InState::NeverLoggedIn).await, found(&["bare", "counted"], 8));
    let ends = |from, until| InState::Expiring { from: at(from), until: at(until) };
    assert_eq!(in_state(&here, ends(0, 2 * HOUR)).await, found(&["ends twice"], 1));
    assert_eq!(in_state(&here, ends(0, 2 * HOUR + 1)).await, found(&["ends", "ends twice"], 3));
    assert_eq!(in_state(&here, ends(HOUR + 1, 3 * HOUR)).await, found(&["ends", "ends, too"], 2));
    // Beside other conditions, and in no other organization.
    let filter = IdentityFilter {
        state: Some(InState::Locked(at(1))),
        any: vec![vouchsafe_store::IdentityMatch {
            name_contains: Some("TOO".to_owned()),
            ..Default::default()
        }],
        managed_by: ManagedBy::Any(Vec::new()),
        ..IdentityFilter::default()
    };
    let page = Page { limit: 10, offset: 0, descending: true };
    let list = async |org| here.store.identities(org, &filter, IdentityOrder::LastLogin, page).await.unwrap();
    let (rows, total) = list(here.org).await;
    assert_eq!((rows.len(), total, rows[0].name.as_str()), (2, 2, "locked too"));
    let mut change = here.change().await;
    let other = change.insert_organization("Other", "other").await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(list(other).await.1, 0);
}
