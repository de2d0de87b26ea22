//! What is known from before a change is stale once the change is answered.

use serde_json::json;
use vouchsafe_domain::id::{IdentityId, ProjectId, TokenId};
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_store::{
    AuditEvent, AuditFilter, AuthMethod, Change, Member, MemberRef, NewProject, NewRole, NewRoleRef, Store,
    Topic,
};
use vouchsafe_testkit::{Engine, START};

use crate::fixture::{Fixture, both};

both!(a_change_makes_stale_what_it_changes_and_nothing_else, lists_are_no_longer_than_asked_for);

/// A change, and the topics that it makes stale.
macro_rules! stale {
    ($here:expr, $world:expr, $what:literal, $topics:expr, |$change:ident| $do:expr) => {{
        let topics: Vec<Topic> = $topics;
        let stamps = |store: &Store| -> Vec<u64> {
            $world.topics.iter().map(|topic| store.generations().stamp(&[*topic])).collect()
        };
        let before = stamps(&$here.store);
        let mut $change = $here.change().await;
        $do;
        assert_eq!(stamps(&$here.store), before, "{}: before the commit", $what);
        $change.commit().await.unwrap();
        for ((topic, before), after) in $world.topics.iter().zip(before).zip(stamps(&$here.store)) {
            assert_eq!(before != after, topics.contains(topic), "{}: {topic:?}", $what);
        }
    }};
}

struct World {
    method: AuthMethod,
    identity: IdentityId,
    project: ProjectId,
    token: TokenId,
    /// Everything that knowledge may depend on here.
    topics: Vec<Topic>,
}

async fn world(here: &Fixture) -> World {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let (identity, other) = (method.identity_id, here.identity("other", "member").await);
    let mut change = here.change().await;
    let token = change.insert_token(identity, method.id, None, &method.tokens).await.unwrap();
    let project = new_project(here, &mut change, "shop", other).await;
    let second = new_project(here, &mut change, "bank", other).await;
    change.commit().await.unwrap();
    let topics = vec![
        here.org.into(),
        identity.into(),
        other.into(),
        project.into(),
        second.into(),
        Topic::secrets(project),
        Topic::secrets(second),
        token.into(),
    ];
    World { method, identity, project, token, topics }
}

async fn new_project(here: &Fixture, change: &mut Change, slug: &str, creator: IdentityId) -> ProjectId {
    let creator = MemberRef::Identity(creator);
    let new = NewProject {
        org: here.org,
        name: slug,
        slug,
        description: "",
        kind: "secret-manager",
        has_delete_protection: false,
        creator,
    };
    change.insert_project(&new, |_| vec![1]).await.unwrap()
}

fn role(slug: &str) -> NewRole {
    NewRole { role: NewRoleRef::built_in(slug), temporary: None }
}

