//! Secrets: `/api/v3/secrets/raw` and `/api/v4/secrets` (`secrets.md` §1–§3).
//!
//! Both versions take the same input types: version 3 says `workspaceId`, `workspaceSlug` or `projectSlug`,
//! version 4 `projectId`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{EnvironmentId, FolderId, ProjectId, SecretId, TagId};
use vouchsafe_domain::time::Timestamp;

use crate::concealed::Concealed;
use crate::lenient;

/// Which folder of which project and environment a request speaks of.
pub trait Located {
    /// The project by id.
    fn project(&self) -> Option<ProjectId>;
    /// The project by slug.
    fn project_slug(&self) -> Option<&str>;
    /// The environment's slug.
    fn environment(&self) -> &str;
    /// The folder; `/` if none is named.
    fn path(&self) -> &str;
}

macro_rules! located {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// The project (version 3).
            #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
            pub workspace_id: Option<ProjectId>,
            /// The project (version 4).
            #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
            pub project_id: Option<ProjectId>,
            /// The project by slug, in queries (version 3).
            #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
            pub workspace_slug: Option<String>,
            /// The project by slug, in bodies (version 3).
            #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
            pub project_slug: Option<String>,
            /// Slug of the environment.
            pub environment: String,
            /// Path of the folder; `/` if missing.
            #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
            pub secret_path: Option<String>,
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Located for $name {
            fn project(&self) -> Option<ProjectId> {
                self.workspace_id.or(self.project_id)
            }

            fn project_slug(&self) -> Option<&str> {
                self.workspace_slug.as_deref().or(self.project_slug.as_deref())
            }

            fn environment(&self) -> &str {
                &self.environment
            }

            fn path(&self) -> &str {
                self.secret_path.as_deref().unwrap_or("/")
            }
        }
    )*};
}

located! {
    /// Lists the secrets of a folder.
    ListSecrets {
        /// The folder, as lists of imported secrets name it.
        #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// Whether `${...}` references are replaced; version 3: false, version 4: true if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        expand_secret_references: Option<bool>,
        /// Whether imported secrets come along; version 3: false, version 4: true if missing.
        #[serde(default, rename = "include_imports", deserialize_with = "lenient::opt_flag",
                skip_serializing_if = "Option::is_none")]
        include_imports: Option<bool>,
        /// Another name of `include_imports`.
        #[serde(default, rename = "includeImports", deserialize_with = "lenient::opt_flag",
                skip_serializing_if = "Option::is_none")]
        include_imports_too: Option<bool>,
        /// Whether the folders below are listed too; false if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        recursive: Option<bool>,
        /// Whether values are shown; true if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        view_secret_value: Option<bool>,
        /// Version 4: whether the caller's personal secrets replace the shared ones; false if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        include_personal_overrides: Option<bool>,
        /// Only secrets with one of these tags: slugs, separated by commas.
        #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
        tag_slugs: Option<String>,
        /// Only secrets with one of these metadata: `key=a,value=b|key=c,value=d`, at most 10 pairs.
        #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
        metadata_filter: Option<String>,
    }
    /// Reads a secret.
    GetSecret {
        /// Name of the secret.
        secret_name: String,
        /// `shared` if missing.
        #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<SecretKind>")]
        r#type: Option<SecretKind>,
        /// Which version; the newest if missing.
        #[serde(default, deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
        version: Option<i64>,
        /// Whether the value is shown; true if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        view_secret_value: Option<bool>,
        /// Whether `${...}` references are replaced; version 3: false, version 4: true if missing.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        expand_secret_references: Option<bool>,
        /// Whether imports are searched; version 3: false, version 4: true if missing.
        #[serde(default, rename = "include_imports", deserialize_with = "lenient::opt_flag",
                skip_serializing_if = "Option::is_none")]
        include_imports: Option<bool>,
        /// Another name of `include_imports`.
        #[serde(default, rename = "includeImports", deserialize_with = "lenient::opt_flag",
                skip_serializing_if = "Option::is_none")]
        include_imports_too: Option<bool>,
    }
    /// Makes a secret.
    CreateSecret {
        /// Name of the secret: 1–255 characters, no `:` and no `/`.
        secret_name: String,
        /// The value, may be empty.
        #[serde(default)]
        secret_value: Option<Concealed>,
        /// A comment.
        #[serde(default)]
        secret_comment: Option<Concealed>,
        /// `shared` if missing. Only users have personal secrets.
        #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<SecretKind>")]
        r#type: Option<SecretKind>,
        /// Whether line breaks are escaped when the value is expanded.
        #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
        skip_multiline_encoding: Option<bool>,
        /// Tags of the secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag_ids: Option<Vec<TagId>>,
        /// Keys and values attached to the secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_metadata: Option<Vec<SecretMetadata>>,
        /// Every how many days somebody is to be reminded; 0: never.
        #[serde(default, deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
        secret_reminder_repeat_days: Option<i64>,
        /// What to remind of, at most 1,024 characters.
        #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
        secret_reminder_note: Option<String>,
    }
    /// Changes a secret; what is missing stays.
    UpdateSecret {
        /// Name of the secret.
        secret_name: String,
        /// New name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new_secret_name: Option<String>,
        /// New value; an empty text sets it empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_value: Option<Concealed>,
        /// New comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_comment: Option<Concealed>,
        /// `shared` if missing.
        #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<SecretKind>")]
        r#type: Option<SecretKind>,
        /// Whether line breaks are escaped when the value is expanded.
        #[serde(default, deserialize_with = "lenient::given_flag", skip_serializing_if = "Option::is_none")]
        skip_multiline_encoding: lenient::Given<bool>,
        /// Replaces all tags; an empty list removes them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag_ids: Option<Vec<TagId>>,
        /// Replaces all metadata.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_metadata: Option<Vec<SecretMetadata>>,
        /// Every how many days somebody is to be reminded; 0 or null: never.
        #[serde(default, deserialize_with = "lenient::given_int", skip_serializing_if = "Option::is_none")]
        secret_reminder_repeat_days: lenient::Given<i64>,
        /// What to remind of; empty or null: nothing.
        #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
        secret_reminder_note: lenient::Given<String>,
    }
    /// Deletes a secret.
    DeleteSecret {
        /// Name of the secret.
        secret_name: String,
        /// `shared` if missing.
        #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<SecretKind>")]
        r#type: Option<SecretKind>,
    }
    /// Makes several secrets, all or none.
    CreateSecrets {
        /// The secrets.
        secrets: Vec<NewSecret>,
    }
    /// Changes several secrets, all or none.
    UpdateSecrets {
        /// What to do about secrets that are not there.
        #[serde(default)]
        mode: UpdateMode,
        /// The changes.
        secrets: Vec<SecretChange>,
    }
    /// Deletes several secrets, all or none.
    DeleteSecrets {
        /// The secrets.
        secrets: Vec<NamedSecret>,
    }
    /// Adds tags to a secret, or takes them from it.
    TagSecret {
        /// Name of the secret.
        secret_name: String,
        /// `shared` if missing.
        #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<SecretKind>")]
        r#type: Option<SecretKind>,
        /// Slugs of the tags.
        tag_slugs: Vec<String>,
    }
}

