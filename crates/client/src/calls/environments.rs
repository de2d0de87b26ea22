//! Environments of projects.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::environments::{
    ChangedEnvironment, CreateEnvironment, Environment, EnvironmentPath, EnvironmentSlugPath,
    UpdateEnvironment,
};

use crate::{Client, Error};

/// Environments of projects. A project lists its own.
impl Client {
    /// Makes an environment.
    pub async fn create_environment(&self, input: &CreateEnvironment) -> Result<Environment, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string(), "environments"];
        Ok(self.post::<_, ChangedEnvironment>(&path, input).await?.environment)
    }

    /// Reads an environment by its slug.
    pub async fn environment(&self, which: &EnvironmentSlugPath) -> Result<Environment, Error> {
        let project = which.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "environments", "slug", &which.slug];
        self.get(&path, &Nothing {}).await
    }

    /// Changes an environment.
    pub async fn update_environment(&self, input: &UpdateEnvironment) -> Result<Environment, Error> {
        let (project, id) = (input.project_id.to_string(), input.env_id.to_string());
        let path = ["api", "v1", "projects", &project, "environments", &id];
        Ok(self.call::<_, ChangedEnvironment>(Method::PATCH, &path, input).await?.environment)
    }

    /// Deletes an environment with its secrets.
    pub async fn delete_environment(&self, which: EnvironmentPath) -> Result<Environment, Error> {
        let (project, id) = (which.project_id.to_string(), which.env_id.to_string());
        let path = ["api", "v1", "projects", &project, "environments", &id];
        Ok(self.call::<_, ChangedEnvironment>(Method::DELETE, &path, &Nothing {}).await?.environment)
    }
}
