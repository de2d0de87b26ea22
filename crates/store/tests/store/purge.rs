//! Purging: what has expired goes, what has not stays.

use uuid::Uuid;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::NewUser;
use vouchsafe_testkit::{START, execute};

use crate::fixture::{Fixture, both};

both!(only_expired_rows_go, an_expired_invitation_does_not_take_another_with_it, many_rows_go_in_batches);

const NOW: Timestamp = START.plus_seconds(1000);

fn before() -> Timestamp {
    NOW.plus_millis(-1)
}

async fn user(here: &Fixture) -> vouchsafe_domain::id::UserId {
    let new = NewUser {
        email: "ann@example.com",
        first_name: "Ann",
        last_name: "",
        password_hash: None,
        super_admin: false,
    };
    let mut change = here.change().await;
    let user = change.insert_user(&new).await.unwrap();
    change.commit().await.unwrap();
    user
}

/// One row of each kind that expires then.
async fn expiring(here: &Fixture, user: vouchsafe_domain::id::UserId, at: Timestamp) {
    let method = here.universal_auth(&vouchsafe_domain::lockout::LockoutSettings::default()).await;
    let mut change = here.change().await;
    change.insert_session(user, at).await.unwrap();
    let token = change.insert_token(method.identity_id, method.id, None, &method.tokens).await.unwrap();
    change.revoke_token(token, at).await.unwrap();
    let org = change.insert_organization("Other", &Uuid::new_v4().to_string()).await.unwrap();
    let mut code = [0; 32];
    code[..16].copy_from_slice(org.as_uuid().as_bytes());
    change.put_invitation(user, org, &code, at).await.unwrap();
    change.commit().await.unwrap();
    assert!(here.store.count_token_use(token, 10, START, at).await.unwrap());
    let at = at.as_millis();
    let lock = format!("INSERT INTO lockouts VALUES ('{}', '', 1, {at}, NULL, {at})", method.id);
    execute(&here.database.database, &lock).await;
}

const TABLES: [&str; 5] = ["lockouts", "token_uses", "revocations", "sessions", "invitations"];

async fn only_expired_rows_go(here: Fixture) {
    let user = user(&here).await;
    for at in [START.plus_millis(1), before(), NOW, NOW.plus_seconds(1)] {
        expiring(&here, user, at).await;
    }
    assert_eq!(here.store.purge_expired(NOW).await.unwrap(), 10);
    for table in TABLES {
        assert_eq!(here.count(table).await, 2, "{table}");
        let expired = format!("{table} WHERE expires_at < {}", NOW.as_millis());
        assert_eq!(here.count(&expired).await, 0, "{table}");
    }
    assert_eq!(here.store.purge_expired(NOW).await.unwrap(), 0);
    // What is not about expiry stays.
    assert_eq!((here.count("tokens").await, here.count("users").await), (4, 1));
}

async fn an_expired_invitation_does_not_take_another_with_it(here: Fixture) {
    let user = user(&here).await;
    let mut change = here.change().await;
    let other = change.insert_organization("Other", "other").await.unwrap();
    change.put_invitation(user, here.org, &[1; 32], before()).await.unwrap();
    change.put_invitation(user, other, &[2; 32], NOW.plus_seconds(60)).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(here.store.purge_expired(NOW).await.unwrap(), 1);
    assert!(here.store.invitation_by_code(&[1; 32]).await.unwrap().is_none());
    assert_eq!(here.store.invitation_by_code(&[2; 32]).await.unwrap().unwrap().org_id, other);
}

async fn many_rows_go_in_batches(here: Fixture) {
    let row = |at: Timestamp| format!("('{}', 0, {})", Uuid::new_v4(), at.as_millis());
    let mut rows: Vec<String> = (0..2_500).map(|_| row(before())).collect();
    rows.extend((0..1_500).map(|_| row(NOW)));
    let insert = format!("INSERT INTO revocations VALUES {}", rows.join(", "));
    execute(&here.database.database, &insert).await;
    assert_eq!(here.store.purge_expired(NOW).await.unwrap(), 2_500);
    assert_eq!(here.count("revocations").await, 1_500);
}
