//! Who takes part in a walk.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer};

use super::measure::{Can, ENVIRONMENTS, NAMES, Requests};
use crate::people::text;
use crate::roles::{org_role, role, rule, secrets};

/// Everybody and everything that calls of a walk may name.
pub(super) struct Cast {
    pub(super) seed: u64,
    pub(super) project: String,
    /// Those who hold a token.
    pub(super) actors: Vec<Person>,
    /// Every identity of the walk.
    pub(super) identities: Vec<String>,
    /// Those that calls shall often name: what they hold looks like less than it is.
    pub(super) marked: Vec<String>,
    /// Client id and secret, with the identity.
    pub(super) secrets: Vec<(String, String, String)>,
    /// Slug and id of custom roles.
    pub(super) org_roles: Vec<(String, String)>,
    pub(super) project_roles: Vec<(String, String)>,
    pub(super) groups: Vec<String>,
    /// Id of additional privileges.
    pub(super) privileges: Vec<String>,
    /// How many things were made, for their names.
    pub(super) made: usize,
}

fn all(subject: &str) -> Value {
    let crud = ["read", "create", "edit", "delete"];
    let more: &[&str] = match subject {
        "identity" => {
            &["edit-auth", "revoke-auth", "create-token", "get-token", "delete-token", "grant-privileges"]
        }
        "groups" => &["grant-privileges"],
        _ => &[],
    };
    rule(subject, &[&crud[..], more].concat())
}

/// Rules that walks put into project roles and privileges.
pub(super) fn project_rules() -> Vec<Value> {
    let read = |conditions: Value| json!({ "subject": "secrets", "action": ["readValue", "describeSecret"], "conditions": conditions });
    let forbid = |conditions: Value| json!({ "subject": "secrets", "action": ["readValue", "edit"], "inverted": true, "conditions": conditions });
    vec![
        read(json!({ "environment": "dev" })),
        read(json!({ "environment": "prod" })),
        read(json!({ "environment": { "$in": ["dev", "staging"] }, "secretPath": { "$glob": "/red/**" } })),
        read(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } })),
        read(json!({ "environment": "{{identity.metadata.env}}" })),
        read(json!({ "secretName": { "$ne": "ROOT_KEY" } })),
        secrets(&["edit", "create"], "dev"),
        forbid(json!({ "environment": "prod" })),
        forbid(json!({ "secretName": { "$glob": "ROOT_*" } })),
        forbid(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } })),
        rule("identity", &["read", "create-token"]),
        rule("role", &["read", "create"]),
        rule("tags", &["read", "create"]),
    ]
}

/// Rules that walks put into organization roles.
pub(super) fn org_rules() -> Vec<Value> {
    vec![
        rule("identity", &["read", "create"]),
        rule("identity", &["edit", "edit-auth", "create-token"]),
        rule("identity", &["grant-privileges"]),
        rule("role", &["read", "create"]),
        rule("role", &["edit"]),
        rule("groups", &["read", "create"]),
        rule("audit-logs", &["read"]),
        rule("settings", &["edit"]),
    ]
}

impl Cast {
    /// A project and actors of different strength in it.
    pub(super) async fn assemble(server: &TestServer, seed: u64) -> Self {
        let admin = &server.admin;
        let project = text(&server.project(&format!("walk {seed}")).await["id"]).to_owned();
        for environment in ENVIRONMENTS {
            for name in NAMES {
                let body = json!({ "workspaceId": project, "environment": environment, "secretValue": "v" });
                admin.post(&format!("/api/v3/secrets/raw/{name}"), body).await.ok();
            }
        }
        let managing = vec![all("identity"), all("role"), rule("groups", GROUPS), rule("member", &["read"])];
        let minting = vec![rule("identity", &["read", "create", "edit", "edit-auth", "create-token"])];
        let reading =
            json!({ "subject": "secrets", "action": ["readValue", "describeSecret", "edit", "create"] });
        let forbidden = json!({ "subject": "secrets", "action": ["readValue", "edit"], "inverted": true, "conditions": { "environment": "prod" } });
        let leading =
            vec![reading, forbidden, all("identity"), all("role"), all("groups"), rule("tags", &["read"])];
        let junior = vec![secrets(&["readValue", "describeSecret"], "dev"), all("identity"), all("groups")];
        let slug = |name: &str| format!("{name}-{seed}");
        let mut org_roles = Vec::new();
        for (name, rules) in [("managing", managing), ("minting", minting)] {
            org_roles.push((slug(name), org_role(admin, &slug(name), rules).await));
        }
        let mut project_roles = Vec::new();
        for (name, rules) in [("leading", leading), ("junior", junior)] {
            project_roles.push((slug(name), role(admin, &project, &slug(name), rules).await));
        }
        let mut actors = vec![admin.clone()];
        for (in_org, in_project) in [
            (slug("managing"), slug("leading")),
            (slug("managing"), slug("junior")),
            (slug("minting"), "viewer".to_owned()),
            ("no-access".to_owned(), "admin".to_owned()),
            ("no-access".to_owned(), slug("leading")),
            ("no-access".to_owned(), slug("junior")),
        ] {
            let person = server.identity(&format!("{in_org} {in_project}"), &in_org).await;
            let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", person.id);
            admin.post(&path, json!({ "role": in_project })).await.ok();
            actors.push(person);
        }
        let mut identities: Vec<String> = actors[1..].iter().map(|actor| actor.id.clone()).collect();
        let (marked, privilege) = mark(server, &project, &slug("junior")).await;
        identities.extend(marked.iter().cloned());
        Self {
            seed,
            groups: vec![strong_group(server, &project, seed).await],
            project,
            actors,
            identities,
            marked,
            secrets: Vec::new(),
            org_roles,
            project_roles,
            privileges: vec![privilege],
            made: 0,
        }
    }

