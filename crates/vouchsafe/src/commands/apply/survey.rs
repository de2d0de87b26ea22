//! Reads what the server has of that which files declare or refer to.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::groups::{ListGroup, ProjectGroupPath};
use vouchsafe_api::identities::{IdentityMembership, SearchIdentities};
use vouchsafe_api::identity_members::IdentityMemberPath;
use vouchsafe_api::projects::Project;
use vouchsafe_api::roles::ProjectRolePath;
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::id::{AuthMethodId, EnvironmentId, GroupId, IdentityId, OrgId, ProjectId, RoleId};

use super::fields::Method;
use super::model::{Content, Desired, Key, needs};
use super::plan::Actual;
use super::shape::Shape;
use crate::failure::{Failure, Outcome};

/// Identities of a page of a search.
const PAGE: i64 = 100;
/// Most identities of an organization that are looked through.
const MOST_IDENTITIES: i64 = 1_000_000;

/// Ids of what the server has, by the names that files use.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) organization: Option<OrgId>,
    pub(super) projects: BTreeMap<String, ProjectId>,
    pub(super) environments: BTreeMap<(String, String), EnvironmentId>,
    pub(super) org_roles: BTreeMap<String, RoleId>,
    pub(super) project_roles: BTreeMap<(String, String), RoleId>,
    pub(super) groups: BTreeMap<String, GroupId>,
    pub(super) identities: BTreeMap<String, IdentityId>,
    /// By identity, method and name.
    pub(super) sources: BTreeMap<(String, String, String), AuthMethodId>,
}

impl Ids {
    /// The ids of an object that has one, or else of what it belongs to; by them it is known again.
    pub(super) fn of(&self, key: &Key) -> Option<Vec<String>> {
        let project = |slug: &String| self.projects.get(slug).map(ToString::to_string);
        let identity = |name: &String| self.identities.get(name).map(ToString::to_string);
        let group = |slug: &String| self.groups.get(slug).map(ToString::to_string);
        let all = match key {
            Key::Project { slug } => vec![project(slug)],
            Key::Environment { project: of, slug } => {
                vec![self.environments.get(&(of.clone(), slug.clone())).map(ToString::to_string)]
            }
            Key::OrgRole { slug } => vec![self.org_roles.get(slug).map(ToString::to_string)],
            Key::ProjectRole { project: of, slug } => {
                vec![self.project_roles.get(&(of.clone(), slug.clone())).map(ToString::to_string)]
            }
            Key::Group { slug } => vec![group(slug)],
            Key::Identity { name } | Key::AuthMethod { identity: name, .. } => vec![identity(name)],
            Key::Source { identity, method, source } => {
                let name = (identity.clone(), (*method).to_owned(), source.clone());
                vec![self.sources.get(&name).map(ToString::to_string)]
            }
            Key::InGroup { group: slug, identity: name } => vec![group(slug), identity(name)],
            Key::IdentityMember { project: slug, identity: name } => vec![project(slug), identity(name)],
            Key::GroupMember { project: slug, group: name } => vec![project(slug), group(name)],
        };
        all.into_iter().collect()
    }
}

/// What is found out.
pub(super) struct Survey<'c> {
    client: &'c Client,
    wanted: BTreeSet<Key>,
    pub(super) actual: Actual,
    pub(super) ids: Ids,
}

/// The answer, or nothing if the server has no such thing.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.refusal().is_some_and(|why| why.status == 404 && !why.is_about_login()) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// An object's content, from its fields as the server shows them.
pub(super) fn content(key: &Key, shown: &Map<String, Value>) -> Content {
    let mut content = Content::default();
    for field in key.fields() {
        match shown.get(field.name) {
            Some(Value::String(text)) if field.shape == Shape::Secret => {
                content.secrets.insert(field.name, Concealed::new(text.as_str()));
            }
            _ if field.shape == Shape::Secret => {}
            value => {
                content.fields.insert(field.name, field.shape.shown(value.unwrap_or(&Value::Null)));
            }
        }
    }
    content
}

/// A value as the fields that it goes over the wire with.
fn fields(value: &impl Serialize) -> Outcome<Map<String, Value>> {
    match serde_json::to_value(value)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Failure::message("the server showed something without fields")),
    }
}

/// The slug of the role that an identity has in the organization.
fn role_of(membership: &IdentityMembership) -> &str {
    membership.custom_role.as_ref().map_or(membership.role.as_str(), |role| role.slug.as_str())
}

