//! Units of work: a change and its audit event, both or neither.

use serde_json::json;
use uuid::Uuid;
use vouchsafe_domain::id::OrgId;
use vouchsafe_store::{AuditFilter, Change, StoreError, Topic};

use crate::fixture::{Fixture, both, new_identity};

both!(
    a_change_and_its_event_are_there_together,
    a_dropped_change_leaves_nothing,
    a_conflict_inside_leaves_nothing,
    a_change_with_a_failed_statement_is_not_committed,
    what_a_row_refers_to_must_be_there,
    an_identity_takes_everything_of_its_own_with_it,
);

async fn events(here: &Fixture) -> Vec<String> {
    let found = here.store.audit_events(here.org, &AuditFilter::default(), 100, 0).await.unwrap();
    found.into_iter().map(|event| event.event).collect()
}

/// Everything that a change does: rows in three tables, a topic, an event.
async fn make(here: &Fixture, change: &mut Change) -> Topic {
    let id = change.insert_identity(&new_identity(here.org, "app", "member")).await.unwrap();
    let entries = [("team".to_owned(), "a".to_owned()), ("tier".to_owned(), "b".to_owned())];
    change.set_identity_metadata(id, &entries).await.unwrap();
    change.audit("create-identity", here.org, None, &json!({ "identityId": id }));
    id.into()
}

async fn assert_nothing(here: &Fixture) {
    for table in ["identities", "org_memberships", "identity_metadata", "audit_events"] {
        assert_eq!(here.count(table).await, 0, "{table}");
    }
}

async fn a_change_and_its_event_are_there_together(here: Fixture) {
    let mut change = here.change().await;
    let topic = make(&here, &mut change).await;
    let stamp = here.store.generations().stamp(&[topic]);
    assert_nothing(&here).await;
    change.commit().await.unwrap();
    assert_eq!(events(&here).await, ["create-identity"]);
    for (table, rows) in [("identities", 1), ("org_memberships", 1), ("identity_metadata", 2)] {
        assert_eq!(here.count(table).await, rows, "{table}");
    }
    assert_ne!(here.store.generations().stamp(&[topic]), stamp, "caches are told");
}

async fn a_dropped_change_leaves_nothing(here: Fixture) {
    let mut change = here.change().await;
    let topic = make(&here, &mut change).await;
    let stamp = here.store.generations().stamp(&[topic]);
    drop(change);
    assert_nothing(&here).await;
    assert_eq!(here.store.generations().stamp(&[topic]), stamp, "caches stay");
    // Nothing is held either: the next change goes through.
    let mut change = here.change().await;
    make(&here, &mut change).await;
    change.commit().await.unwrap();
    assert_eq!(events(&here).await, ["create-identity"]);
}

async fn a_conflict_inside_leaves_nothing(here: Fixture) {
    let mut change = here.change().await;
    make(&here, &mut change).await;
    let conflict = change.insert_organization("Acme again", "acme").await.unwrap_err();
    let StoreError::Conflict(what) = conflict else { panic!("{conflict:?}") };
    assert!(what.contains("organizations") && what.contains("slug"), "{what}");
    drop(change);
    assert_nothing(&here).await;
    assert_eq!(here.count("organizations").await, 1);
}

async fn a_change_with_a_failed_statement_is_not_committed(here: Fixture) {
    let mut change = here.change().await;
    let topic = make(&here, &mut change).await;
    let stamp = here.store.generations().stamp(&[topic]);
    // Whoever catches this error and goes on must not keep the rest.
    change.insert_organization("Acme again", "acme").await.unwrap_err();
    change.commit().await.unwrap_err();
    assert_nothing(&here).await;
    assert_eq!(here.store.generations().stamp(&[topic]), stamp, "caches stay");
    // Nothing is held either: the next change goes through.
    let mut change = here.change().await;
    make(&here, &mut change).await;
    change.commit().await.unwrap();
    assert_eq!(events(&here).await, ["create-identity"]);
}

async fn what_a_row_refers_to_must_be_there(here: Fixture) {
    let nowhere = OrgId::from_uuid(Uuid::now_v7());
    let mut change = here.change().await;
    let refused = change.insert_identity(&new_identity(nowhere, "app", "member")).await.unwrap_err();
    assert!(matches!(refused, StoreError::MissingReference), "{refused:?}");
    drop(change);
    assert_nothing(&here).await;
}

async fn an_identity_takes_everything_of_its_own_with_it(here: Fixture) {
    let method = here.universal_auth(&vouchsafe_domain::lockout::LockoutSettings::default()).await;
    here.client_secret(&method, 0, 0).await;
    let mut change = here.change().await;
    change.set_identity_metadata(method.identity_id, &[("a".to_owned(), "b".to_owned())]).await.unwrap();
    change.insert_token(method.identity_id, method.id, None, &method.tokens).await.unwrap();
    change.delete_identity(method.identity_id).await.unwrap();
    change.commit().await.unwrap();
    let own = [
        "identities",
        "org_memberships",
        "identity_metadata",
        "auth_methods",
        "client_secrets",
        "tokens",
        "lockouts",
    ];
    for table in own {
        assert_eq!(here.count(table).await, 0, "{table}");
    }
}
