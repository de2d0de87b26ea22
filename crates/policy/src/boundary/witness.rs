//! One concrete request that shows what is missing.

use super::decisions::Decisions;
use crate::Conditions;

/// Says what the target may do and the actor may not.
pub(super) fn sentence(
    subject: &str,
    action: &str,
    _ours: &Decisions<'_>,
    _theirs: &Decisions<'_>,
    missing: Option<&Conditions>,
) -> String {
    match missing {
        None => format!("The target may {action} on {subject}, you may not."),
        Some(_) => {
            format!("The target may {action} on {subject} under conditions that your own rules do not cover.")
        }
    }
}
