//! The rules that decide one action on one subject.

use crate::{Conditions, Level, Object, Permissions};

/// The rules on one action that can still have a say, in order. A rule without conditions, if there is one, is the
/// first: what stands before it is never reached.
pub(super) struct Decisions<'a>(Vec<Step<'a>>);

#[derive(PartialEq, Eq, Clone, Copy)]
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
}

impl<'a> Decisions<'a> {
    pub(super) fn of(permissions: &'a Permissions, level: Level, subject: &str, action: &str) -> Self {
        if permissions.level() != level {
            return Self(Vec::new());
        }
        let mut steps: Vec<Step<'a>> = Vec::new();
        for entry in permissions.entries(subject) {
            if !entry.actions().contains(&action) {
                continue;
            }
            let step = Step { inverted: entry.rule.inverted, when: entry.rule.limits() };
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
        if self.0 == theirs.0 {
            return Vec::new();
        }
        let allowing = theirs.0.iter().enumerate().filter(|(_, step)| !step.inverted);
        allowing
            .filter(|(at, step)| !self.cover(step, &theirs.0[at + 1..]))
            .map(|(_, step)| step.when)
            .collect()
    }

    /// Is everything allowed here that `step` allows and `later` does not forbid?
    fn cover(&self, step: &Step<'_>, later: &[Step<'_>]) -> bool {
        // Steps of the target whose no is its last word.
        let last_allow = later.iter().rposition(|step| !step.inverted).map_or(0, |at| at + 1);
        let refused_anyway = &later[last_allow..];
        self.0.iter().enumerate().any(|(at, ours)| {
            !ours.inverted
                && step.implies(ours)
                && self.0[at + 1..]
                    .iter()
                    .filter(|later| later.inverted)
                    .all(|forbids| refused_anyway.iter().any(|theirs| forbids.implies(theirs)))
        })
    }

    /// The decision for one object.
    #[expect(dead_code, reason = "the witness search follows")]
    pub(super) fn allow(&self, object: &Object<'_>) -> bool {
        let applies = |step: &&Step<'_>| step.when.is_none_or(|when| when.hold(object, step.inverted));
        self.0.iter().rev().find(applies).is_some_and(|step| !step.inverted)
    }

    /// Everything that conditions say.
    #[expect(dead_code, reason = "the witness search follows")]
    pub(super) fn conditions(&self) -> impl Iterator<Item = &'a Conditions> {
        self.0.iter().filter_map(|step| step.when)
    }
}
