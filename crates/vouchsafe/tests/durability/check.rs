//! Whether everything is as it must be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::model::{Model, Proof};
use crate::operation::{SECRETS, guarded_login, identity_name, login, metadata};
use crate::wire::{Client, Request, text};
use crate::work::Worker;
use crate::world::{LOCKOUT_THRESHOLD, LOGIN_LIMIT, World};

const AGENT: &str = "check";

/// Settles what became of the operations under way, and compares the audit log, the secrets and the list of identities
/// with what must be there. Says what there is.
pub(crate) async fn settle(client: &Client, world: &World, workers: &mut [Worker]) -> String {
    let checker = Checker { client, world };
    let log = checker.audit_log().await;
    let under_way = workers.iter().filter(|worker| worker.under_way.is_some()).count();
    let happened = apply(&log, workers);
    let models = models(workers);
    check_events(&log, &models);
    let secrets = checker.secrets(&models).await;
    let identities = checker.identities(&models).await;
    format!(
        "{} events, {secrets} secrets, {identities} identities; of {under_way} requests under way {happened} happened",
        log.len()
    )
}

/// Asks for each single thing. Says what there is.
pub(crate) async fn each(client: &Client, world: &World, workers: &[Worker]) -> String {
    let checker = Checker { client, world };
    let models = models(workers);
    checker.each_identity(&models).await;
    checker.client_secrets(&models).await;
    checker.tokens(&models).await;
    checker.lockout(&models).await;
    let sum = |count: fn(&Model) -> usize| models.iter().map(|model| count(model)).sum::<usize>();
    format!(
        "; {} living and {} revoked tokens, {} limited logins",
        sum(|model| model.tokens.len()),
        sum(|model| model.revoked_tokens.len()),
        models.iter().map(|model| model.limited_logins).sum::<i64>()
    )
}

fn models(workers: &[Worker]) -> Vec<&Model> {
    workers.iter().map(|worker| &worker.model).collect()
}

/// Kind and details of the event of each operation.
type Log = BTreeMap<u64, (String, Value)>;

/// An operation under way happened if the audit log says so; then all of it must be there, else nothing.
fn apply(log: &Log, workers: &mut [Worker]) -> usize {
    let mut happened = 0;
    for worker in workers {
        let Some(operation) = worker.under_way.take() else { continue };
        if let Some((kind, detail)) = log.get(&operation.number) {
            assert!(operation.events().contains(&kind.as_str()), "{operation:?} left the event {kind}");
            worker.model.note(&operation, Proof::Recorded(kind, detail));
            happened += 1;
        }
    }
    happened
}

fn check_events(log: &Log, models: &[&Model]) {
    let expected: BTreeMap<u64, &str> = models
        .iter()
        .flat_map(|model| model.events.iter().map(|(number, kind)| (*number, kind.as_str())))
        .collect();
    let found: BTreeMap<u64, &str> = log.iter().map(|(number, (kind, _))| (*number, kind.as_str())).collect();
    same("the audit log, by operation", &expected, &found);
}

/// Compares two maps and shows only where they differ.
fn same<K: Ord + Debug, V: PartialEq + Debug>(what: &str, expected: &BTreeMap<K, V>, found: &BTreeMap<K, V>) {
    let missing: Vec<_> = expected.iter().filter(|(key, _)| !found.contains_key(*key)).collect();
    let extra: Vec<_> = found.iter().filter(|(key, _)| !expected.contains_key(*key)).collect();
    let other: Vec<_> = expected
        .iter()
        .filter_map(|(key, value)| found.get(key).filter(|is| *is != value).map(|is| (key, value, is)))
        .collect();
    assert!(
        missing.is_empty() && extra.is_empty() && other.is_empty(),
        "{what}: answered but missing: {missing:?}; there but never answered: {extra:?}; \
         other than answered (key, expected, found): {other:?}"
    );
}

struct Checker<'a> {
    client: &'a Client,
    world: &'a World,
}

