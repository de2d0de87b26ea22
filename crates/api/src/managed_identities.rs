//! Identities under their newer names: those that a project manages
//! (`/api/v1/projects/{projectId}/identities`) and those of the organization
//! (`/api/v1/organization/identities`) (`identities.md` §3, §4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{IdentityId, OrgId, ProjectId};

use crate::common::{Direction, MetadataInput};
use crate::identities::{IdentityMembership, IdentityOrder};
use crate::lenient;
use crate::roles::RoleInput;

/// Makes an identity that a project manages.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProjectIdentity {
    /// The project that manages it.
    pub project_id: ProjectId,
    /// Display name, 1–255 characters.
    pub name: String,
    /// Refuses to be deleted while set.
    #[serde(default)]
    pub has_delete_protection: Option<bool>,
    /// Keys and values to attach, at most 100.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataInput>>,
    /// Its roles in the project, one of them permanent; `no-access` if missing.
    #[serde(default)]
    pub roles: Option<Vec<RoleInput>>,
}

/// Names an identity that a project manages.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectIdentityPath {
    /// The project that manages it.
    pub project_id: ProjectId,
    /// Which identity.
    pub identity_id: IdentityId,
}

/// Changes an identity that a project manages; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectIdentity {
    /// The project that manages it.
    pub project_id: ProjectId,
    /// Which identity.
    pub identity_id: IdentityId,
    /// Display name, 1–255 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Refuses to be deleted while set.
    #[serde(default)]
    pub has_delete_protection: Option<bool>,
    /// Replaces all metadata.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataInput>>,
}

/// Lists the identities that a project manages.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListProjectIdentities {
    /// The project that manages them.
    pub project_id: ProjectId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–1000, 20 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// The name contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub search: Option<String>,
}

/// Makes an identity of the organization, with the role `no-access`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOrgIdentity {
    /// Display name, 1–255 characters.
    pub name: String,
    /// Refuses to be deleted while set.
    #[serde(default)]
    pub has_delete_protection: Option<bool>,
    /// Keys and values to attach, at most 100.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataInput>>,
}

/// Lists the identities of the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOrgIdentities {
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–1000, 20 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// The name contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub search: Option<String>,
}

/// Lists the memberships of identities in an organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOrgIdentityMemberships {
    /// The caller's organization.
    pub organization_id: OrgId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–20000, 100 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// What to order by.
    #[serde(default)]
    pub order_by: IdentityOrder,
    /// Which way.
    #[serde(default)]
    pub order_direction: Direction,
    /// The name contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub search: Option<String>,
}

/// Memberships under the key of the older list.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgIdentityMembershipList {
    /// The memberships of this page.
    pub identity_memberships: Vec<IdentityMembership>,
    /// How many there are in all.
    pub total_count: i64,
}