impl<'c> Survey<'c> {
    /// Looks at everything that is declared or referred to, and at these others.
    pub(super) async fn take(client: &'c Client, desired: &Desired, others: &BTreeSet<Key>) -> Outcome<Self> {
        let referred = desired.iter().flat_map(|(key, declared)| needs(key, &declared.content));
        let theirs = others.iter().flat_map(|key| needs(key, &Content::default()));
        let wanted = desired.keys().chain(others).cloned().chain(referred).chain(theirs).collect();
        let mut survey = Self { client, wanted, actual: Actual::default(), ids: Ids::default() };
        survey.org_roles(desired).await.context("cannot read the roles of the organization")?;
        survey.groups().await.context("cannot read the groups")?;
        survey.identities(desired).await?;
        survey.projects(desired).await?;
        survey.in_groups().await.context("cannot read who is in the groups")?;
        survey.members().await?;
        Ok(survey)
    }

    fn put(&mut self, key: Key, shown: &Map<String, Value>) {
        let content = content(&key, shown);
        self.actual.objects.insert(key, content);
    }

    async fn org_roles(&mut self, desired: &Desired) -> Result<(), anyhow::Error> {
        for role in self.client.org_roles().await? {
            self.ids.organization = Some(role.org_id);
            let key = Key::OrgRole { slug: role.slug.clone() };
            if let Ok(id) = role.id.parse() {
                self.ids.org_roles.insert(role.slug.clone(), id);
            }
            if desired.contains_key(&key) {
                let whole = self.client.org_role(&role.slug).await?;
                let Value::Object(shown) = serde_json::to_value(&whole)? else { continue };
                self.put(key, &shown);
            } else {
                self.actual.known.insert(key);
            }
        }
        Ok(())
    }

    async fn groups(&mut self) -> Result<(), Error> {
        if !self.wanted.iter().any(|key| matches!(key, Key::Group { .. })) {
            return Ok(());
        }
        for group in self.client.groups().await? {
            let role = group.custom_role_slug.as_ref().unwrap_or(&group.role);
            let shown = json!({ "name": group.name, "role": role });
            self.ids.groups.insert(group.slug.clone(), group.id);
            if let Value::Object(shown) = shown {
                self.put(Key::Group { slug: group.slug }, &shown);
            }
        }
        Ok(())
    }

    async fn identities(&mut self, desired: &Desired) -> Outcome {
        let wanted: BTreeSet<String> = self
            .wanted
            .iter()
            .filter_map(|key| match key {
                Key::Identity { name } => Some(name.clone()),
                _ => None,
            })
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let all = self.all_identities(&wanted).await?;
        for name in wanted {
            let found: Vec<&IdentityMembership> =
                all.iter().filter(|one| one.identity.name == name).collect();
            match found[..] {
                [] => {}
                [one] => self.identity(desired, name, one).await?,
                _ => {
                    return Err(Failure::message(format!(
                        "the organization has {} identities with the name {name}, so that it is not clear which one is meant",
                        found.len()
                    ))
                    .hint("rename or delete all of them but one"));
                }
            }
        }
        Ok(())
    }

    /// The identities of the organization with these names.
    async fn all_identities(&self, names: &BTreeSet<String>) -> Outcome<Vec<IdentityMembership>> {
        let mut all = Vec::new();
        let mut offset = 0;
        while offset < MOST_IDENTITIES {
            let input =
                SearchIdentities { limit: Some(PAGE), offset: Some(offset), ..SearchIdentities::default() };
            let page = self.client.search_identities(&input).await.context("cannot list the identities")?;
            let last = page.identities.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            all.extend(page.identities.into_iter().filter(|one| names.contains(&one.identity.name)));
            if last {
                break;
            }
            offset += PAGE;
        }
        Ok(all)
    }

    async fn identity(&mut self, desired: &Desired, name: String, one: &IdentityMembership) -> Outcome {
        let id = one.identity.id;
        self.ids.identities.insert(name.clone(), id);
        let key = Key::Identity { name: name.clone() };
        if desired.contains_key(&key) {
            let whole = self.client.identity(id).await.with_context(|| format!("cannot read the {key}"))?;
            let shown = json!({
                "role": role_of(&whole), "deleteProtection": whole.identity.has_delete_protection,
                "metadata": whole.metadata,
            });
            if let Value::Object(shown) = shown {
                self.put(key, &shown);
            }
        } else {
            self.actual.known.insert(key);
        }
        for method in &one.identity.auth_methods {
            self.method(desired, &name, id, method).await?;
        }
        Ok(())
    }

