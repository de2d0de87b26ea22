//! Sealing and opening what a secret holds.

use std::sync::Arc;

use vouchsafe_api::secrets::SecretMetadata;
use vouchsafe_domain::id::{ProjectId, SecretId};
use vouchsafe_keys::{Aad, DataKey};
use vouchsafe_store::{Project, SecretRow, SecretVersion, Topic};

use crate::app::App;
use crate::http::error::{ApiError, ApiResult};

/// Where the sealed data key of a project belongs.
pub fn data_key_aad(id: ProjectId) -> Aad {
    Aad::new(&["project-data-key", &id.to_string()])
}

/// The open data key of a project.
pub struct Vault {
    key: Arc<DataKey>,
}

/// What a secret holds, open.
#[derive(Clone, Default)]
pub struct Plain {
    /// Value.
    pub value: String,
    /// Comment.
    pub comment: String,
    /// Keys and values attached to it.
    pub metadata: Vec<SecretMetadata>,
}

impl Vault {
    /// The vault of a project.
    pub async fn of(app: &App, project: &Project) -> ApiResult<Self> {
        let id = project.id;
        let load = || async {
            let key = app.keys.root.unwrap(&data_key_aad(id), &project.data_key);
            key.map(Some).map_err(|error| ApiError::internal(format!("data key of project {id}: {error}")))
        };
        let key = app.caches.data_keys.get_or_load(&app.store, id, &[Topic::from(id)], load).await?;
        Ok(Self { key: key.ok_or_else(|| ApiError::internal("no data key"))? })
    }

    /// The value of a secret.
    pub fn value(&self, row: &SecretRow) -> ApiResult<String> {
        self.open(row.id, row.version, "value", &row.value)
    }

    /// Everything but the value.
    pub fn rest(&self, row: &SecretRow) -> ApiResult<Plain> {
        Ok(Plain {
            value: String::new(),
            comment: self.optional(row.id, row.version, "comment", &row.comment)?,
            metadata: self.metadata(row)?,
        })
    }

    /// Keys and values attached to a secret.
    pub fn metadata(&self, row: &SecretRow) -> ApiResult<Vec<SecretMetadata>> {
        self.entries(row.id, row.version, &row.metadata)
    }

    /// Everything that an earlier version held; without the value unless asked for.
    pub fn version(&self, id: SecretId, row: &SecretVersion, with_value: bool) -> ApiResult<Plain> {
        Ok(Plain {
            value: if with_value { self.open(id, row.version, "value", &row.value)? } else { String::new() },
            comment: self.optional(id, row.version, "comment", &row.comment)?,
            metadata: self.entries(id, row.version, &row.metadata)?,
        })
    }

    /// Seals what a row is to hold under the row's id and version.
    pub fn seal(&self, row: &mut SecretRow, plain: &Plain) -> ApiResult<()> {
        let seal =
            |part: &str, text: &[u8]| self.key.seal(&aad(row.id, row.version, part), text).into_bytes();
        let optional = |part: &str, text: &[u8]| if text.is_empty() { Vec::new() } else { seal(part, text) };
        let metadata = if plain.metadata.is_empty() {
            Vec::new()
        } else {
            serde_json::to_vec(&plain.metadata).map_err(|error| ApiError::internal(error.to_string()))?
        };
        let sealed = (
            seal("value", plain.value.as_bytes()),
            optional("comment", plain.comment.as_bytes()),
            optional("metadata", &metadata),
        );
        (row.value, row.comment, row.metadata) = sealed;
        Ok(())
    }

    fn entries(&self, id: SecretId, version: i64, sealed: &[u8]) -> ApiResult<Vec<SecretMetadata>> {
        let text = self.optional(id, version, "metadata", sealed)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        serde_json::from_str(&text).map_err(|_| ApiError::internal("metadata of a secret cannot be read"))
    }

    fn optional(&self, id: SecretId, version: i64, part: &str, sealed: &[u8]) -> ApiResult<String> {
        if sealed.is_empty() { Ok(String::new()) } else { self.open(id, version, part, sealed) }
    }

    fn open(&self, id: SecretId, version: i64, part: &str, sealed: &[u8]) -> ApiResult<String> {
        let open = self.key.open(&aad(id, version, part), sealed);
        let open = open.map_err(|error| ApiError::internal(format!("{part} of secret {id}: {error}")))?;
        let text = std::str::from_utf8(&open);
        text.map(str::to_owned).map_err(|_| ApiError::internal(format!("{part} of secret {id} is not text")))
    }
}

/// A sealed part belongs to one secret and one version of it.
fn aad(id: SecretId, version: i64, part: &str) -> Aad {
    Aad::new(&["secret", &id.to_string(), part, &version.to_string()])
}
