//! Asking what others may do, and why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{GroupId, IdentityId, PrivilegeId, ProjectId, UserId};

use crate::lenient;
use crate::privileges::PrivilegeTime;
use crate::roles::PermissionRule;

/// Somebody: exactly one of the three.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Somebody {
    /// A machine identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<IdentityId>,
    /// A user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Whoever is in this group, as far as the group goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
}

/// May somebody do something, and which rule decides?
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// The project; missing: in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Who, if it is a machine identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<IdentityId>,
    /// Who, if it is a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Who, if it is whoever is in a group, as far as the group goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// What is done, such as `readValue`.
    pub action: String,
    /// To what, such as `secrets`.
    pub subject: String,
    /// The object, by the names that conditions have: `environment`, `secretPath`, `secretName`, `identityId` and so on
    /// as texts, `secretTags` as a list, `metadata` as a list of key and value. What is left out is not known, and lets
    /// no rule allow. Missing or empty: is it allowed somewhere at all?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<BTreeMap<String, Value>>,
    /// What a login would prove, for rules that ask for it, such as `oidc.claims.team` or `kubernetes.namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<BTreeMap<String, String>>,
}

impl Explain {
    /// Who.
    pub fn who(&self) -> Somebody {
        Somebody { identity_id: self.identity_id, user_id: self.user_id, group_id: self.group_id }
    }
}

/// Who an answer is about.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberBrief {
    /// `identity`, `user` or `group`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id.
    pub id: String,
    /// Name of the identity or group, e-mail address of the user.
    pub name: String,
}

/// Where a rule stands.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleSource {
    /// `role`, `group` (a role of a group) or `privilege`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Slug of the role or privilege.
    pub slug: String,
    /// Slug of the group, if the role is one of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// A rule and where it stands.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct FoundRule {
    /// The role or privilege.
    pub source: RuleSource,
    /// Its index there, from 0.
    pub index: usize,
    /// The rule as it is written.
    pub rule: PermissionRule,
}

/// A rule that was looked at.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ConsideredRule {
    /// The rule.
    #[serde(flatten)]
    pub found: FoundRule,
    /// `decides`, `overruled` (a later one decides), `does-not-apply` (a condition does not hold), `not-asked` (it
    /// forbids under conditions, and no object was named) or `not-filled` (a value for its template is missing).
    pub outcome: String,
    /// The field whose condition does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The answer, explained.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainReply {
    /// May it be done?
    pub allowed: bool,
    /// Why, in words.
    pub reason: String,
    /// Who.
    pub member: MemberBrief,
    /// The rule that decides; none: no rule applies, or no rule is asked.
    pub decided_by: Option<FoundRule>,
    /// Every rule on this action and subject, in the order in which rules are read; at most 1,000, the later ones.
    pub considered: Vec<ConsideredRule>,
}

/// Who may do something?
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCan {
    /// The project; missing: in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What is done, such as `readValue`.
    pub action: String,
    /// To what, such as `secrets`.
    pub subject: String,
    /// The object, by the names that conditions have: `environment`, `secretPath`, `secretName`, `identityId` and so on
    /// as texts, `secretTags` as a list, `metadata` as a list of key and value. What is left out is not known, and lets
    /// no rule allow. Missing or empty: is it allowed somewhere at all?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<BTreeMap<String, Value>>,
    /// Where the page before ended: its `nextCursor`.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many to answer at most, 1–100, 50 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// Somebody who may.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permitted {
    /// Who.
    pub member: MemberBrief,
    /// The rule that decides.
    pub decided_by: FoundRule,
}

/// Those who may.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhoCanReply {
    /// They may, on this page.
    pub members: Vec<Permitted>,
    /// How many members were looked at for this page.
    pub examined: usize,
    /// Where the next page begins; none: all members were looked at. A page may be empty and not the last one.
    pub next_cursor: Option<String>,
}

/// What changes when a role is edited (`role`, `permissions`) or an additional privilege (`privilegeId`, `permissions`,
/// `type`), or what tells two members apart (`from`, `to`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The project; missing: in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Slug of a custom role.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// An additional privilege in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privilege_id: Option<PrivilegeId>,
    /// The rules that the role or privilege would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<Value>>,
    /// For how long the privilege would hold; missing: as it does.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub time: Option<PrivilegeTime>,
    /// Somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Somebody>,
    /// Somebody to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Somebody>,
    /// Where the page of members before ended: its `nextCursor`.
    #[serde(default, deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many holders of the role to compare at most, 1–50, 20 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// Something that one side may and the other may not.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessGap {
    /// What is done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// One such request in words.
    pub sentence: String,
    /// The same request as data; none if the two were too complex to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
    /// The rules behind it.
    pub permissions: Vec<Value>,
}

/// What changes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub struct AccessChange {
    /// Allowed after and not before (or: to the second and not to the first).
    pub gained: Vec<AccessGap>,
    /// Allowed before and not after (or: to the first and not to the second).
    pub lost: Vec<AccessGap>,
}

/// What changes for one member.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MemberChange {
    /// Who.
    pub member: MemberBrief,
    /// What.
    #[serde(flatten)]
    pub change: AccessChange,
}

/// The difference.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiffReply {
    /// Between the rules of the role or privilege (what templates stand for counts as anything), or between the two
    /// members.
    pub difference: AccessChange,
    /// The holders for whom something changes, on this page; empty when two members are compared. What changes is looked
    /// at now, or, if a privilege holds now neither as it is nor as it would be, when it would begin.
    pub members: Vec<MemberChange>,
    /// How many holders were looked at for this page.
    pub examined: usize,
    /// Where the next page begins; none: all were looked at.
    pub next_cursor: Option<String>,
}
