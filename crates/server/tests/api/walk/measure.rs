//! What somebody can do, worked out apart from the server's own checks.

use serde_json::json;
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_policy::{Need, Object, Permissions, boundary, org, project};
use vouchsafe_server::access::{org_holdings, project_holdings};
use vouchsafe_store::MemberRef;
use vouchsafe_testkit::{Person, TestServer};

/// When: now, and when everything temporary that a walk gives holds or is over.
const LATER: [i64; 3] = [0, 3_700, 20_000];

/// A request that anybody could make.
#[derive(Clone, Debug)]
struct Request {
    need: Need,
    object: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain,
    Somewhere,
    Secret(&'static str, &'static str, &'static str),
    Folder(&'static str, &'static str),
    Identity(&'static str),
}

/// The names that rules of a walk speak of, and one that none does.
pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "prod", "staging"];
const PATHS: [&str; 3] = ["/", "/red", "/blue"];
pub(super) const NAMES: [&str; 2] = ["KEY", "ROOT_KEY"];

/// Every request that is asked about.
pub(super) struct Requests(Vec<Request>);

/// Which of the requests somebody can make, by time and number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Can(Vec<Vec<bool>>);

/// Numbers of requests.
#[derive(Debug)]
pub(super) struct Found(Vec<usize>);

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that somebody else cannot make at present.
    pub(super) fn beyond(&self, other: &Can) -> Self {
        Self(self.0.iter().copied().filter(|at| !other.0[0][*at]).collect())
    }
}

impl Can {
    /// What can be done at some time, and was not possible at that time before.
    pub(super) fn without(&self, before: Option<&Self>) -> Found {
        let is_new = |at: &usize| {
            self.0
                .iter()
                .enumerate()
                .any(|(when, can)| can[*at] && !before.is_some_and(|before| before.0[when][*at]))
        };
        Found((0..self.0[0].len()).filter(is_new).collect())
    }

    /// What can be done at some time, and by somebody else not at present.
    pub(super) fn beyond(&self, other: &Self) -> Found {
        self.without(None).beyond(other)
    }
}

impl Requests {
    pub(super) fn new() -> Self {
        let mut all: Vec<Request> =
            org::ALL.iter().map(|&need| Request { need, object: Kind::Plain }).collect();
        for &need in project::ALL {
            // Members see folders without it.
            if need == project::FOLDER_READ {
                continue;
            }
            let objects: Vec<Kind> = match need.subject {
                "secrets" => secrets().chain([Kind::Somewhere]).collect(),
                "secret-folders" | "secret-imports" => folders().chain([Kind::Somewhere]).collect(),
                "identity" => vec![Kind::Identity("one"), Kind::Identity("other"), Kind::Somewhere],
                _ => vec![Kind::Plain],
            };
            all.extend(objects.into_iter().map(|object| Request { need, object }));
        }
        Self(all)
    }

    /// What an identity can do, by what the database says that it holds.
    pub(super) async fn of(&self, server: &TestServer, project: &str, id: &str) -> Can {
        let held = held(server, project, id).await;
        let at = |held: &[Permissions; 2]| self.0.iter().map(|request| request.is_allowed(held)).collect();
        Can(held.iter().map(at).collect())
    }

    pub(super) fn in_words(&self, some: &Found) -> String {
        let words = some.0.iter().take(5).map(|at| format!("{:?}", self.0[*at]));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The exact boundary: one holds everything that another one holds now.
    pub(super) async fn assert_within(
        &self,
        server: &TestServer,
        project: &str,
        (actor, target): (&str, &str),
        told: &[String],
    ) {
        let (mine, theirs) = (held(server, project, actor).await, held(server, project, target).await);
        for (mine, theirs) in mine[0].iter().zip(&theirs[0]) {
            if let Err(missing) = boundary(mine, theirs) {
                panic!("{actor} got a credential of {target}: {missing}\n{}", told.join("\n"));
            }
        }
    }

    /// Requests that are really made, and questions about them, are answered as they are decided here.
    pub(super) async fn assert_that_routes_agree(&self, server: &TestServer, project: &str, who: &Person) {
        let [held, ..] = held(server, project, &who.id).await;
        for environment in ENVIRONMENTS {
            for name in NAMES {
                let query = format!("workspaceId={project}&environment={environment}&secretPath=/");
                let status = who.get(&format!("/api/v3/secrets/raw/{name}?{query}")).await.status;
                let object = Object::secret(environment, "/", name, &[]);
                let decided = held[1].allows(project::SECRET_READ_VALUE, &object);
                // The route asks whether the secret may be seen, too.
                let both = decided && held[1].allows(project::SECRET_DESCRIBE, &object);
                assert_eq!(status == 200, both, "{} {environment} {name}: {status}", who.id);
                let question = json!({
                    "projectId": project, "identityId": who.id, "subject": "secrets", "action": "readValue",
                    "resource": { "environment": environment, "secretPath": "/", "secretName": name, "secretTags": [] },
                });
                let explained = server.admin.post("/api/v1/access/explain", question).await.ok();
                assert_eq!(explained["allowed"], json!(decided), "{explained}");
            }
        }
        let body = json!({ "slug": "probe", "name": "probe", "permissions": [] });
        let made = who.post("/api/v1/organization/roles", body).await;
        assert_eq!(made.status == 200, held[0].allows(org::ROLE_CREATE, &Object::plain()), "{}", made.body);
        if made.status == 200 {
            let id = made.body["role"]["id"].as_str().unwrap();
            server.admin.delete(&format!("/api/v1/organization/roles/{id}")).await.ok();
        }
    }
}

/// What somebody holds in the organization and in the project, by time.
async fn held(server: &TestServer, project: &str, id: &str) -> [[Permissions; 2]; LATER.len()] {
    let (store, now) = (&server.app.store, server.app.now());
    let member = MemberRef::Identity(id.parse::<IdentityId>().unwrap());
    let project: ProjectId = project.parse().unwrap();
    let in_org = org_holdings(store, server.org, member).await.unwrap();
    let in_project = project_holdings(store, project, member).await.unwrap();
    LATER.map(|seconds| {
        let at = now.plus_seconds(seconds);
        [in_org.at(at).unwrap(), in_project.at(at).unwrap()]
    })
}

fn secrets() -> impl Iterator<Item = Kind> {
    places().flat_map(|(environment, path)| NAMES.map(|name| Kind::Secret(environment, path, name)))
}

fn folders() -> impl Iterator<Item = Kind> {
    places().map(|(environment, path)| Kind::Folder(environment, path))
}

fn places() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENVIRONMENTS.into_iter().flat_map(|environment| PATHS.map(|path| (environment, path)))
}

impl Request {
    fn is_allowed(&self, [in_org, in_project]: &[Permissions; 2]) -> bool {
        let object = match self.object {
            Kind::Plain => Object::plain(),
            Kind::Somewhere => Object::any(),
            Kind::Secret(environment, path, name) => Object::secret(environment, path, name, &[]),
            Kind::Folder(environment, path) => Object::folder(environment, path),
            Kind::Identity(id) => Object::identity(id),
        };
        let held = if self.need.level == in_org.level() { in_org } else { in_project };
        held.allows(self.need, &object)
    }
}
