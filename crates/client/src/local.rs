//! Types until the API crate has them.
#![allow(missing_docs)]
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::ProjectId;

#[derive(Clone, Debug, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct CreateSecret {
    pub project_id: Option<ProjectId>,
    pub environment: String,
    pub secret_path: Option<String>,
    pub secret_name: String,
    pub secret_value: Option<String>,
}
#[derive(Clone, Debug, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ListSecrets {
    pub project_id: Option<ProjectId>,
    pub environment: String,
    pub secret_path: Option<String>,
    pub view_secret_value: Option<bool>,
    pub recursive: Option<bool>,
}
#[derive(Clone, Debug, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct GetSecret {
    pub project_id: Option<ProjectId>,
    pub environment: String,
    pub secret_path: Option<String>,
    pub secret_name: String,
}
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    pub secret_key: String,
    pub secret_value: String,
    #[serde(default)]
    pub secret_path: String,
    pub environment: String,
    pub version: i64,
}
#[derive(Clone, Deserialize)]
pub struct SecretReply {
    pub secret: Secret,
}
#[derive(Clone, Deserialize)]
pub struct Imported {
    pub secrets: Vec<Secret>,
}
#[derive(Clone, Deserialize)]
pub struct SecretList {
    pub secrets: Vec<Secret>,
    pub imports: Vec<Imported>,
}
