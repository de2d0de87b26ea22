//! Documents of others: the newest is kept, for a time.

use vouchsafe_testkit::START;

use crate::fixture::{Fixture, both};

both!(the_newest_is_kept, what_nobody_gets_again_goes);

async fn the_newest_is_kept(here: Fixture) {
    let store = &here.store;
    assert_eq!(store.document("a").await.unwrap(), None);
    store.keep_document("a", "one", START).await.unwrap();
    store.keep_document("b", "other", START).await.unwrap();
    store.keep_document("a", "two", START.plus_seconds(10)).await.unwrap();
    // A replica that was slow does not put an older one in its place.
    store.keep_document("a", "older", START.plus_seconds(9)).await.unwrap();
    assert_eq!(store.document("a").await.unwrap().as_deref(), Some("two"));
    store.keep_document("a", "three", START.plus_seconds(10)).await.unwrap();
    assert_eq!(store.document("a").await.unwrap().as_deref(), Some("three"));
    assert_eq!(store.document("b").await.unwrap().as_deref(), Some("other"));
}

async fn what_nobody_gets_again_goes(here: Fixture) {
    let (store, year) = (&here.store, 365 * 86_400);
    store.keep_document("a", "one", START).await.unwrap();
    store.keep_document("b", "one", START).await.unwrap();
    store.keep_document("b", "one", START.plus_seconds(year)).await.unwrap();
    store.purge_expired(START.plus_seconds(2 * year)).await.unwrap();
    assert!(store.document("a").await.unwrap().is_some());
    store.purge_expired(START.plus_seconds(2 * year + 1)).await.unwrap();
    assert_eq!(store.document("a").await.unwrap(), None);
    assert_eq!(store.document("b").await.unwrap().as_deref(), Some("one"));
}
