//! Secrets: one way to read and one way to write them for all versions of the API.

mod draft;
mod expand;
mod filter;
mod import;
mod read;
mod reader;
mod relocate;
mod vault;
mod write;

pub use draft::{Draft, key};
pub use filter::Filter;
pub use read::{GetOptions, ListOptions, Personal, get, get_by_id, list, list_imported};
pub use reader::Reader;
pub use relocate::relocate;
pub use vault::{Plain, Vault, data_key_aad};
pub use write::{Many, create, delete, retag, update};

use vouchsafe_api::secrets::Located;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::path::SecretPath;

use crate::access::ProjectScope;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// A folder in which the caller acts; it need not be there.
#[derive(Clone, Debug)]
pub struct Target {
    /// The project.
    pub scope: ProjectScope,
    /// Slug of the environment.
    pub environment: String,
    /// Path of the folder.
    pub path: SecretPath,
}

impl Target {
    /// The folder that a request names.
    pub async fn of(cx: &Cx, input: &impl Located) -> ApiResult<Self> {
        let scope = project(cx, input.project(), input.project_slug()).await?;
        let environment = input.environment().trim().to_owned();
        Ok(Self { scope, environment, path: path("secretPath", input.path())? })
    }
}

/// The project that a request names by id or slug.
pub async fn project(cx: &Cx, id: Option<ProjectId>, slug: Option<&str>) -> ApiResult<ProjectScope> {
    match (id, slug) {
        (Some(id), _) => cx.project(id).await,
        (None, Some(slug)) => cx.project_by_slug(slug).await,
        (None, None) => Err(ApiError::bad_request("You must provide workspaceSlug or workspaceId")),
    }
}

/// A folder path from a request; `field` is named in the error.
pub fn path(field: &str, text: &str) -> ApiResult<SecretPath> {
    SecretPath::parse(text).map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// The answer about a folder that is not there.
pub fn no_folder(environment: &str, path: &SecretPath) -> ApiError {
    ApiError::not_found(format!(
        "Folder with path '{path}' in environment with slug '{environment}' not found"
    ))
}
