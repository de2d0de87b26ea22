//! Lists of identities by role: what the index says is what memberships, roles and groups say.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_store::{
    GroupParts, Identity, IdentityFilter, IdentityMatch, IdentityOrder, ManagedBy, MemberRef, NewIdentity,
    NewRoleRef, Page, Role, RoleParts, RoleScope, VisibleRoles,
};
use vouchsafe_testkit::{Engine, execute};

use crate::fixture::{Fixture, both};

both!(an_older_database_learns_roles_and_names);

const BUILT_IN: [&str; 3] = ["admin", "member", "no-access"];
/// The first slugs of the custom roles, and those that they may get.
const SLUGS: [&str; 3] = ["auditor", "builder", "zookeeper"];
const NEW_SLUGS: [&str; 4] = ["adm", "deployer", "members", "zoo"];

/// What happens to identities and roles; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Make { name: String, role: usize, project: bool },
    Rename(usize, String),
    Give { identity: usize, role: usize },
    NewSlug { role: usize, slug: usize },
    Join { identity: usize, role: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let name = || "[abA]{1,3}";
    let (identity, role) = (|| 0..1000_usize, || 0..6_usize);
    prop_oneof![
        4 => (name(), role(), prop::bool::weighted(0.2))
            .prop_map(|(name, role, project)| Step::Make { name, role, project }),
        1 => (identity(), name()).prop_map(|(identity, name)| Step::Rename(identity, name)),
        3 => (identity(), role()).prop_map(|(identity, role)| Step::Give { identity, role }),
        1 => (0..3_usize, 0..4_usize).prop_map(|(role, slug)| Step::NewSlug { role, slug }),
        1 => (identity(), role()).prop_map(|(identity, role)| Step::Join { identity, role }),
    ]
}

/// A database on which steps are done, and which groups' roles its identities got.
struct World {
    here: Fixture,
    project: ProjectId,
    ids: Vec<IdentityId>,
    joined: HashMap<IdentityId, Vec<usize>>,
}

impl World {
    async fn new(engine: Engine) -> Self {
        let here = Fixture::new(engine).await;
        let mut change = here.change().await;
        for slug in SLUGS {
            change.insert_role(RoleScope::Organization(here.org), &parts(slug)).await.unwrap();
        }
        change.commit().await.unwrap();
        let project = ProjectId::from_uuid(Uuid::from_u128(7));
        Self { here, project, ids: Vec::new(), joined: HashMap::new() }
    }

    /// The custom roles in the order in which they were made.
    async fn custom(&self) -> Vec<Role> {
        let mut roles = self.here.store.custom_roles(RoleScope::Organization(self.here.org)).await.unwrap();
        roles.sort_by_key(|role| role.id);
        roles
    }

    async fn role(&self, number: usize) -> NewRoleRef {
        match BUILT_IN.get(number) {
            Some(slug) => NewRoleRef::built_in(slug),
            None => self.custom().await[number - 3].to_give(),
        }
    }

    async fn identity(&self, id: IdentityId) -> Identity {
        self.here.store.identity(self.here.org, id).await.unwrap().unwrap()
    }

    async fn all(&self) -> Vec<Identity> {
        let mut all = Vec::new();
        for id in &self.ids {
            all.push(self.identity(*id).await);
        }
        all
    }

    async fn run(&mut self, step: &Step) {
        let some = |number: usize| (!self.ids.is_empty()).then(|| self.ids[number % self.ids.len()]);
        let mut change = self.here.change().await;
        match step {
            Step::Make { name, role, project } => {
                let new = NewIdentity {
                    org: self.here.org,
                    project: project.then_some(self.project),
                    name,
                    role: self.role(*role).await,
                    has_delete_protection: false,
                    instance_admin: false,
                };
                let id = change.insert_identity(&new).await.unwrap();
                self.ids.push(id);
            }
            Step::Rename(identity, name) => {
                let Some(id) = some(*identity) else { return };
                change.update_identity(id, name, false).await.unwrap();
            }
            Step::Give { identity, role } => {
                let Some(id) = some(*identity) else { return };
                let (before, role) = (self.identity(id).await, self.role(*role).await);
                assert!(change.set_identity_org_role(&before, &role).await.unwrap());
            }
            Step::NewSlug { role, slug } => {
                let roles = self.custom().await;
                let slug = NEW_SLUGS[*slug];
                if roles.iter().all(|role| role.slug != slug) {
                    assert!(change.update_role(&roles[*role], &parts(slug)).await.unwrap());
                }
            }
            Step::Join { identity, role } => {
                let Some(id) = some(*identity) else { return };
                let slug = Uuid::new_v4().to_string();
                let group = GroupParts { name: "Some", slug: &slug, role: self.role(*role).await };
                let group = change.insert_group(self.here.org, &group).await.unwrap();
                change.commit().await.unwrap();
                let group = self.here.store.group(self.here.org, group).await.unwrap().unwrap();
                change = self.here.change().await;
                change.add_to_group(&group, MemberRef::Identity(id)).await.unwrap();
                self.joined.entry(id).or_default().push(*role);
            }
        }
        change.commit().await.unwrap();
    }