    /// A method that an identity has, and its further sources.
    async fn method(&mut self, desired: &Desired, name: &str, id: IdentityId, method: &str) -> Outcome {
        let Some(method) = Method::named(method).map(|method| method.id) else { return Ok(()) };
        let key = Key::AuthMethod { identity: name.to_owned(), method };
        if desired.contains_key(&key) {
            let shown = self.client.auth_method(method, id).await;
            if let Some(shown) = found(shown).with_context(|| format!("cannot read the {key}"))? {
                self.put(key, &shown);
            }
        } else {
            self.actual.known.insert(key);
        }
        let is_source = |key: &Key| matches!(key, Key::Source { identity, method: of, .. } if identity == name && *of == method);
        if !self.wanted.iter().any(is_source) {
            return Ok(());
        }
        let sources = self.client.auth_method_sources(method, id).await;
        for shown in sources.with_context(|| format!("cannot read the sources of {method} of {name}"))? {
            let text = |field: &str| shown.get(field).and_then(Value::as_str).unwrap_or_default();
            let source = text("source").to_owned();
            if let Ok(id) = text("id").parse() {
                self.ids.sources.insert((name.to_owned(), method.to_owned(), source.clone()), id);
            }
            let key = Key::Source { identity: name.to_owned(), method, source };
            if desired.contains_key(&key) {
                self.put(key, &shown);
            } else {
                self.actual.known.insert(key);
            }
        }
        Ok(())
    }

    async fn projects(&mut self, desired: &Desired) -> Outcome {
        let wanted: Vec<String> = self
            .wanted
            .iter()
            .filter_map(|key| match key {
                Key::Project { slug } => Some(slug.clone()),
                _ => None,
            })
            .collect();
        for slug in wanted {
            let found = found(self.client.project_by_slug(&slug).await);
            if let Some(project) = found.with_context(|| format!("cannot read the project {slug}"))? {
                self.project(desired, &slug, &project)
                    .await
                    .with_context(|| format!("cannot read the roles of the project {slug}"))?;
            }
        }
        Ok(())
    }

    async fn project(
        &mut self,
        desired: &Desired,
        slug: &str,
        project: &Project,
    ) -> Result<(), anyhow::Error> {
        self.ids.projects.insert(slug.to_owned(), project.id);
        let shown = json!({
            "name": project.name, "description": project.description,
            "deleteProtection": project.has_delete_protection,
        });
        if let Value::Object(shown) = shown {
            self.put(Key::Project { slug: slug.to_owned() }, &shown);
        }
        for environment in &project.environments {
            let name = (slug.to_owned(), environment.slug.clone());
            self.ids.environments.insert(name, environment.id);
            let key = Key::Environment { project: slug.to_owned(), slug: environment.slug.clone() };
            if let Value::Object(shown) = json!({ "name": environment.name }) {
                self.put(key, &shown);
            }
        }
        for role in self.client.project_roles(project.id).await? {
            let key = Key::ProjectRole { project: slug.to_owned(), slug: role.slug.clone() };
            self.ids.project_roles.insert((slug.to_owned(), role.slug.clone()), role.id);
            if desired.contains_key(&key) {
                let path = ProjectRolePath { project_id: project.id, slug: role.slug };
                let whole = self.client.project_role(&path).await?;
                let Value::Object(shown) = serde_json::to_value(&whole)? else { continue };
                self.put(key, &shown);
            } else {
                self.actual.known.insert(key);
            }
        }
        Ok(())
    }

    async fn in_groups(&mut self) -> Result<(), Error> {
        let groups: BTreeSet<String> = self
            .wanted
            .iter()
            .filter_map(|key| match key {
                Key::InGroup { group, .. } => Some(group.clone()),
                _ => None,
            })
            .collect();
        for group in groups {
            let Some(id) = self.ids.groups.get(&group).copied() else { continue };
            let mut offset = 0;
            while offset < MOST_IDENTITIES {
                let input = ListGroup {
                    group_id: id,
                    offset: Some(offset),
                    limit: Some(PAGE),
                    username: None,
                    search: None,
                    filter: Some("assignedMachineIdentities".to_owned()),
                };
                let page = self.client.group_members(&input).await?;
                let names = page.members.iter().filter_map(|member| member.machine_identity.as_ref());
                for identity in names {
                    let key = Key::InGroup { group: group.clone(), identity: identity.name.clone() };
                    self.actual.objects.insert(key, Content::default());
                }
                offset += PAGE;
                if offset >= page.total_count {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn members(&mut self) -> Outcome {
        for key in self.wanted.clone() {
            let shown = match &key {
                Key::IdentityMember { project, identity } => {
                    let ids = self.ids.projects.get(project).zip(self.ids.identities.get(identity));
                    let Some((project, identity)) = ids else { continue };
                    let path = IdentityMemberPath { project_id: *project, identity_id: *identity };
                    let member = found(self.client.identity_member(path).await);
                    member.with_context(|| format!("cannot read the {key}"))?.map(|member| fields(&member))
                }
                Key::GroupMember { project, group } => {
                    let ids = self.ids.projects.get(project).zip(self.ids.groups.get(group));
                    let Some((project, group)) = ids else { continue };
                    let path = ProjectGroupPath { project_id: *project, group_id: group.to_string() };
                    let member = found(self.client.project_group(&path).await);
                    member.with_context(|| format!("cannot read the {key}"))?.map(|member| fields(&member))
                }
                _ => continue,
            };
            if let Some(shown) = shown {
                self.put(key, &shown?);
            }
        }
        Ok(())
    }
}
