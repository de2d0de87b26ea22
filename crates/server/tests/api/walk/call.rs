//! The calls of a walk.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, Person, TestServer};

use super::cast::{Cast, org_rules, project_rules};

const V2: &str = "/api/v2/identity-project-additional-privilege";
const TOKEN_AUTH: &str = "/api/v1/auth/token-auth/identities";
const UNIVERSAL_AUTH: &str = "/api/v1/auth/universal-auth/identities";

/// One call, with everything that was chosen for it.
#[derive(Debug)]
pub(super) enum Call {
    CreateIdentity { role: String, metadata: Value },
    CreateManaged { roles: Value },
    EditIdentity { id: String, change: Value },
    DeleteIdentity { id: String },
    MintToken { id: String },
    AddSecret { id: String },
    LogIn { secret: usize },
    CreateOrgRole { rules: Vec<Value> },
    EditOrgRole { id: String, rules: Vec<Value> },
    CreateRole { rules: Vec<Value> },
    EditRole { id: String, rules: Vec<Value> },
    DeleteRole { id: String },
    Join { id: String, roles: Value },
    EditMembership { id: String, roles: Value },
    Leave { id: String },
    CreateGroup { role: String },
    EditGroup { id: String, role: String },
    PutInto { group: String, id: String },
    TakeOut { group: String, id: String },
    GroupJoins { group: String, roles: Value },
    GroupLeaves { group: String },
    GivePrivilege { id: String, rules: Vec<Value>, temporary: bool },
    EditPrivilege { id: String, rules: Vec<Value> },
    TakePrivilege { id: String },
    LetTimePass,
}

/// What came of it.
pub(super) struct Made {
    pub(super) status: u16,
    /// Whose credential the caller has now.
    pub(super) credential_of: Option<String>,
    /// Nothing was called: the clock went on.
    pub(super) time_passed: bool,
}

impl Call {
    pub(super) fn random(dice: &mut StdRng, cast: &Cast) -> Self {
        let identity = |dice: &mut StdRng| {
            let marked = cast.marked.choose(dice).filter(|_| dice.random_range(0..3) == 0);
            marked.or_else(|| cast.identities.choose(dice)).expect("somebody").clone()
        };
        let org_role = |dice: &mut StdRng| {
            let custom = cast.org_roles.choose(dice).expect("a role").0.clone();
            [custom, "no-access".to_owned(), "member".to_owned()].choose(dice).expect("one").clone()
        };
        let of = |dice: &mut StdRng, list: &[String]| list.choose(dice).cloned();
        let of_roles =
            |dice: &mut StdRng, list: &[(String, String)]| list.choose(dice).expect("a role").1.clone();
        let group = of(dice, &cast.groups);
        let privilege = of(dice, &cast.privileges);
        match (dice.random_range(0..32), group, privilege) {
            (0..2, ..) => Self::CreateIdentity { role: org_role(dice), metadata: metadata(dice) },
            (2..4, ..) => Self::CreateManaged { roles: roles(dice, cast, false) },
            (4..6, ..) => {
                let change = if dice.random_range(0..2) == 0 {
                    json!({ "role": org_role(dice) })
                } else {
                    json!({ "metadata": metadata(dice) })
                };
                Self::EditIdentity { id: identity(dice), change }
            }
            (6, ..) if dice.random_range(0..3) == 0 => Self::DeleteIdentity { id: identity(dice) },
            (6..11, ..) => Self::MintToken { id: identity(dice) },
            (11..13, ..) => Self::AddSecret { id: identity(dice) },
            (13, ..) if !cast.secrets.is_empty() => {
                Self::LogIn { secret: dice.random_range(0..cast.secrets.len()) }
            }
            (13..15, ..) => Self::CreateOrgRole { rules: some(dice, &org_rules()) },
            (15, ..) => {
                Self::EditOrgRole { id: of_roles(dice, &cast.org_roles), rules: some(dice, &org_rules()) }
            }
            (16..18, ..) => Self::CreateRole { rules: some(dice, &project_rules()) },
            (18, ..) => Self::EditRole {
                id: of_roles(dice, &cast.project_roles),
                rules: some(dice, &project_rules()),
            },
            (19, ..) => Self::DeleteRole { id: of_roles(dice, &cast.project_roles) },
            (20, ..) => Self::Join { id: identity(dice), roles: roles(dice, cast, true) },
            (21..23, ..) => Self::EditMembership { id: identity(dice), roles: roles(dice, cast, true) },
            (23, ..) => Self::Leave { id: identity(dice) },
            (24, Some(group), _) => match dice.random_range(0..3) {
                0 => Self::EditGroup { id: group, role: org_role(dice) },
                1 => Self::GroupLeaves { group },
                _ => Self::TakeOut { group, id: identity(dice) },
            },
            (25..27, Some(group), _) => Self::PutInto { group, id: identity(dice) },
            (27, Some(group), _) => Self::GroupJoins { group, roles: roles(dice, cast, true) },
            (24..28, ..) => Self::CreateGroup { role: org_role(dice) },
            (28, _, Some(id)) => Self::EditPrivilege { id, rules: some(dice, &project_rules()) },
            (29, _, Some(id)) => Self::TakePrivilege { id },
            (28..31, ..) => Self::GivePrivilege {
                id: identity(dice),
                rules: some(dice, &project_rules()),
                temporary: dice.random_range(0..2) == 0,
            },
            _ => Self::LetTimePass,
        }
    }

