//! Takes the steps of a plan, one call each.

use serde_json::{Map, Value, json};
use vouchsafe_api::environments::CreateEnvironment;
use vouchsafe_api::environments::UpdateEnvironment;
use vouchsafe_api::groups::{
    AddProjectGroup, CreateGroup, GroupIdentityPath, ProjectGroupPath, UpdateGroup, UpdateProjectGroup,
};
use vouchsafe_api::identities::{CreateIdentity, UpdateIdentity};
use vouchsafe_api::identity_members::{AddIdentityMember, IdentityMemberPath, UpdateIdentityMember};
use vouchsafe_api::org_roles::{CreateOrgRole, UpdateOrgRole};
use vouchsafe_api::projects::{CreateProject, UpdateProject};
use vouchsafe_api::roles::{CreateProjectRole, ProjectRoleIdPath, UpdateProjectRole};
use vouchsafe_client::Client;
use vouchsafe_domain::id::{AuthMethodId, GroupId, IdentityId, ProjectId, RoleId};

use super::model::Key;
use super::plan::{Action, Step};
use super::survey::Ids;
use crate::failure::{Failure, Outcome};

/// Takes steps; learns the ids of what it makes.
pub(super) struct Carrier<'c> {
    pub(super) client: &'c Client,
    pub(super) ids: Ids,
    /// Slugs of projects whose environments the files declare.
    pub(super) with_environments: Vec<String>,
}

/// Something that an earlier step should have found or made.
fn unknown(what: &str) -> Failure {
    Failure::message(format!("the id of {what} is not known, as it was neither found nor made"))
}

/// A request with these fields. Fields that are missing are not sent, or stay as they are.
fn input<T: serde::de::DeserializeOwned>(body: Map<String, Value>) -> Outcome<T> {
    Ok(serde_json::from_value(Value::Object(body))?)
}