    async fn filter(&self, asked: &Asked) -> IdentityFilter {
        let custom = self.custom().await;
        let visible = asked.visible.as_ref().map(|numbers| VisibleRoles {
            built_in: numbers.iter().filter_map(|n| BUILT_IN.get(*n)).map(ToString::to_string).collect(),
            custom: numbers.iter().filter(|n| **n >= 3).map(|n| custom[*n - 3].id).collect(),
        });
        let managed_by = match asked.managed_by {
            0 => ManagedBy::Organization,
            1 => ManagedBy::Projects(vec![self.project]),
            _ => ManagedBy::Any(vec![self.project]),
        };
        IdentityFilter { any: asked.any.clone(), managed_by, visible_roles: visible, state: None }
    }

    /// Whether an identity is in the list, by what its membership, its role and its groups say.
    async fn is_in(&self, asked: &Asked, identity: &Identity) -> bool {
        let custom = self.custom().await;
        let number = match &identity.custom_role {
            None => BUILT_IN.iter().position(|slug| *slug == identity.role).unwrap(),
            Some(role) => 3 + custom.iter().position(|one| one.id == role.id).unwrap(),
        };
        let groups = self.joined.get(&identity.id).cloned().unwrap_or_default();
        let seen = asked
            .visible
            .as_ref()
            .is_none_or(|visible| std::iter::once(number).chain(groups).all(|role| visible.contains(&role)));
        let managed = match asked.managed_by {
            0 => identity.project_id.is_none(),
            1 => identity.project_id.is_some(),
            _ => true,
        };
        let contains = |needle: &Option<String>, text: &str| {
            needle.as_ref().is_none_or(|needle| text.to_lowercase().contains(&needle.to_lowercase()))
        };
        let matches = |one: &IdentityMatch| {
            let listed = one.role_in.as_ref().is_none_or(|list| list.iter().any(|one| one == slug(identity)));
            listed
                && contains(&one.role_contains, slug(identity))
                && contains(&one.name_contains, &identity.name)
        };
        seen && managed && (asked.any.is_empty() || asked.any.iter().any(matches))
    }

    async fn check(&self, asked: &Asked) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        for identity in self.all().await {
            if self.is_in(asked, &identity).await {
                expected.push(identity);
            }
        }
        expected.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        if asked.by_role {
            expected.sort_by(|a, b| slug(a).cmp(slug(b)));
        }
        match (asked.descending, asked.by_role) {
            (true, true) => expected.sort_by(|a, b| slug(b).cmp(slug(a))),
            (true, false) => expected.reverse(),
            (false, _) => {}
        }
        let order = if asked.by_role { IdentityOrder::Role } else { IdentityOrder::Name };
        let page = Page { limit: 7, offset: asked.offset, descending: asked.descending };
        let filter = self.filter(asked).await;
        let (found, total) = self.here.store.identities(self.here.org, &filter, order, page).await.unwrap();
        prop_assert_eq!(total, i64::try_from(expected.len()).unwrap());
        let offset = usize::try_from(asked.offset).unwrap();
        let expected: Vec<_> = expected.iter().skip(offset).take(7).map(shown).collect();
        prop_assert_eq!(
            found.iter().map(shown).collect::<Vec<_>>(),
            expected,
            "{}",
            self.here.store.engine()
        );
        Ok(())
    }
}

fn parts(slug: &str) -> RoleParts<'_> {
    RoleParts { slug, name: "Some role", description: None, permissions: &[] }
}