    /// Makes the call, and notes in the cast what came of it.
    pub(super) async fn make(&self, server: &TestServer, cast: &mut Cast, by: &Person) -> Made {
        cast.made += 1;
        let answer = self.send(server, cast, by).await;
        let mut credential_of = None;
        if answer.status == 200 {
            credential_of = self.note(&answer, server, cast).await;
        }
        Made { status: answer.status, credential_of, time_passed: matches!(self, Self::LetTimePass) }
    }

    async fn send(&self, server: &TestServer, cast: &Cast, by: &Person) -> Answer {
        let project = &cast.project;
        let name = format!("w{}-{}", cast.seed, cast.made);
        let named_role = |rules: &[Value]| json!({ "slug": name, "name": name, "permissions": rules });
        let roles_of = format!("/api/v1/projects/{project}/roles");
        let membership = |id: &str| format!("/api/v1/projects/{project}/memberships/identities/{id}");
        let of_group = |group: &str| format!("/api/v1/projects/{project}/memberships/groups/{group}");
        match self {
            Self::CreateIdentity { role, metadata } => {
                let body =
                    json!({ "name": name, "organizationId": server.org, "role": role, "metadata": metadata });
                by.post("/api/v1/identities", body).await
            }
            Self::CreateManaged { roles } => {
                let body = json!({ "name": name, "roles": roles, "metadata": [] });
                by.post(&format!("/api/v1/projects/{project}/identities"), body).await
            }
            Self::EditIdentity { id, change } => {
                by.patch(&format!("/api/v1/identities/{id}"), change.clone()).await
            }
            Self::DeleteIdentity { id } => by.delete(&format!("/api/v1/identities/{id}")).await,
            Self::MintToken { id } => {
                // There may be one already.
                by.post(&format!("{TOKEN_AUTH}/{id}"), json!({})).await;
                by.post(&format!("{TOKEN_AUTH}/{id}/tokens"), json!({})).await
            }
            Self::AddSecret { id } => {
                by.post(&format!("{UNIVERSAL_AUTH}/{id}"), json!({})).await;
                by.post(&format!("{UNIVERSAL_AUTH}/{id}/client-secrets"), json!({})).await
            }
            Self::LogIn { secret } => {
                let (_, client_id, secret) = &cast.secrets[*secret];
                let body = json!({ "clientId": client_id, "clientSecret": secret });
                server.anonymous().post("/api/v1/auth/universal-auth/login", body).await
            }
            Self::CreateOrgRole { rules } => by.post("/api/v1/organization/roles", named_role(rules)).await,
            Self::EditOrgRole { id, rules } => {
                by.patch(&format!("/api/v1/organization/roles/{id}"), json!({ "permissions": rules })).await
            }
            Self::CreateRole { rules } => by.post(&roles_of, named_role(rules)).await,
            Self::EditRole { id, rules } => {
                by.patch(&format!("{roles_of}/{id}"), json!({ "permissions": rules })).await
            }
            Self::DeleteRole { id } => by.delete(&format!("{roles_of}/{id}")).await,
            Self::Join { id, roles } => by.post(&membership(id), json!({ "roles": roles })).await,
            Self::EditMembership { id, roles } => by.patch(&membership(id), json!({ "roles": roles })).await,
            Self::Leave { id } => by.delete(&membership(id)).await,
            Self::CreateGroup { role } => {
                by.post("/api/v1/groups", json!({ "name": name, "role": role })).await
            }
            Self::EditGroup { id, role } => {
                by.patch(&format!("/api/v1/groups/{id}"), json!({ "role": role })).await
            }
            Self::PutInto { group, id } => {
                by.post(&format!("/api/v1/groups/{group}/machine-identities/{id}"), json!({})).await
            }
            Self::TakeOut { group, id } => {
                by.delete(&format!("/api/v1/groups/{group}/machine-identities/{id}")).await
            }
            Self::GroupJoins { group, roles } => {
                let joined = by.post(&of_group(group), json!({ "roles": roles })).await;
                if joined.status == 400 {
                    by.patch(&of_group(group), json!({ "roles": roles })).await
                } else {
                    joined
                }
            }
            Self::GroupLeaves { group } => by.delete(&of_group(group)).await,
            Self::GivePrivilege { id, rules, temporary } => {
                let kind = if *temporary {
                    json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
                        "temporaryAccessStartTime": server.app.now().plus_seconds(3_600).to_string() })
                } else {
                    json!({ "isTemporary": false })
                };
                let body = json!({ "identityId": id, "projectId": project, "slug": name, "permissions": rules, "type": kind });
                by.post(V2, body).await
            }
            Self::EditPrivilege { id, rules } => {
                by.patch(&format!("{V2}/{id}"), json!({ "permissions": rules })).await
            }
            Self::TakePrivilege { id } => by.delete(&format!("{V2}/{id}")).await,
            Self::LetTimePass => {
                server.clock.advance_seconds(600);
                let answer = server.admin.get("/api/v1/identities/details").await;
                Answer { status: 204, ..answer }
            }
        }
    }

    /// Notes what was made; answers whose credential was obtained.
    async fn note(&self, answer: &Answer, server: &TestServer, cast: &mut Cast) -> Option<String> {
        let id = |pointer: &str| {
            answer
                .body
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{}", answer.body))
                .to_owned()
        };
        match self {
            Self::CreateIdentity { .. } | Self::CreateManaged { .. } => {
                cast.identities.push(id("/identity/id"));
            }
            Self::DeleteIdentity { id } => {
                cast.identities.retain(|one| one != id);
                cast.marked.retain(|one| one != id);
                cast.actors.retain(|one| one.id != *id);
                cast.secrets.retain(|one| one.0 != *id);
            }
            Self::MintToken { id: whose } => {
                cast.actors.push(holding(server, whose, &id("/accessToken")));
                return Some(whose.clone());
            }
            Self::AddSecret { id: whose } => {
                let attached = server.admin.get(&format!("{UNIVERSAL_AUTH}/{whose}")).await.body;
                // A method of an identity that a project manages is not shown to the administrator of another place.
                if let Some(client) = attached["identityUniversalAuth"]["clientId"].as_str() {
                    cast.secrets.push((whose.clone(), client.to_owned(), id("/clientSecret")));
                }
                return Some(whose.clone());
            }
            Self::LogIn { secret } => {
                let whose = cast.secrets[*secret].0.clone();
                cast.actors.push(holding(server, &whose, &id("/accessToken")));
            }
            Self::CreateOrgRole { .. } => {
                let slug = format!("w{}-{}", cast.seed, cast.made);
                cast.org_roles.push((slug, id("/role/id")));
            }
            Self::CreateRole { .. } => {
                let slug = format!("w{}-{}", cast.seed, cast.made);
                cast.project_roles.push((slug, id("/role/id")));
            }
            Self::DeleteRole { id } => cast.project_roles.retain(|(_, one)| one != id),
            Self::CreateGroup { .. } => cast.groups.push(id("/id")),
            Self::GivePrivilege { .. } => cast.privileges.push(id("/privilege/id")),
            Self::TakePrivilege { id } => cast.privileges.retain(|one| one != id),
            _ => {}
        }
        None
    }
}