impl Carrier<'_> {
    /// Takes a step.
    pub(super) async fn take(&mut self, step: &Step) -> Outcome {
        if step.action == Action::Remove {
            return self.remove(&step.key).await;
        }
        let mut body = step.body();
        let is_new = step.action == Action::Create;
        match &step.key {
            Key::Project { slug } => self.project(slug, is_new, &mut body).await,
            Key::Environment { project, slug } => self.environment(project, slug, is_new, body).await,
            Key::OrgRole { slug } => self.org_role(slug, is_new, body).await,
            Key::ProjectRole { project, slug } => self.project_role(project, slug, is_new, body).await,
            Key::Group { slug } => self.group(slug, is_new, body).await,
            Key::Identity { name } => self.identity(name, is_new, &mut body).await,
            Key::AuthMethod { identity, method } => {
                let id = self.identity_id(identity)?;
                if is_new {
                    self.client.attach_auth_method(method, id, &body).await?;
                } else {
                    self.client.update_auth_method(method, id, &body).await?;
                }
                Ok(())
            }
            Key::Source { identity, method, source } => {
                let id = self.identity_id(identity)?;
                if is_new {
                    body.insert("source".to_owned(), json!(source));
                    let made = self.client.add_auth_method_source(method, id, &body).await?;
                    let made = made.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                    let name = (identity.clone(), (*method).to_owned(), source.clone());
                    self.ids.sources.extend(made.map(|id| (name, id)));
                } else {
                    let source_id = self.source_id(identity, method, source)?;
                    self.client.update_auth_method_source(method, id, source_id, &body).await?;
                }
                Ok(())
            }
            Key::InGroup { group, identity } => {
                let (group_id, identity_id) = (self.group_id(group)?, self.identity_id(identity)?);
                Ok(self.client.add_group_identity(GroupIdentityPath { group_id, identity_id }).await?)
            }
            Key::IdentityMember { project, identity } => {
                body.insert("projectId".to_owned(), json!(self.project_id(project)?));
                body.insert("identityId".to_owned(), json!(self.identity_id(identity)?));
                if is_new {
                    return Ok(self.client.add_identity_member(&input::<AddIdentityMember>(body)?).await?);
                }
                Ok(self.client.update_identity_member(&input::<UpdateIdentityMember>(body)?).await?)
            }
            Key::GroupMember { project, group } => {
                body.insert("projectId".to_owned(), json!(self.project_id(project)?));
                body.insert("groupId".to_owned(), json!(self.group_id(group)?));
                if is_new {
                    return Ok(self.client.add_project_group(&input::<AddProjectGroup>(body)?).await?);
                }
                Ok(self.client.update_project_group(&input::<UpdateProjectGroup>(body)?).await?)
            }
        }
    }

    async fn remove(&self, key: &Key) -> Outcome {
        let client = self.client;
        match key {
            Key::Project { .. } | Key::Environment { .. } => {
                return Err(Failure::message(format!("the {key} may hold secrets and is not removed")));
            }
            Key::OrgRole { slug } => drop(client.delete_org_role(self.org_role_id(slug)?).await?),
            Key::ProjectRole { project, slug } => {
                let (project_id, role_id) = (self.project_id(project)?, self.project_role_id(project, slug)?);
                client.delete_project_role(ProjectRoleIdPath { project_id, role_id }).await?;
            }
            Key::Group { slug } => drop(client.delete_group(self.group_id(slug)?).await?),
            Key::Identity { name } => drop(client.delete_identity(self.identity_id(name)?).await?),
            Key::AuthMethod { identity, method } => {
                client.remove_auth_method(method, self.identity_id(identity)?).await?;
            }
            Key::Source { identity, method, source } => {
                let (id, source_id) =
                    (self.identity_id(identity)?, self.source_id(identity, method, source)?);
                client.remove_auth_method_source(method, id, source_id).await?;
            }
            Key::InGroup { group, identity } => {
                let (group_id, identity_id) = (self.group_id(group)?, self.identity_id(identity)?);
                client.remove_group_identity(GroupIdentityPath { group_id, identity_id }).await?;
            }
            Key::IdentityMember { project, identity } => {
                let (project_id, identity_id) = (self.project_id(project)?, self.identity_id(identity)?);
                client.remove_identity_member(IdentityMemberPath { project_id, identity_id }).await?;
            }
            Key::GroupMember { project, group } => {
                let project_id = self.project_id(project)?;
                let path = ProjectGroupPath { project_id, group_id: self.group_id(group)?.to_string() };
                client.remove_project_group(&path).await?;
            }
        }
        Ok(())
    }

    async fn project(&mut self, slug: &str, is_new: bool, body: &mut Map<String, Value>) -> Outcome {
        rename(body, "deleteProtection", "hasDeleteProtection");
        let mut body = std::mem::take(body);
        if !is_new {
            body.insert("projectId".to_owned(), json!(self.project_id(slug)?));
            self.client.update_project(&input::<UpdateProject>(body)?).await?;
            return Ok(());
        }
        rename(&mut body, "name", "projectName");
        rename(&mut body, "description", "projectDescription");
        body.insert("slug".to_owned(), json!(slug));
        let has_own = self.with_environments.iter().any(|with| with == slug);
        body.insert("shouldCreateDefaultEnvs".to_owned(), json!(!has_own));
        let project = self.client.create_project(&input::<CreateProject>(body)?).await?;
        self.ids.projects.insert(slug.to_owned(), project.id);
        // Some may be declared that were made with the project.
        for environment in project.environments {
            self.ids.environments.insert((slug.to_owned(), environment.slug), environment.id);
        }
        Ok(())
    }

    async fn environment(
        &mut self,
        project: &str,
        slug: &str,
        is_new: bool,
        mut body: Map<String, Value>,
    ) -> Outcome {
        body.insert("projectId".to_owned(), json!(self.project_id(project)?));
        body.insert("slug".to_owned(), json!(slug));
        if is_new {
            self.client.create_environment(&input::<CreateEnvironment>(body)?).await?;
            return Ok(());
        }
        let name = (project.to_owned(), slug.to_owned());
        let id = self.ids.environments.get(&name).ok_or_else(|| unknown(slug))?;
        body.insert("envId".to_owned(), json!(id));
        self.client.update_environment(&input::<UpdateEnvironment>(body)?).await?;
        Ok(())
    }

    async fn org_role(&mut self, slug: &str, is_new: bool, mut body: Map<String, Value>) -> Outcome {
        if is_new {
            body.insert("slug".to_owned(), json!(slug));
            let role = self.client.create_org_role(&input::<CreateOrgRole>(body)?).await?;
            self.ids.org_roles.extend(role.id.parse().ok().map(|id| (slug.to_owned(), id)));
            return Ok(());
        }
        body.insert("roleId".to_owned(), json!(self.org_role_id(slug)?));
        self.client.update_org_role(&input::<UpdateOrgRole>(body)?).await?;
        Ok(())
    }

    async fn project_role(
        &mut self,
        project: &str,
        slug: &str,
        is_new: bool,
        mut body: Map<String, Value>,
    ) -> Outcome {
        body.insert("projectId".to_owned(), json!(self.project_id(project)?));
        if is_new {
            body.insert("slug".to_owned(), json!(slug));
            let role = self.client.create_project_role(&input::<CreateProjectRole>(body)?).await?;
            self.ids.project_roles.insert((project.to_owned(), slug.to_owned()), role.summary.id);
            return Ok(());
        }
        body.insert("roleId".to_owned(), json!(self.project_role_id(project, slug)?));
        self.client.update_project_role(&input::<UpdateProjectRole>(body)?).await?;
        Ok(())
    }

    async fn group(&mut self, slug: &str, is_new: bool, mut body: Map<String, Value>) -> Outcome {
        if is_new {
            body.insert("slug".to_owned(), json!(slug));
            let group = self.client.create_group(&input::<CreateGroup>(body)?).await?;
            self.ids.groups.insert(slug.to_owned(), group.id);
            return Ok(());
        }
        body.insert("groupId".to_owned(), json!(self.group_id(slug)?));
        self.client.update_group(&input::<UpdateGroup>(body)?).await?;
        Ok(())
    }

    async fn identity(&mut self, name: &str, is_new: bool, body: &mut Map<String, Value>) -> Outcome {
        rename(body, "deleteProtection", "hasDeleteProtection");
        let mut body = std::mem::take(body);
        if !is_new {
            body.insert("identityId".to_owned(), json!(self.identity_id(name)?));
            self.client.update_identity(&input::<UpdateIdentity>(body)?).await?;
            return Ok(());
        }
        let organization = self.ids.organization.ok_or_else(|| unknown("the organization"))?;
        body.insert("name".to_owned(), json!(name));
        body.insert("organizationId".to_owned(), json!(organization));
        let identity = self.client.create_identity(&input::<CreateIdentity>(body)?).await?;
        self.ids.identities.insert(name.to_owned(), identity.id);
        Ok(())
    }

    fn org_role_id(&self, slug: &str) -> Outcome<RoleId> {
        self.ids.org_roles.get(slug).copied().ok_or_else(|| unknown(&format!("the role {slug}")))
    }

    fn project_role_id(&self, project: &str, slug: &str) -> Outcome<RoleId> {
        let name = (project.to_owned(), slug.to_owned());
        self.ids.project_roles.get(&name).copied().ok_or_else(|| unknown(&format!("the role {slug}")))
    }

    fn source_id(&self, identity: &str, method: &str, source: &str) -> Outcome<AuthMethodId> {
        let name = (identity.to_owned(), method.to_owned(), source.to_owned());
        self.ids.sources.get(&name).copied().ok_or_else(|| unknown(&format!("the source {source}")))
    }

    fn project_id(&self, slug: &str) -> Outcome<ProjectId> {
        self.ids.projects.get(slug).copied().ok_or_else(|| unknown(&format!("the project {slug}")))
    }

    fn group_id(&self, slug: &str) -> Outcome<GroupId> {
        self.ids.groups.get(slug).copied().ok_or_else(|| unknown(&format!("the group {slug}")))
    }

    fn identity_id(&self, name: &str) -> Outcome<IdentityId> {
        self.ids.identities.get(name).copied().ok_or_else(|| unknown(&format!("the identity {name}")))
    }
}

fn rename(body: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = body.remove(from) {
        body.insert(to.to_owned(), value);
    }
}