/// Reads a secret by its id.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSecretById {
    /// Id of the secret.
    pub secret_id: SecretId,
    /// Whether the value is shown; true if missing.
    #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
    pub view_secret_value: Option<bool>,
    /// Whether `${...}` references are replaced; version 3: false, version 4: true if missing.
    #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
    pub expand_secret_references: Option<bool>,
}

/// One of several secrets to make.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSecret {
    /// Name of the secret.
    pub secret_key: String,
    /// The value.
    #[serde(default)]
    pub secret_value: Option<Concealed>,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_comment: Option<Concealed>,
    /// Whether line breaks are escaped when the value is expanded.
    #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
    pub skip_multiline_encoding: Option<bool>,
    /// Tags of the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_ids: Option<Vec<TagId>>,
    /// Keys and values attached to the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_metadata: Option<Vec<SecretMetadata>>,
}

/// One of several changes.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretChange {
    /// Name of the secret.
    pub secret_key: String,
    /// The folder, if it is another than that of the request.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub secret_path: Option<String>,
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_secret_name: Option<String>,
    /// New value; an empty text sets it empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_value: Option<Concealed>,
    /// New comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_comment: Option<Concealed>,
    /// Whether line breaks are escaped when the value is expanded.
    #[serde(default, deserialize_with = "lenient::given_flag", skip_serializing_if = "Option::is_none")]
    pub skip_multiline_encoding: lenient::Given<bool>,
    /// Replaces all tags; an empty list removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_ids: Option<Vec<TagId>>,
    /// Replaces all metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_metadata: Option<Vec<SecretMetadata>>,
    /// Every how many days somebody is to be reminded; 0 or null: never.
    #[serde(default, deserialize_with = "lenient::given_int", skip_serializing_if = "Option::is_none")]
    pub secret_reminder_repeat_days: lenient::Given<i64>,
    /// What to remind of; empty or null: nothing.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub secret_reminder_note: lenient::Given<String>,
}

/// What a change of several secrets does about those that are not there.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UpdateMode {
    /// Refuses everything.
    #[default]
    FailOnNotFound,
    /// Leaves them out.
    Ignore,
    /// Makes them.
    Upsert,
}

/// Names one of several secrets.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedSecret {
    /// Name of the secret.
    pub secret_key: String,
    /// `shared` if missing.
    #[serde(default, deserialize_with = "opt_kind", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SecretKind>")]
    pub r#type: Option<SecretKind>,
}

