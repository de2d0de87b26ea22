//! The rules that decide one action on one subject.

use crate::permissions::When;
use crate::{Conditions, Level, Object, Permissions};

/// The rules on one action that can still have a say, in order. A rule without conditions, if there is one, is the
/// first: what stands before it is never reached.
pub(super) struct Decisions<'a>(Vec<Step<'a>>);

#[derive(Clone, Copy)]
struct Step<'a> {
    inverted: bool,
    when: Option<&'a Conditions>,
}

impl Step<'_> {
    /// Wherever this step applies, the other (of the same kind) provably applies too.
    fn implies(&self, other: &Self) -> bool {
        match (self.when, other.when) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => ours.imply(theirs),
        }
    }

    /// Where this step allows, the other never applies. To allow, all fields that this step names must be there.
    fn excludes(&self, other: &Self) -> bool {
        matches!((self.when, other.when), (Some(ours), Some(theirs)) if ours.exclude(theirs))
    }
}

impl<'a> Decisions<'a> {
    pub(super) fn of(permissions: &'a Permissions, level: Level, subject: &str, action: &str) -> Self {
        if permissions.level() != level {
            return Self(Vec::new());
        }
        let mut steps: Vec<Step<'a>> = Vec::new();
        for entry in permissions.entries(subject, action) {
            let when = match &entry.when {
                When::Never => continue,
                When::Always => None,
                When::Conditions(conditions) => Some(conditions),
            };
            let step = Step { inverted: entry.inverted(), when };
            if step.when.is_none() {
                steps.clear();
            }
            // What nothing allows needs not be forbidden.
            if !step.inverted || !steps.is_empty() {
                steps.push(step);
            }
        }
        Self(steps)
    }

    /// The conditions under which `theirs` allow something that these do not provably allow.
    pub(super) fn lacks<'b>(&self, theirs: &Decisions<'b>) -> Vec<Option<&'b Conditions>> {
        let allowing = theirs.0.iter().enumerate().filter(|(_, step)| !step.inverted);
        allowing
            .filter(|(at, step)| !self.cover(step, &theirs.0[at + 1..]))
            .map(|(_, step)| step.when)
            .collect()
    }

    /// Is everything allowed here that `step` decides, `later` being the steps after it that do not apply?
    fn cover(&self, step: &Step<'_>, later: &[Step<'_>]) -> bool {
        // A step that forbids here does no harm if it never meets what `step` decides.
        let harmless = |ours: &Step<'_>| {
            step.excludes(ours) || later.iter().any(|theirs| theirs.inverted && ours.implies(theirs))
        };
        self.0.iter().enumerate().any(|(at, ours)| {
            !ours.inverted
                && step.implies(ours)
                && self.0[at + 1..].iter().filter(|after| after.inverted).all(harmless)
        })
    }

    /// The decision for one object.
    pub(super) fn allow(&self, object: &Object<'_>) -> bool {
        let applies = |step: &&Step<'_>| step.when.is_none_or(|when| when.hold(object, step.inverted));
        self.0.iter().rev().find(applies).is_some_and(|step| !step.inverted)
    }

    /// Everything that conditions say.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &'a Conditions> {
        self.0.iter().filter_map(|step| step.when)
    }
}
