//! Every route of the table, walked: who is refused, and what bad input gets.

use reqwest::Method;
use serde_json::{Value, json};
use vouchsafe_policy::{Level, Need};
use vouchsafe_server::http::route::{Access, Route};
use vouchsafe_server::http::routes;
use vouchsafe_testkit::{Answer, Person, TestServer, both};

use crate::people::person;

both!(
    every_route_refuses_who_may_not,
    the_needed_permission_is_enough,
    every_route_answers_bad_input_with_a_clear_refusal,
);

/// An organization with one of everything, and the values that name it.
struct World {
    values: Value,
}

impl World {
    async fn make(server: &TestServer) -> Self {
        let admin = &server.admin;
        let project = server.project("walked").await;
        let id = project["id"].as_str().unwrap().to_owned();
        let identity = server.project_member(&id, "viewer").await;
        let managed =
            admin.post(&format!("/api/v1/projects/{id}/identities"), json!({ "name": "managed" })).await.body;
        let (client_id, client_secret) = server.universal_auth(&identity.id, json!({})).await;
        let base = format!("/api/v1/auth/universal-auth/identities/{}", identity.id);
        let secrets = admin.get(&format!("{base}/client-secrets")).await.ok();
        let tokens =
            admin.get(&format!("/api/v1/auth/token-auth/identities/{}/tokens", identity.id)).await.ok();
        let place = json!({ "workspaceId": id, "projectId": id, "environment": "dev", "path": "/", "secretPath": "/" });
        let with = |more: Value| {
            let mut all = place.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let folder = admin.post("/api/v1/folders", with(json!({ "name": "walked" }))).await.ok();
        let secret = admin.post("/api/v3/secrets/raw/WALKED", with(json!({ "secretValue": "v" }))).await.ok();
        let import = json!({ "import": { "environment": "staging", "path": "/" } });
        let import = admin.post("/api/v1/secret-imports", with(import)).await.body;
        let tag = admin
            .post(&format!("/api/v1/projects/{id}/tags"), json!({ "slug": "walked", "color": "" }))
            .await
            .ok();
        let membership =
            admin.get(&format!("/api/v2/workspace/{id}/identity-memberships/{}", identity.id)).await.ok();
        let role = json!({ "slug": "walked", "name": "walked", "permissions": [] });
        let org_role = admin.post("/api/v1/organization/roles", role.clone()).await.ok();
        let role = admin.post(&format!("/api/v1/projects/{id}/roles"), role).await.ok();
        let group = admin.post("/api/v1/groups", json!({ "name": "walked" })).await.ok();
        let group_id = group["id"].as_str().unwrap();
        admin.post(&format!("/api/v2/workspace/{id}/groups/{group_id}"), json!({})).await.ok();
        admin
            .post(&format!("/api/v1/groups/{group_id}/machine-identities/{}", identity.id), json!({}))
            .await
            .ok();
        let privilege =
            json!({ "identityId": identity.id, "projectId": id, "slug": "walked", "permissions": [] });
        let privilege = admin.post("/api/v2/identity-project-additional-privilege", privilege).await.ok();
        person(server, "walked@example.com", "no-access").await;
        let user = json!({ "emails": ["walked@example.com"], "roleSlugs": ["no-access"] });
        let user = admin.post(&format!("/api/v1/projects/{id}/memberships"), user).await.ok();
        let user = user["memberships"][0]["id"].as_str().unwrap();
        let of_user = json!({ "projectMembershipId": user, "permissions": [] });
        let of_user = admin.post("/api/v1/user-project-additional-privilege", of_user).await.ok();
        let refused = identity.get(&format!("/api/v1/identities?orgId={}", server.org)).await;
        let names = json!({
            "requestId": refused.body["reqId"], "subject": "secrets", "action": "readValue",
            "groupId": group_id, "privilegeId": privilege["privilege"]["id"], "privilegeSlug": "walked",
            "userPrivilegeId": of_user["privilege"]["id"], "projectMembershipId": user, "privilegeDetails": {},
            "projectId": id, "workspaceId": id, "id": id, "projectSlug": project["slug"], "slug": project["slug"],
            "workspaceSlug": project["slug"],
            "identityId": identity.id, "managed": managed["identity"]["id"],
            "clientSecretId": secrets["clientSecretData"][0]["id"], "tokenId": tokens["tokens"][0]["id"],
            "clientId": client_id, "clientSecret": client_secret,
            "organizationId": server.org, "orgId": server.org,
            "envId": project["environments"][0]["id"], "envSlug": "dev", "env": "dev", "environment": "dev",
            "folderId": folder["folder"]["id"], "idOrName": folder["folder"]["id"], "folder": folder["folder"]["id"],
            "secretId": secret["secret"]["id"], "secretName": "WALKED", "secretKey": "WALKED", "name": "walked",
            "importId": import["secretImport"]["id"], "tagId": tag["tag"]["id"], "tagSlug": "walked",
            "identityMembershipId": membership["identityMembership"]["id"],
            "membershipId": membership["identityMembership"]["id"],
            "userId": "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e", "sessionId": "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e",
        });
        let fields = json!({
            "sourceId": "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e", "walkedPath": "walked", "roleId": role["role"]["id"], "orgRoleId": org_role["role"]["id"], "roleSlug": "member", "permissions": [], "role": "no-access", "roles": [{ "role": "no-access", "isTemporary": false }],
            "path": "/", "secretPath": "/", "directory": "/", "secretValue": "v", "projectName": "walked",
            "import": { "environment": "prod", "path": "/" }, "tagSlugs": ["walked"], "secretIds": [secret["secret"]["id"]],
            "secrets": [{ "secretKey": "WALKED", "secretValue": "v" }], "color": "", "username": "a@b.example",
            "sourceEnvironment": "dev", "sourceSecretPath": "/", "destinationEnvironment": "prod",
            "destinationSecretPath": "/", "folders": [{ "id": folder["folder"]["id"], "environment": "dev", "name": "n", "path": "/" }],
            "emails": ["a@b.example"], "usernames": ["a@b.example"], "roleSlugs": ["no-access"],
            "inviteeEmails": ["a@b.example"], "organizationRoleSlug": "no-access", "email": "a@b.example",
            "auditLogsRetentionDays": 30, "accessToken": "x", "type": "shared", "description": "d",
        });
        let mut values = names;
        values.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Self { values }
    }

    /// The path with its parameters filled in.
    fn path(&self, route: &Route) -> String {
        let mut path = String::new();
        for part in route.path.split('/').skip(1) {
            path.push('/');
            match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => {
                    let name = match name {
                        "identityId" if route.path.contains("{projectId}/identities") => "managed",
                        "slug" if route.path.contains("/roles/") => "roleSlug",
                        "slug" if route.path.contains("/tags/") => "tagSlug",
                        "slug" if route.path.contains("/environments/") => "envSlug",
                        "folderPath" => "walkedPath",
                        "privilegeId" if route.path.contains("/user-project") => "userPrivilegeId",
                        "roleId" if route.path.contains("/organization/") => "orgRoleId",
                        name => name,
                    };
                    path.push_str(
                        self.values[name]
                            .as_str()
                            .unwrap_or_else(|| panic!("no value for {name} of {route:?}")),
                    );
                }
                None => path.push_str(part),
            }
        }
        path
    }

