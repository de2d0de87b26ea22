//! Starting on a database that is there.

use std::sync::Arc;

use vouchsafe_keys::RootKey;
use vouchsafe_server::start::assemble;
use vouchsafe_testkit::TestServer;

vouchsafe_testkit::both!(a_wrong_root_key_is_refused_and_harms_nothing);

async fn a_wrong_root_key_is_refused_and_harms_nothing(server: TestServer) {
    let app = &server.app;
    let settings = app.settings.clone();
    let started = assemble(app.store.clone(), RootKey::generate(), Arc::clone(&app.clock), settings).await;
    let Err(error) = started else { panic!("a wrong root key opens the database") };
    let said = error.to_string();
    assert!(said.starts_with("this root key is not the one that the database was set up with"), "{said}");
    // The right one still does, and what was sealed and signed before is good.
    let person = server.identity("app", "member").await;
    let server = server.restart().await;
    let person = server.admin.with_token(person.token.as_deref().unwrap());
    person.get("/api/v1/identities/details").await.ok();
}