async fn a_change_makes_stale_what_it_changes_and_nothing_else(here: Fixture) {
    let world = world(&here).await;
    let (identity, project, method) = (world.identity, world.project, &world.method);
    let mine: Vec<Topic> = vec![identity.into()];
    let (secret, _) = here.client_secret(method, 0, 0).await;
    let gate = || async { here.store.identity_gate(identity).await.unwrap().unwrap() };

    stale!(here, world, "name", mine.clone(), |change| {
        change.update_identity(identity, "renamed", true).await.unwrap();
    });
    assert_eq!(gate().await.name, "renamed");
    let before = here.store.identity(here.org, identity).await.unwrap().unwrap();
    stale!(here, world, "organization role", mine.clone(), |change| {
        assert!(change.set_identity_org_role(&before, &NewRoleRef::built_in("admin")).await.unwrap());
    });
    stale!(here, world, "organization role, decided upon another", mine.clone(), |change| {
        assert!(!change.set_identity_org_role(&before, &NewRoleRef::built_in("member")).await.unwrap());
    });
    assert_eq!(gate().await.membership.unwrap().role, "admin");
    stale!(here, world, "metadata", mine.clone(), |change| {
        change.set_identity_metadata(identity, &[("a".to_owned(), "b".to_owned())]).await.unwrap();
    });
    stale!(here, world, "epoch", mine.clone(), |change| {
        change.raise_token_epoch(identity).await.unwrap();
    });
    assert_eq!(gate().await.token_epoch, 1);
    stale!(here, world, "settings of a method", mine.clone(), |change| {
        change.update_auth_method(method, &method.parts()).await.unwrap();
    });
    stale!(here, world, "revoked client secret", mine.clone(), |change| {
        change.revoke_client_secret(method, secret, START).await.unwrap();
    });
    stale!(here, world, "revoked token", vec![world.token.into()], |change| {
        change.revoke_token(world.token, START).await.unwrap();
    });
    let revoked = here.store.revoked(world.token, Some(secret)).await.unwrap();
    assert!(revoked.token && revoked.client_secret);

    let who = MemberRef::Identity(identity);
    stale!(here, world, "membership in a project", mine.clone(), |change| {
        change.add_project_member(project, who, &[role("viewer")]).await.unwrap();
    });
    let member: Member = here.store.project_member(project, who).await.unwrap().unwrap();
    stale!(here, world, "roles in a project", mine.clone(), |change| {
        assert!(change.set_project_roles(&member, &[role("admin"), role("viewer")]).await.unwrap());
    });
    stale!(here, world, "roles in a project, decided upon others", Vec::new(), |change| {
        assert!(!change.set_project_roles(&member, &[role("no-access")]).await.unwrap());
    });
    let roles = here.store.project_member(project, who).await.unwrap().unwrap().roles;
    assert_eq!(roles.iter().map(|one| one.role.as_str()).collect::<Vec<_>>(), ["admin", "viewer"]);
    stale!(here, world, "end of a membership", mine.clone(), |change| {
        change.remove_project_member(&member).await.unwrap();
    });
    stale!(here, world, "environment", vec![Topic::secrets(project)], |change| {
        change.insert_environment(project, "Dev", "dev", None).await.unwrap();
    });
    stale!(here, world, "tag", vec![Topic::secrets(project)], |change| {
        change.insert_tag(project, "red", "#f00").await.unwrap();
    });
    stale!(here, world, "end of a method", mine.clone(), |change| {
        change.delete_auth_method(method).await.unwrap();
    });
    assert!(gate().await.methods.is_empty());
    stale!(here, world, "end of an identity", mine.clone(), |change| {
        change.delete_identity(identity).await.unwrap();
    });
    assert!(here.store.identity_gate(identity).await.unwrap().is_none());
}

async fn lists_are_no_longer_than_asked_for(here: Fixture) {
    let method = here.universal_auth(&LockoutSettings::default()).await;
    let mut change = here.change().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(change.insert_token(method.identity_id, method.id, None, &method.tokens).await.unwrap());
        change.audit("create-token", here.org, None, &json!({}));
    }
    change.commit().await.unwrap();
    made.reverse();
    let mut tokens = Vec::new();
    for offset in (0..10).step_by(3) {
        let page = here.store.tokens(method.identity_id, 3, offset).await.unwrap();
        assert!(page.len() <= 3);
        tokens.extend(page.into_iter().map(|token| token.id));
    }
    assert_eq!(tokens, made, "the latest first");
    let all = here.store.audit_events(here.org, &AuditFilter::default(), 100, 0).await.unwrap();
    assert_eq!(all.len(), 7);
    let page = here.store.audit_events(here.org, &AuditFilter::default(), 2, 3).await.unwrap();
    let ids = |events: &[AuditEvent]| events.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(&page), ids(&all[3..5]));
    assert!(ids(&all).is_sorted_by(|a, b| a > b));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_has_heard_of_a_change_when_it_is_answered() {
    let here = Fixture::new(Engine::Postgres).await;
    let other = Store::open(&here.database.database, START).await.unwrap();
    let identity = here.identity("app", "member").await;
    while !other.may_serve_cached() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for round in 0..20 {
        let stamp = other.generations().stamp(&[identity.into()]);
        let mut change = here.change().await;
        change.update_identity(identity, &format!("app {round}"), false).await.unwrap();
        change.commit().await.unwrap();
        assert_ne!(other.generations().stamp(&[identity.into()]), stamp, "round {round}");
    }
    other.close().await;
}