    /// Query parameters for GET; everything, as unknown ones are ignored.
    fn query(&self) -> String {
        let one = |name: &str| format!("{name}={}", self.values[name].as_str().unwrap());
        [
            "workspaceId",
            "projectId",
            "environment",
            "orgId",
            "identityId",
            "projectSlug",
            "projectMembershipId",
        ]
        .map(one)
        .join("&")
    }

    async fn call(&self, person: &Person, route: &Route, body: &Value) -> Answer {
        let path = self.path(route);
        if route.method == Method::GET {
            return person.get(&format!("{path}?{}", self.query())).await;
        }
        let mut body = body.clone();
        if route.path.contains("additional-privilege") || route.path.ends_with("/access/diff") {
            body["type"] = json!({ "isTemporary": false });
        }
        person.send(person.request(route.method.clone(), &path).json(&body)).await
    }
}

fn needs_permission(route: &Route) -> bool {
    matches!(
        route.access,
        Access::Org(_)
            | Access::Project(_)
            | Access::ProjectMember
            | Access::Either { .. }
            | Access::Identity { .. }
    )
}

/// Whether the request names something that belongs to an organization.
fn names_something(route: &Route) -> bool {
    let by_id = route.path.contains("Id}");
    !matches!(route.access, Access::Org(_)) || by_id || route.path == "/api/v1/identities"
}