/// The role's slug as a list shows it.
fn slug(identity: &Identity) -> &str {
    identity.custom_role.as_ref().map_or(&identity.role, |role| &role.slug)
}

fn shown(identity: &Identity) -> (String, String, IdentityId) {
    (slug(identity).to_owned(), identity.name.clone(), identity.id)
}

/// What a list is asked for.
#[derive(Clone, Debug)]
struct Asked {
    any: Vec<IdentityMatch>,
    /// Numbers of roles, the built-in ones first.
    visible: Option<Vec<usize>>,
    managed_by: u8,
    by_role: bool,
    descending: bool,
    offset: i64,
}

fn asked() -> impl Strategy<Value = Asked> {
    let slugs: Vec<&str> = BUILT_IN.into_iter().chain(SLUGS).chain(NEW_SLUGS).collect();
    let slugs = prop::collection::vec(prop::sample::select(slugs).prop_map(str::to_owned), 0..4);
    let one = (
        prop::option::weighted(0.7, slugs),
        prop::option::weighted(0.2, "[adeoz-]{1,2}"),
        prop::option::weighted(0.3, "[abAB]"),
    );
    let one = one.prop_map(|(role_in, role_contains, name_contains)| IdentityMatch {
        name_in: None,
        name_contains,
        role_in,
        role_contains,
    });
    let visible = prop::option::weighted(0.5, prop::collection::vec(0..6_usize, 0..6));
    let managed_by = prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    (
        prop::collection::vec(one, 0..3),
        visible,
        managed_by,
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec![0, 0, 3, 20]),
    )
        .prop_map(|(any, visible, managed_by, by_role, descending, offset)| Asked {
            any,
            visible,
            managed_by,
            by_role,
            descending,
            offset,
        })
}

/// Identities and roles come, change and are renamed; each list is what one gets by looking at each identity.
#[test]
fn lists_by_role_say_what_memberships_say() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut world = runtime.block_on(World::new(engine));
        for _ in 0..4 {
            let steps = prop::collection::vec(step(), 20).new_tree(&mut runner).unwrap().current();
            for step in &steps {
                runtime.block_on(world.run(step));
            }
            let mut runner =
                TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
            runner.run(&asked(), |asked| runtime.block_on(world.check(&asked))).unwrap();
        }
    }
}

/// Before migration 7, only memberships knew the role; before migration 8, nothing knew the names in lower case.
async fn an_older_database_learns_roles_and_names(here: Fixture) {
    let mut change = here.change().await;
    change.insert_role(RoleScope::Organization(here.org), &parts("auditor")).await.unwrap();
    change.commit().await.unwrap();
    let role = here.store.custom_role_by_slug(RoleScope::Organization(here.org), "auditor").await.unwrap();
    for (name, role) in [("App", NewRoleRef::built_in("member")), ("Bot", role.unwrap().to_give())] {
        let mut change = here.change().await;
        let org = here.org;
        let new = NewIdentity { role, ..crate::fixture::new_identity(org, name, "member") };
        change.insert_identity(&new).await.unwrap();
        change.commit().await.unwrap();
    }
    for sql in [
        "DROP INDEX identities_by_name",
        "DROP INDEX identities_by_role",
        "DROP INDEX identities_by_role_down",
        "ALTER TABLE identities DROP COLUMN role_slug",
        "ALTER TABLE identities DROP COLUMN name_folded",
        "CREATE INDEX identities_listed ON identities (org_id, name, id, project_id) WHERE project_id IS NULL",
        "DELETE FROM migrations WHERE number >= 7",
    ] {
        execute(&here.database.database, sql).await;
    }
    let here = here.reopened().await;
    for (role, text, name) in [("member", "aPP", "App"), ("auditor", "ot", "Bot")] {
        let one = IdentityMatch {
            role_in: Some(vec![role.to_owned()]),
            name_contains: Some(text.to_owned()),
            ..IdentityMatch::default()
        };
        let filter = IdentityFilter { any: vec![one], ..IdentityFilter::default() };
        let page = Page { limit: 5, offset: 0, descending: false };
        let found = here.store.identities(here.org, &filter, IdentityOrder::Role, page).await.unwrap();
        assert_eq!(found.1, 1, "{role}");
        assert_eq!(found.0[0].name, name);
    }
}
