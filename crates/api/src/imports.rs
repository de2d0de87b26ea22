//! Imports: `/api/v1/secret-imports` and `/api/v2/secret-imports` (`secrets.md` §5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{FolderId, ImportId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::folders::{InFolder, in_folder};
use crate::lenient;
use crate::secrets::EnvironmentInfo;

in_folder! {
    /// Lets a folder show the secrets of another.
    CreateImport {
        /// The other folder.
        import: ImportSource,
        /// Whether secrets are to be copied; kept and answered, but they are shown, not copied.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        is_replication: Option<bool>,
    }
    /// Changes an import.
    UpdateImport {
        /// Which import.
        import_id: ImportId,
        /// What changes.
        import: ImportChange,
    }
    /// Names an import and the folder that it is in.
    ImportInFolder {
        /// Which import.
        import_id: ImportId,
    }
    /// Lists the imports of a folder.
    ListImports {}
}

/// The folder that is imported from.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ImportSource {
    /// Slug of the environment.
    pub environment: String,
    /// Path of the folder; it need not be there yet.
    pub path: String,
}

/// What changes of an import; what is missing stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct ImportChange {
    /// Slug of the environment.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Path of the folder.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Place in the order, from 1; later imports win.
    #[serde(deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
}

/// Names an import.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportPath {
    /// Which import.
    pub import_id: ImportId,
}

/// An import.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretImport {
    /// Id.
    pub id: ImportId,
    /// Grows with every change.
    pub version: i64,
    /// The folder imported from.
    pub import_path: String,
    /// The environment imported from.
    pub import_env: EnvironmentInfo,
    /// From 1; later imports win.
    pub position: i64,
    /// The folder that imports.
    pub folder_id: FolderId,
    /// Whether it was asked to copy.
    pub is_replication: bool,
    /// Always null.
    pub is_replication_success: Option<bool>,
    /// Always null.
    pub replication_status: Option<String>,
    /// Always null.
    pub last_replicated: Option<Timestamp>,
    /// Always false.
    pub is_reserved: bool,
    /// The project.
    pub project_id: ProjectId,
    /// The environment of the folder that imports.
    pub environment: EnvironmentInfo,
    /// The path of the folder that imports.
    pub secret_path: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// An import with a sentence for people.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportMessageReply {
    /// The sentence.
    pub message: String,
    /// The import.
    pub secret_import: SecretImport,
}

/// An import in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReply {
    /// The import.
    pub secret_import: SecretImport,
}

/// Imports with a sentence for people.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportsReply {
    /// The sentence.
    pub message: String,
    /// The imports in order.
    pub secret_imports: Vec<SecretImport>,
}