impl Checker<'_> {
    async fn get(&self, path: &str) -> Value {
        self.client.ok(AGENT, Request::get(path, Some(&self.world.admin))).await
    }

    /// The status of each answer, several at a time.
    async fn statuses(&self, requests: Vec<Request>) -> Vec<u16> {
        let send = |request| async { self.client.answer(AGENT, request).await.status };
        stream::iter(requests).map(send).buffered(16).collect().await
    }

    /// The whole audit log; no operation may be in it twice.
    async fn audit_log(&self) -> Log {
        let mut log = Log::new();
        for page in 0.. {
            let path = format!("/api/v1/organization/audit-logs?limit=100&offset={}", page * 100);
            let mut list = self.get(&path).await;
            let events = list["auditLogs"].as_array_mut().unwrap();
            for event in events.iter_mut() {
                let agent = text(event, "/userAgent");
                if let Some(number) = agent.strip_prefix("operation-") {
                    let one = (text(event, "/event/type"), event["event"]["metadata"].take());
                    let before = log.insert(number.parse().unwrap(), one);
                    assert!(before.is_none(), "{agent} left two events");
                } else {
                    assert!(["setup", AGENT].contains(&agent.as_str()), "an event of {agent}");
                }
            }
            if events.len() < 100 {
                break;
            }
        }
        log
    }

    async fn secrets(&self, models: &[&Model]) -> usize {
        let path = format!("{SECRETS}?workspaceId={}&environment=dev&secretPath=/", self.world.project);
        let list = self.get(&path).await;
        let secret = |one: &Value| {
            (text(one, "/secretKey"), (text(one, "/secretValue"), one["version"].as_i64().unwrap()))
        };
        let found: BTreeMap<_, _> = list["secrets"].as_array().unwrap().iter().map(secret).collect();
        let expected = models.iter().flat_map(|model| model.secrets.clone()).collect();
        same("secrets with value and version", &expected, &found);
        found.len()
    }

    async fn identities(&self, models: &[&Model]) -> usize {
        let list = self.get(&format!("/api/v1/identities?orgId={}", self.world.org)).await;
        let identity = |one: &Value| (text(one, "/identityId"), text(one, "/identity/name"));
        let found = list["identities"].as_array().unwrap().iter().map(identity);
        let found: BTreeMap<_, _> = found.filter(|(_, name)| name.starts_with("workload-")).collect();
        let made = models.iter().flat_map(|model| &model.identities);
        same("identities", &made.map(|(id, number)| (id.clone(), identity_name(*number))).collect(), &found);
        found.len()
    }

    async fn each_identity(&self, models: &[&Model]) {
        let made = models.iter().flat_map(|model| &model.identities);
        let read = |(id, number): (&String, &u64)| {
            let (path, number) = (format!("/api/v1/identities/{id}"), *number);
            async move {
                let one = self.get(&path).await;
                assert_eq!(text(&one, "/identity/role"), "member");
                let kept = one["identity"]["metadata"].as_array().unwrap().iter();
                let kept: Vec<_> = kept.map(|entry| (&entry["key"], &entry["value"])).collect();
                let given = metadata(number);
                let given = given.as_array().unwrap().iter();
                let given: Vec<_> = given.map(|entry| (&entry["key"], &entry["value"])).collect();
                assert_eq!(kept, given, "metadata of {path}");
            }
        };
        stream::iter(made).map(read).buffer_unordered(16).collect::<Vec<()>>().await;
        let deleted = models.iter().flat_map(|model| &model.deleted_identities);
        let deleted =
            deleted.map(|id| Request::get(format!("/api/v1/identities/{id}"), Some(&self.world.admin)));
        let statuses = self.statuses(deleted.collect()).await;
        assert!(statuses.iter().all(|status| *status == 404), "deleted identities answer {statuses:?}");
    }

    async fn client_secrets(&self, models: &[&Model]) {
        let world = self.world;
        let list = self.get(&world.client_secrets()).await;
        let list = list["clientSecretData"].as_array().unwrap();
        let limited = list.iter().find(|one| one["id"] == world.limited.id).unwrap();
        let (uses, limit) = (&limited["clientSecretNumUses"], &limited["clientSecretNumUsesLimit"]);
        let granted: i64 = models.iter().map(|model| model.limited_logins).sum();
        assert_eq!(*uses, granted, "uses of the limited client secret");
        assert_eq!(*limit, LOGIN_LIMIT);
        assert!(granted <= LOGIN_LIMIT);

        let found: BTreeSet<String> = list.iter().map(|one| text(one, "/id")).collect();
        let living = || models.iter().flat_map(|model| &model.client_secrets);
        let expected = living().chain([&world.lasting, &world.limited]).map(|one| one.id.clone()).collect();
        assert_eq!(found, expected, "client secrets that are not revoked");
        let requests = living().filter_map(|one| Some(login(world, one.secret.as_deref()?)));
        let statuses = self.statuses(requests.collect()).await;
        assert!(statuses.iter().all(|status| *status == 200), "logins with living secrets: {statuses:?}");
        let revoked = models.iter().flat_map(|model| &model.revoked_client_secrets);
        let requests = revoked.filter_map(|one| Some(login(world, one.secret.as_deref()?)));
        let statuses = self.statuses(requests.collect()).await;
        assert!(statuses.iter().all(|status| *status == 401), "logins with revoked secrets: {statuses:?}");
    }

    async fn tokens(&self, models: &[&Model]) {
        let use_of = |token: &str| Request::get("/api/v1/identities/details", Some(token));
        let living = models.iter().flat_map(|model| &model.tokens).map(|one| use_of(&one.token));
        let statuses = self.statuses(living.collect()).await;
        assert!(statuses.iter().all(|status| *status == 200), "living tokens: {statuses:?}");
        let revoked = models.iter().flat_map(|model| &model.revoked_tokens).map(|one| use_of(&one.token));
        let statuses = self.statuses(revoked.collect()).await;
        assert!(statuses.iter().all(|status| *status == 401), "revoked tokens: {statuses:?}");
    }

    async fn lockout(&self, models: &[&Model]) {
        let failures: usize = models.iter().map(|model| model.wrong_logins).sum();
        assert!(failures > LOCKOUT_THRESHOLD, "the generator makes logins fail");
        let answer = self.client.answer(AGENT, guarded_login(self.world)).await;
        assert_eq!(answer.status, 401, "the right secret of a locked login: {}", answer.body);
        assert!(text(&answer.body, "/message").contains("temporarily locked"), "{}", answer.body);
    }
}