/// Moves secrets to another folder of the same project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveSecrets {
    /// The project by slug (version 3).
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub project_slug: Option<String>,
    /// The project by id (version 4).
    #[serde(default, deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Slug of the environment that they are in.
    pub source_environment: String,
    /// Path of the folder that they are in; `/` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub source_secret_path: Option<String>,
    /// Slug of the environment that they go to.
    pub destination_environment: String,
    /// Path of the folder that they go to; `/` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub destination_secret_path: Option<String>,
    /// The secrets.
    pub secret_ids: Vec<SecretId>,
    /// Whether secrets of the same name there are replaced; false if missing.
    #[serde(default, deserialize_with = "lenient::opt_flag", skip_serializing_if = "Option::is_none")]
    pub should_overwrite: Option<bool>,
}

/// What a move changed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedReply {
    /// Whether secrets left the source.
    pub is_source_updated: bool,
    /// Whether secrets came to the destination.
    pub is_destination_updated: bool,
}

/// Who a secret is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretKind {
    /// Everybody who may read it.
    #[default]
    Shared,
    /// One user, in place of the shared one.
    Personal,
}

impl std::str::FromStr for SecretKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "shared" => Ok(Self::Shared),
            "personal" => Ok(Self::Personal),
            _ => Err("Expected shared or personal"),
        }
    }
}

fn opt_kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<SecretKind>, D::Error> {
    lenient::opt_parsed(deserializer)
}

/// What stands in place of a value that is not shown.
pub const HIDDEN_VALUE: &str = "<hidden-by-infisical>";

/// A secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Id.
    pub id: SecretId,
    /// The same; some clients ask for it.
    #[serde(rename = "_id")]
    pub id_too: SecretId,
    /// The project.
    pub workspace: ProjectId,
    /// Slug of the environment.
    pub environment: String,
    /// Starts at 1 and grows by 1 with each update.
    pub version: i64,
    /// Who it is for.
    pub r#type: SecretKind,
    /// Name.
    pub secret_key: String,
    /// Value; empty if there is none, [`HIDDEN_VALUE`] if it is not shown.
    pub secret_value: Concealed,
    /// Whether the value is not shown.
    #[serde(default)]
    pub secret_value_hidden: bool,
    /// Comment.
    pub secret_comment: Concealed,
    /// Path of the folder.
    #[serde(default)]
    pub secret_path: String,
    /// Whether line breaks are escaped when the value is expanded.
    pub skip_multiline_encoding: Option<bool>,
    /// What to remind of.
    pub secret_reminder_note: Option<String>,
    /// Every how many days to remind.
    pub secret_reminder_repeat_days: Option<i64>,
    /// Keys and values attached to it.
    #[serde(default)]
    pub secret_metadata: Vec<SecretMetadata>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<SecretTag>,
    /// Who changed it last.
    pub actor: Option<SecretActor>,
    /// Always false.
    #[serde(default)]
    pub is_rotated_secret: bool,
    /// Always null.
    pub rotation_id: Option<String>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A key and a value attached to a secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretMetadata {
    /// Key.
    pub key: String,
    /// Value.
    #[serde(default)]
    pub value: Concealed,
    /// Whether it was asked to be encrypted; all are.
    #[serde(default)]
    pub is_encrypted: bool,
}

/// A tag of a secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SecretTag {
    /// Id.
    pub id: TagId,
    /// Slug.
    pub slug: String,
    /// The slug once more.
    #[serde(default)]
    pub name: String,
    /// Colour.
    #[serde(default)]
    pub color: String,
}

/// Who changed a secret last.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretActor {
    /// Id of the user or identity.
    pub actor_id: Option<String>,
    /// `user`, `identity` or `system`.
    pub actor_type: Option<String>,
    /// Always null.
    pub name: Option<String>,
    /// Always null.
    pub membership_id: Option<String>,
    /// Always null.
    pub group_id: Option<String>,
}

/// What a folder imports from another.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedSecrets {
    /// Path of the other folder.
    pub secret_path: String,
    /// Slug of its environment.
    pub environment: String,
    /// The environment; only where imports are asked for by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_info: Option<EnvironmentInfo>,
    /// Its id.
    pub folder_id: FolderId,
    /// Its secrets.
    pub secrets: Vec<Secret>,
}

/// An environment in short.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct EnvironmentInfo {
    /// Id.
    pub id: EnvironmentId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
}

/// What a folder imports.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ImportedReply {
    /// Imported secrets, folder by folder; later ones win.
    pub secrets: Vec<ImportedSecrets>,
}

/// A secret in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SecretReply {
    /// The secret.
    pub secret: Secret,
}

/// Secrets in their envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SecretsReply {
    /// The secrets.
    pub secrets: Vec<Secret>,
}

/// The secrets of a folder and what it imports. Later imports win over earlier ones, its own secrets over all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SecretList {
    /// The folder's own secrets.
    pub secrets: Vec<Secret>,
    /// Imported secrets, folder by folder.
    pub imports: Vec<ImportedSecrets>,
}
