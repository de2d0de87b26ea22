//! Refused requests: found again by their id, bounded for each organization, gone after a time.

use serde_json::json;
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_store::{Denial, DenialFilter, MOST_DENIALS};
use vouchsafe_testkit::START;

use crate::fixture::{Fixture, both};

both!(refusals_are_found_again, the_newest_are_kept, old_ones_go);

fn denial(org_id: OrgId, number: usize) -> Denial {
    Denial {
        request_id: format!("req-{org_id}-{number}"),
        org_id,
        project_id: None,
        at: START,
        actor_type: "identity".to_owned(),
        actor_id: format!("actor-{}", number % 2),
        ip: "127.0.0.1".to_owned(),
        user_agent: "test".to_owned(),
        method: "GET".to_owned(),
        path: "/api/v1/identities".to_owned(),
        error: "PermissionDenied".to_owned(),
        message: "You are not allowed to read on identity".to_owned(),
        reason: "no rule of the actor is about identity (organization)".to_owned(),
        detail: json!({ "subject": "identity" }),
    }
}

async fn other_org(here: &Fixture) -> OrgId {
    let mut change = here.change().await;
    let other = change.insert_organization("Other", "other").await.unwrap();
    change.commit().await.unwrap();
    other
}

async fn refusals_are_found_again(here: Fixture) {
    let project = ProjectId::from_uuid(uuid::Uuid::now_v7());
    let mut written: Vec<Denial> = (0..5).map(|number| denial(here.org, number)).collect();
    written[3].project_id = Some(project);
    here.store.insert_denials(&written).await.unwrap();
    // Written twice, it is there once.
    here.store.insert_denials(&written[..1]).await.unwrap();
    let found = here.store.denial(here.org, &written[2].request_id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&written[2]));
    let other = other_org(&here).await;
    assert_eq!(here.store.denial(other, &written[2].request_id).await.unwrap(), None);

    let list = |filter: DenialFilter| {
        let (store, org) = (here.store.clone(), here.org);
        async move { store.denials(org, &filter, 100, 0).await.unwrap() }
    };
    let newest_first: Vec<Denial> = written.iter().rev().cloned().collect();
    assert_eq!(list(DenialFilter::default()).await, newest_first);
    let in_project = DenialFilter { project: Some(project), ..DenialFilter::default() };
    assert_eq!(list(in_project).await, [written[3].clone()]);
    let of_one = DenialFilter { actor_id: Some("actor-1".to_owned()), ..DenialFilter::default() };
    assert_eq!(list(of_one).await, [written[3].clone(), written[1].clone()]);
    assert_eq!(
        here.store.denials(here.org, &DenialFilter::default(), 2, 1).await.unwrap(),
        newest_first[1..3]
    );
}

async fn the_newest_are_kept(here: Fixture) {
    let other = other_org(&here).await;
    here.store.insert_denials(&[denial(other, 0)]).await.unwrap();
    let many: Vec<Denial> = (0..MOST_DENIALS + 70).map(|number| denial(here.org, number)).collect();
    for chunk in many.chunks(2_000) {
        here.store.insert_denials(chunk).await.unwrap();
    }
    assert_eq!(here.count(&format!("denials WHERE org_id = '{}'", here.org)).await, 10_000);
    assert_eq!(here.store.denial(here.org, &many[69].request_id).await.unwrap(), None);
    assert!(here.store.denial(here.org, &many[70].request_id).await.unwrap().is_some());
    assert!(here.store.denial(other, &denial(other, 0).request_id).await.unwrap().is_some());
}

async fn old_ones_go(here: Fixture) {
    let (old, new) = (denial(here.org, 0), Denial { at: START.plus_seconds(60), ..denial(here.org, 1) });
    here.store.insert_denials(&[old.clone(), new.clone()]).await.unwrap();
    assert_eq!(here.store.purge_expired(START.plus_seconds(30 * 86_400)).await.unwrap(), 0);
    assert_eq!(here.store.purge_expired(START.plus_seconds(30 * 86_400 + 1)).await.unwrap(), 1);
    assert_eq!(here.store.denial(here.org, &old.request_id).await.unwrap(), None);
    assert_eq!(here.store.denial(here.org, &new.request_id).await.unwrap(), Some(new));
}
