//! Folders: `/api/v1/folders` and `/api/v2/folders` (`secrets.md` §6).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{EnvironmentId, FolderId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Which folder of which project and environment a request speaks of. Version 1 says `workspaceId` and `path` or
/// `directory`, version 2 `projectId` and `path`.
pub trait InFolder {
    /// The project by id.
    fn project(&self) -> Option<ProjectId>;
    /// The environment's slug.
    fn environment(&self) -> &str;
    /// The folder; `/` if none is named.
    fn path(&self) -> &str;
}

macro_rules! in_folder {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// The project (version 1).
            #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
            pub workspace_id: Option<ProjectId>,
            /// The project (version 2).
            #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
            pub project_id: Option<ProjectId>,
            /// Slug of the environment.
            pub environment: String,
            /// The folder in which to act; `/` if missing.
            #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
            pub path: Option<String>,
            /// Another name of `path`.
            #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
            pub directory: Option<String>,
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl InFolder for $name {
            fn project(&self) -> Option<ProjectId> {
                self.workspace_id.or(self.project_id)
            }

            fn environment(&self) -> &str {
                &self.environment
            }

            fn path(&self) -> &str {
                self.path.as_deref().or(self.directory.as_deref()).unwrap_or("/")
            }
        }
    )*};
}
pub(crate) use in_folder;

in_folder! {
    /// Makes a folder, and the folders above it that are missing.
    CreateFolder {
        /// Name: letters, digits, `-` and `_`.
        name: String,
        /// Free text, at most 1,000 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    }
    /// Lists the folders in a folder.
    ListFolders {
        /// Whether to list the folders below those too.
        #[serde(default, deserialize_with = "lenient::opt_bool", skip_serializing_if = "Option::is_none")]
        recursive: Option<bool>,
        /// Only folders whose secrets changed at this time or later.
        #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
        last_secret_modified: Option<Timestamp>,
    }
    /// Changes a folder.
    UpdateFolder {
        /// Id of the folder, or its name in `path`.
        folder_id: String,
        /// New name.
        name: String,
        /// New description; missing stays, null clears.
        #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
        description: lenient::Given<String>,
    }
    /// Deletes a folder with everything in it.
    DeleteFolder {
        /// Id of the folder, or its name in `path`.
        folder_id: String,
        /// Version 2: delete it even if there is something in it.
        #[serde(default, deserialize_with = "lenient::opt_bool", skip_serializing_if = "Option::is_none")]
        force_delete: Option<bool>,
    }
}

/// Names a folder.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderPath {
    /// Id of the folder.
    pub folder_id: FolderId,
}

/// Names a folder by where it is.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderPlace {
    /// The project.
    pub project_id: ProjectId,
    /// Slug of the environment.
    pub environment: String,
    /// Path of the folder.
    pub folder_path: String,
}

/// Changes several folders, all or none.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateFolders {
    /// The project by slug (version 1).
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The project by id (version 2).
    #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The changes.
    pub folders: Vec<FolderChange>,
}

/// One change of several.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct FolderChange {
    /// Id of the folder, or its name in `path`.
    pub id: String,
    /// Slug of the environment.
    pub environment: String,
    /// New name.
    pub name: String,
    /// The folder that it is in; `/` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// New description; missing stays, null clears.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub description: lenient::Given<String>,
}

/// A folder.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// Id.
    pub id: FolderId,
    /// Name; `root` for the root.
    pub name: String,
    /// Grows with every change of the folder itself.
    pub version: i64,
    /// The environment.
    pub env_id: EnvironmentId,
    /// The folder that it is in; null for the root.
    pub parent_id: Option<FolderId>,
    /// Always false.
    pub is_reserved: bool,
    /// Free text.
    pub description: Option<String>,
    /// When a secret in it changed last.
    pub last_secret_modified: Option<Timestamp>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Where it is.
    pub path: String,
    /// The project.
    pub project_id: ProjectId,
    /// The environment, once more.
    pub environment: FolderEnvironment,
    /// Where it is below the folder asked for; in recursive lists only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_path: Option<String>,
}

/// The environment that a folder is in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FolderEnvironment {
    /// Id.
    pub env_id: EnvironmentId,
    /// Display name.
    pub env_name: String,
    /// Slug.
    pub env_slug: String,
}

/// A folder in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct FolderReply {
    /// The folder.
    pub folder: Folder,
}

/// Folders in their envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct FoldersReply {
    /// The folders.
    pub folders: Vec<Folder>,
}
