//! Logins in figures.

use uuid::Uuid;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{ClientCredential, EventCount, Steps};
use vouchsafe_testkit::{START, execute};

use crate::fixture::{Fixture, attempt, both, credential};

both!(logins_are_counted_by_step_and_result, only_the_newest_events_are_counted,);

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