/// The table as people read it. `UPDATE_DOCS=1 cargo test -p vouchsafe-server --test api` writes it anew.
#[test]
fn the_documented_permissions_are_those_of_the_table() {
    let mut page = String::from(
        "# Routes and the permission each needs\n\nMade from the route table that the server enforces; a test keeps \
         the two equal.\n\n| route | needs |\n| --- | --- |\n",
    );
    for route in routes() {
        let needs = vouchsafe_server::http::openapi::needs(route.access);
        page.extend(["| `", route.method.as_str(), " ", route.path, "` | ", needs.as_str(), " |\n"]);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permissions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == written,
        "docs/permissions.md is out of date: run UPDATE_DOCS=1 cargo test -p vouchsafe-server --test api"
    );
}

async fn every_route_refuses_who_may_not(server: TestServer) {
    let world = World::make(&server).await;
    let stranger = server.stranger().await;
    let nobody = server.identity("nobody", "no-access").await;
    let mut wrong = Vec::new();
    let mut expect = |route: &Route, who: &str, answer: Answer, statuses: &[u16]| {
        if !statuses.contains(&answer.status) {
            wrong.push(format!(
                "{who}: {} {} answered {} {}",
                route.method, route.path, answer.status, answer.body
            ));
        }
    };
    for route in routes() {
        if route.access == Access::Open {
            continue;
        }
        let anonymous = world.call(&server.anonymous(), route, &world.values).await;
        expect(route, "anonymous", anonymous, &[401]);
        let forged = server.anonymous().with_token("eyJhbGciOiJub25lIn0.e30.");
        expect(route, "forged token", world.call(&forged, route, &world.values).await, &[403]);
        if !needs_permission(route) {
            continue;
        }
        expect(route, "no role", world.call(&nobody, route, &world.values).await, &[403]);
        if names_something(route) {
            expect(route, "stranger", world.call(&stranger, route, &world.values).await, &[404]);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(routes().len() > 150, "only {} routes were walked", routes().len());
}

/// Somebody with a custom role that holds just this permission, where the route asks for it.
async fn with_just(server: &TestServer, world: &World, need: Need) -> Person {
    let rule = json!({ "subject": need.subject, "action": [need.action] });
    let slug = format!("{}-{}", need.subject, need.action.to_lowercase());
    let custom = json!({ "slug": slug, "name": slug, "permissions": [rule] });
    match need.level {
        Level::Organization => {
            server.admin.post("/api/v1/organization/roles", custom).await.ok();
            server.identity(&slug, &slug).await
        }
        Level::Project => {
            let project = world.values["projectId"].as_str().unwrap();
            server.admin.post(&format!("/api/v1/projects/{project}/roles"), custom).await.ok();
            server.project_member(project, &slug).await
        }
    }
}

/// The permission that a route asks of somebody who names what the world names.
fn need_of(route: &Route) -> Option<Need> {
    match route.access {
        Access::Org(need) | Access::Project(need) | Access::Either { org: need, .. } => Some(need),
        Access::Identity { org, .. } if !route.path.contains("{projectId}") => Some(org),
        Access::Identity { project, .. } => Some(project),
        _ => None,
    }
}

async fn the_needed_permission_is_enough(server: TestServer) {
    let world = World::make(&server).await;
    let mut people: Vec<(Need, Person)> = Vec::new();
    let mut wrong = Vec::new();
    for need in routes().iter().filter_map(need_of) {
        if !people.iter().any(|(known, _)| *known == need) {
            people.push((need, with_just(&server, &world, need).await));
        }
    }
    // What deletes comes last, so that all others meet a world with something in it.
    let (deleting, others): (Vec<_>, Vec<_>) =
        routes().iter().partition(|route| route.method == Method::DELETE);
    for route in others.into_iter().chain(deleting) {
        let Some(need) = need_of(route) else { continue };
        let (_, person) = people.iter().find(|(known, _)| *known == need).unwrap();
        let answer = world.call(person, route, &world.values).await;
        let needed = format!("You are not allowed to {} on {}", need.action, need.subject);
        // Some ask for more than one permission, and the identity that is named holds more than one.
        let explained = answer.body["error"] == "PermissionBoundaryError"
            || answer.body["message"].as_str().is_some_and(|text| text.contains("view secret value"))
            || (answer.body["error"] == "PermissionDenied" && answer.body["message"] != needed);
        if answer.status >= 500 || answer.status == 401 || (answer.status == 403 && !explained) {
            wrong.push(format!("{} {} answered {}", route.method, route.path, answer.body));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(people.len() > 50, "only {} permissions were tried", people.len());
}

async fn every_route_answers_bad_input_with_a_clear_refusal(server: TestServer) {
    let world = World::make(&server).await;
    let mut wrong = Vec::new();
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let large = "x".repeat(1_100_000);
    // What deletes comes last, so that all others meet a world with something in it.
    let (deleting, others): (Vec<_>, Vec<_>) =
        routes().iter().partition(|route| route.method == Method::DELETE);
    for route in others.into_iter().chain(deleting) {
        let mut check = |what: &str, answer: Answer, statuses: &[u16]| {
            let shaped = answer.body["reqId"].is_string() && answer.body["statusCode"] == answer.status;
            let fits = if statuses.is_empty() {
                answer.status < 500
            } else {
                statuses.contains(&answer.status) && shaped
            };
            if !fits {
                wrong.push(format!(
                    "{what}: {} {} answered {} {}",
                    route.method, route.path, answer.status, answer.body
                ));
            }
        };
        let path = world.path(route);
        let admin = &server.admin;
        if route.method != Method::GET && route.access != Access::Person {
            let send = async |kind: &str, body: String| {
                let request =
                    admin.request(route.method.clone(), &path).header("content-type", kind).body(body);
                admin.send(request).await
            };
            check("broken JSON", send("application/json", "{\"a\":".to_owned()).await, &[400]);
            check("not an object", send("application/json", "[1]".to_owned()).await, &[422]);
            check("too deep", send("application/json", format!("{{\"a\":{deep}}}")).await, &[400]);
            check("too large", send("application/json", format!("{{\"a\":\"{large}\"}}")).await, &[413]);
            check("wrong kind", send("text/xml", "<a/>".to_owned()).await, &[415]);
        }
        // Every field in turn is of the wrong kind; nothing may become a fault of the server.
        for hostile in [
            json!({ "x": [] }),
            json!([[]]),
            json!(-1.5),
            json!("\u{0}"),
            json!("%00 ${'{'}../\u{7}"),
            json!(1e300),
        ] {
            let mut body = world.values.clone();
            for field in body.as_object_mut().unwrap().values_mut() {
                *field = hostile.clone();
            }
            let answer = admin.send(admin.request(route.method.clone(), &path).json(&body)).await;
            check("hostile fields", answer, &[]);
        }
        if route.path.contains("Id}") {
            let broken =
                route.path.split('/').map(|part| if part.starts_with('{') { "not%20a%20uuid" } else { part });
            let broken = broken.collect::<Vec<_>>().join("/");
            let answer = admin.send(admin.request(route.method.clone(), &broken).json(&world.values)).await;
            check("broken id", answer, &[403, 404, 422]);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