fn holding(server: &TestServer, id: &str, token: &str) -> Person {
    let mut person = server.admin.with_token(token);
    id.clone_into(&mut person.id);
    person
}

/// One to three of these.
fn some(dice: &mut StdRng, from: &[Value]) -> Vec<Value> {
    let count = dice.random_range(1..=3);
    (0..count).map(|_| from.choose(dice).expect("a rule").clone()).collect()
}

fn metadata(dice: &mut StdRng) -> Value {
    let team = ["red", "blue"].choose(dice).expect("one");
    let environment = ["dev", "prod"].choose(dice).expect("one");
    match dice.random_range(0..4) {
        0 => json!([]),
        1 => json!([{ "key": "team", "value": team }]),
        _ => json!([{ "key": "team", "value": team }, { "key": "env", "value": environment }]),
    }
}

/// One or two roles of the project, perhaps for a time.
fn roles(dice: &mut StdRng, cast: &Cast, temporary: bool) -> Value {
    let count = dice.random_range(1..=2);
    let one = |dice: &mut StdRng| {
        let custom = cast.project_roles.choose(dice).expect("a role").0.clone();
        let all = [custom.clone(), custom, "viewer".to_owned(), "member".to_owned(), "no-access".to_owned()];
        let slug = all.choose(dice).expect("one");
        if temporary && dice.random_range(0..4) == 0 {
            return json!({ "role": slug, "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "2h",
                "temporaryAccessStartTime": "2026-11-24T01:00:00Z" });
        }
        json!({ "role": slug, "isTemporary": false })
    };
    (0..count).map(|_| one(dice)).collect()
}