    /// Somebody with a token; the administrator less often than others.
    pub(super) fn somebody(&self, dice: &mut StdRng) -> &Person {
        let from = usize::from(dice.random_range(0..6) > 0);
        &self.actors[dice.random_range(from..self.actors.len())]
    }

    /// What everybody can do.
    pub(super) async fn measure(&self, server: &TestServer, requests: &Requests) -> BTreeMap<String, Can> {
        let mut can = BTreeMap::new();
        for id in self.identities.iter().chain([&server.admin.id]) {
            can.insert(id.clone(), requests.of(server, &self.project, id).await);
        }
        can
    }

    /// Tokens that were obtained do what is decided, when they are used.
    pub(super) async fn assert_that_routes_agree(&self, server: &TestServer, requests: &Requests) {
        for actor in self.actors.iter().skip(1).rev().take(8) {
            if actor.get("/api/v1/identities/details").await.status == 200 {
                requests.assert_that_routes_agree(server, &self.project, actor).await;
            }
        }
    }
}

/// Identities that hold more later, or with other metadata, or without the privilege that is answered too.
async fn mark(server: &TestServer, project: &str, junior: &str) -> (Vec<String>, String) {
    let admin = &server.admin;
    let read = |conditions: Value| json!({ "subject": "secrets", "action": ["readValue"], "conditions": conditions });
    role(admin, project, "own", vec![read(json!({ "environment": "{{identity.metadata.env}}" }))]).await;
    role(admin, project, "wide", vec![rule("secrets", &["readValue"])]).await;
    let permanent = |slug: &str| json!({ "role": slug, "isTemporary": false });
    let later = json!({ "role": "admin", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "2 days",
        "temporaryAccessStartTime": server.app.now().plus_seconds(3_600).to_string() });
    let mut marked = Vec::new();
    for (name, roles) in [
        ("later", json!([permanent(junior), later])),
        ("own", json!([permanent("own")])),
        ("limited", json!([permanent("wide")])),
    ] {
        let body = json!({ "name": name, "organizationId": server.org, "role": "no-access",
            "metadata": [{ "key": "env", "value": "dev" }] });
        let id = text(&admin.post("/api/v1/identities", body).await.ok()["identity"]["id"]).to_owned();
        let path = format!("/api/v1/projects/{project}/memberships/identities/{id}");
        admin.post(&path, json!({ "roles": roles })).await.ok();
        marked.push(id);
    }
    let mut forbid = read(json!({ "environment": "prod" }));
    forbid["inverted"] = json!(true);
    let body = json!({ "identityId": marked[2], "projectId": project, "permissions": [forbid], "type": { "isTemporary": false } });
    let made = admin.post("/api/v2/identity-project-additional-privilege", body).await.ok();
    (marked, text(&made["privilege"]["id"]).to_owned())
}

/// A group that gives much.
async fn strong_group(server: &TestServer, project: &str, seed: u64) -> String {
    let body = json!({ "name": format!("strong {seed}"), "role": "no-access" });
    let id = text(&server.admin.post("/api/v1/groups", body).await.ok()["id"]).to_owned();
    let path = format!("/api/v1/projects/{project}/memberships/groups/{id}");
    server.admin.post(&path, json!({ "role": "admin" })).await.ok();
    id
}

const GROUPS: &[&str] =
    &["read", "create", "edit", "delete", "grant-privileges", "add-identities", "remove-identities"];
