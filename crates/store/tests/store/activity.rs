//! Logins in figures, and credentials that end soon.

use uuid::Uuid;
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;
use vouchsafe_store::{AuthMethod, ClientCredential, EventCount, Steps};
use vouchsafe_testkit::{START, execute};

use crate::fixture::{Fixture, attempt, both, credential};

both!(
    logins_are_counted_by_step_and_result,
    only_the_newest_events_are_counted,
    client_secrets_and_tokens_that_end_soon_are_found,
);

const HOUR: i64 = 3_600;

fn steps(hours: i64) -> Steps {
    Steps { from: START, until: START.plus_seconds(hours * HOUR), seconds: HOUR }
}

async fn login(here: &Fixture, credential: &ClientCredential, at: Timestamp) {
    let _ = here.store.login(attempt(credential, "192.0.2.1", at)).await.unwrap();
}

async fn logins_are_counted_by_step_and_result(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (_, good) = here.client_secret(&method, 0, 0).await;
    let wrong = credential(&method, Uuid::new_v4());
    for (credential, seconds) in [
        (&good, -1),
        (&good, 0),
        (&good, HOUR - 1),
        (&wrong, HOUR - 1),
        (&wrong, HOUR),
        (&good, 3 * HOUR - 1),
        (&good, 3 * HOUR),
    ] {
        login(&here, credential, START.plus_seconds(seconds)).await;
    }
    let found = here.store.login_counts(here.org, &steps(3)).await.unwrap();
    let count = |step, event: &str, count| EventCount { event: event.to_owned(), step, count };
    let (granted, refused) = ("login-identity-universal-auth", "login-identity-universal-auth-failed");
    assert_eq!(
        found.counts,
        [count(0, granted, 2), count(0, refused, 1), count(1, refused, 1), count(2, granted, 1)]
    );
    assert_eq!(found.reasons, [(refused.to_owned(), "invalid-credentials".to_owned(), 2)]);
    assert!(found.is_complete);
    // Nothing of another organization.
    let mut change = here.change().await;
    let other = change.insert_organization("Other", "other").await.unwrap();
    change.commit().await.unwrap();
    let found = here.store.login_counts(other, &steps(3)).await.unwrap();
    assert!(found.counts.is_empty() && found.reasons.is_empty() && found.is_complete);
}

async fn only_the_newest_events_are_counted(here: Fixture) {
    // 50,010 refused logins, one a second.
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50010) \
         INSERT INTO audit_events (id, org_id, at, event, actor_type, actor_id, ip, user_agent, request_id, detail) \
         SELECT 'event', '{}', {} + i * CAST(1000 AS BIGINT), 'login-identity-jwt-auth-failed', 'identity', '', '', '', \
         '', '{{\"reason\":\"expired\"}}' FROM n",
        here.org,
        START.as_millis()
    );
    execute(&here.database.database, &sql).await;
    let sum = |counts: &[EventCount]| counts.iter().map(|one| one.count).sum::<i64>();
    let found = here.store.login_counts(here.org, &steps(24)).await.unwrap();
    assert_eq!((sum(&found.counts), found.is_complete), (50_000, false));
    assert_eq!(found.reasons[0].2, 5_000);
    // Whatever is younger than what was cut off is counted in full.
    let late = Steps { from: START.plus_seconds(13 * HOUR), ..steps(24) };
    let found = here.store.login_counts(here.org, &late).await.unwrap();
    assert_eq!((sum(&found.counts), found.is_complete), (50_010 - 13 * HOUR + 1, true));
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
    login(&here, &used_up, START).await;
    let (revoked, _) = here.client_secret(&method, 0, 2 * HOUR).await;
    execute(
        &here.database.database,
        &format!("UPDATE client_secrets SET is_revoked = 1 WHERE id = '{revoked}'"),
    )
    .await;
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
