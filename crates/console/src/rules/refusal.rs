//! Why somebody may not give something away: the boundary, in words.

use serde_json::Value;
use vouchsafe_api::denials::DenialReply;
use vouchsafe_api::roles::PermissionRule;

use super::{RuleWords, from_one};
use crate::api::{Refused, path};
use crate::visit::Visit;

/// What is beyond what the person holds.
pub(crate) struct Beyond {
    /// One request that shows it, in words: only for those who may ask why requests are refused.
    pub(crate) example: Option<String>,
    /// What the person does not hold.
    pub(crate) missing: Vec<RuleWords>,
}

impl Beyond {
    /// Read from the details of a refusal; `None` if it is another refusal.
    pub(crate) async fn of(visit: &Visit, refused: &Refused, may_explain: bool) -> Option<Self> {
        let missing = missing(&refused.details)?;
        let mut example = None;
        if may_explain {
            let record = path(&["api", "v1", "access", "denials", &refused.request]);
            let record = visit.get::<DenialReply>(&record).await.ok();
            example = record.map(|record| about_the_role(&from_one(&record.denial.reason)));
        }
        Some(Self { example, missing })
    }
}

/// Missing permissions that are shown at once.
const SHOWN: usize = 8;

impl Beyond {
    /// The missing permissions, split into those that are shown at once and the others.
    pub(crate) fn parts(&self) -> (&[RuleWords], &[RuleWords]) {
        self.missing.split_at(SHOWN.min(self.missing.len()))
    }
}

/// The server speaks of "the target" where it does not know what is being given.
fn about_the_role(reason: &str) -> String {
    reason.strip_prefix("The target ").map_or_else(|| reason.to_owned(), |rest| format!("A holder {rest}"))
}

/// The permissions that details of a refusal, or of its record, list as missing.
pub(crate) fn missing(details: &Value) -> Option<Vec<RuleWords>> {
    let missing = details["missingPermissions"].as_array()?;
    let read = |one: &Value| {
        let rule = PermissionRule {
            subject: one["subject"].as_str()?.to_owned(),
            action: vec![one["action"].as_str()?.to_owned()],
            conditions: one.get("conditions").cloned(),
            inverted: false,
        };
        Some(RuleWords::from(&rule))
    };
    Some(missing.iter().filter_map(read).collect())
}
