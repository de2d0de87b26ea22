//! Does one actor hold everything that another one holds?

mod decisions;
mod witness;

use serde::Serialize;

use crate::{Conditions, Permissions, catalogue};
use decisions::Decisions;

/// What the target may do and the actor may not, or not provably.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{example}")]
pub struct Missing {
    /// The permissions of the target that the actor does not hold.
    #[serde(rename = "missingPermissions")]
    pub permissions: Vec<MissingPermission>,
    /// One request that the target may make and the actor may not, as a sentence.
    #[serde(skip)]
    pub example: String,
}

/// One permission that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingPermission {
    /// What may be done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// When; none: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
}

/// Whether the actor holds everything that the target holds. Exact for rules without conditions; with conditions, yes
/// only if it can be proved.
pub fn boundary(actor: &Permissions, target: &Permissions) -> Result<(), Missing> {
    let mut permissions = Vec::new();
    let mut example = None;
    for subject in catalogue::subjects(target.level()) {
        for &action in subject.actions {
            if subject.name == "secret-folders" && action == "read"
                || catalogue::is_older(target.level(), subject.name, action)
            {
                continue;
            }
            let theirs = Decisions::of(target, target.level(), subject.name, action);
            let ours = Decisions::of(actor, target.level(), subject.name, action);
            let missing = ours.lacks(&theirs);
            if missing.is_empty() {
                continue;
            }
            example
                .get_or_insert_with(|| witness::sentence(subject.name, action, &ours, &theirs, missing[0]));
            for conditions in missing {
                let entry = MissingPermission {
                    action: action.to_owned(),
                    subject: subject.name.to_owned(),
                    conditions: conditions.cloned(),
                };
                if !permissions.contains(&entry) {
                    permissions.push(entry);
                }
            }
        }
    }
    match example {
        None => Ok(()),
        Some(example) => Err(Missing { permissions, example }),
    }
}
