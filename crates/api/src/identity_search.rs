//! Searching identities of the organization and of projects (`identities.md` §3.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::common::Direction;
use crate::identities::{IdentityOrder, IdentitySummary, SearchFilter};
use crate::identity_members::MemberProject;
use crate::lenient;
use crate::roles::HeldRole;

/// Who manages the identities that are searched for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The organization.
    Organization,
    /// A project that the caller is a member of.
    Project,
}

/// Searches identities. A scope that the caller may not read is left out.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SearchScopes {
    /// Who manages them; the organization if missing.
    pub scope: Option<Vec<Scope>>,
    /// What to order by.
    pub order_by: IdentityOrder,
    /// Which way.
    pub order_direction: Direction,
    /// 1–100, 50 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// How many to skip, 0 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// Which ones.
    pub search: Option<SearchFilter>,
}

/// An identity that a search found, as a member of the organization or of the project that manages
/// it. `id` is the membership's.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundIdentity {
    /// Id of the membership.
    pub id: MembershipId,
    /// The identity.
    pub identity_id: IdentityId,
    /// Who manages it.
    pub scope: Scope,
    /// The organization.
    pub org_id: OrgId,
    /// The project that manages it, if one does.
    pub project_id: Option<ProjectId>,
    /// The same project in short.
    pub project: Option<MemberProject>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Method of the last login.
    pub last_login_auth_method: Option<String>,
    /// Time of the last login.
    pub last_login_time: Option<Timestamp>,
    /// Its roles there, in order.
    pub roles: Vec<HeldRole>,
    /// The identity in short.
    pub identity: IdentitySummary,
}

/// What a search found on this page, and how many there are in all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundIdentityList {
    /// The identities.
    pub identities: Vec<FoundIdentity>,
    /// How many there are in all.
    pub total_count: i64,
}

/// How many identities a search finds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub struct IdentityCounts {
    /// By scope; only the scopes that were asked for.
    pub counts: ScopeCounts,
}

/// Identities by scope.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub struct ScopeCounts {
    /// Those that the organization manages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<i64>,
    /// Those that projects of the caller manage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<i64>,
}
