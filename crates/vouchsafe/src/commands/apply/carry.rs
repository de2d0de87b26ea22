//! Takes the steps of a plan, one call each.

use serde_json::{Map, Value, json};
use vouchsafe_api::environments::CreateEnvironment;
use vouchsafe_api::environments::UpdateEnvironment;
use vouchsafe_api::groups::{
    AddProjectGroup, CreateGroup, GroupIdentityPath, UpdateGroup, UpdateProjectGroup,
};
use vouchsafe_api::identities::{CreateIdentity, UpdateIdentity};
use vouchsafe_api::identity_members::{AddIdentityMember, UpdateIdentityMember};
use vouchsafe_api::org_roles::{CreateOrgRole, UpdateOrgRole};
use vouchsafe_api::projects::{CreateProject, UpdateProject};
use vouchsafe_api::roles::{CreateProjectRole, UpdateProjectRole};
use vouchsafe_client::Client;
use vouchsafe_domain::id::{GroupId, IdentityId, ProjectId};

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
            self.client.create_org_role(&input::<CreateOrgRole>(body)?).await?;
            return Ok(());
        }
        let id = self.ids.org_roles.get(slug).ok_or_else(|| unknown(slug))?;
        body.insert("roleId".to_owned(), json!(id));
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
            self.client.create_project_role(&input::<CreateProjectRole>(body)?).await?;
            return Ok(());
        }
        let name = (project.to_owned(), slug.to_owned());
        let id = self.ids.project_roles.get(&name).ok_or_else(|| unknown(slug))?;
        body.insert("roleId".to_owned(), json!(id));
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
