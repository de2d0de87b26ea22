//! Does one actor hold everything that another one holds?
//!
//! Decided over what the rules mean. For each field, the values that exist ([`universe`]) fall into finitely many kinds
//! that no condition of the two can tell apart ([`atoms`]; for patterns, found by running all of them side by side in
//! [`product`]). The search goes through the combinations of kinds in which the target is allowed something and the
//! actor is not, in the order of the rules. A combination is at once a request that shows what is missing.

mod atoms;
mod budget;
mod example;
mod gap;
mod mask;
mod product;
mod question;
mod quick_hash;
mod search;
mod universe;

use serde::Serialize;

use crate::{Conditions, Permissions};
pub use example::{CounterExample, Fact};
pub use gap::{Difference, Gap, diff};

/// What the target may do and the actor may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{example}")]
pub struct Missing {
    /// The permissions of the target that the actor does not hold. If it was too complex to find out: those that were
    /// not compared.
    #[serde(rename = "missingPermissions")]
    pub permissions: Vec<MissingPermission>,
    /// One request that the target may make and the actor may not, as a sentence.
    #[serde(skip)]
    pub example: String,
    /// The same request as data; none if the two were too complex to compare, which counts as missing.
    #[serde(skip)]
    pub counter_example: Option<Box<CounterExample>>,
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

/// Whether the actor may do everything that the target may do. Exact for every request that can exist; when finding
/// out would take too long, the answer is no and says so.
pub fn boundary(actor: &Permissions, target: &Permissions) -> Result<(), Missing> {
    let gaps = gap::gaps(actor, target);
    let Some(shown) = gaps.iter().find(|gap| gap.counter_example.is_some()).or(gaps.first()) else {
        return Ok(());
    };
    let (example, counter_example) =
        (shown.sentence("The target", "you"), shown.counter_example.clone().map(Box::new));
    let mut permissions = Vec::new();
    for entry in gaps.into_iter().flat_map(|gap| gap.permissions) {
        if !permissions.contains(&entry) {
            permissions.push(entry);
        }
    }
    Err(Missing { permissions, example, counter_example })
}
