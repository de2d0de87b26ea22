//! What a decision was made of.

use std::fmt;
use std::sync::Arc;

use crate::{Field, GrantSource, Rule};

/// The answer to "may this be done, and why": what [`Permissions::check`](crate::Permissions::check) decides, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// May it be done?
    pub allowed: bool,
    /// The rule that has the say; none: no rule applies, so the answer is no.
    pub by: Option<Decider>,
    /// Every rule on this action and subject, in the order in which rules are read.
    pub considered: Vec<Considered>,
    /// A fact that every request of this kind names is not there, so the answer is no whatever the rules say.
    pub lacks: Option<Field>,
}

/// A rule, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// The role or privilege.
    pub source: Arc<GrantSource>,
    /// The index of the rule there, from 0.
    pub index: usize,
    /// The rule as it is written.
    pub rule: Rule,
}

/// A rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// The rule.
    pub rule: Decider,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a rule in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is the last one that applies: it decides.
    Decides,
    /// It applies, but a later one decides.
    Overruled,
    /// The condition on this field does not hold.
    DoesNotApply(Field),
    /// It forbids under conditions, and was not asked about an object.
    NotAsked,
    /// A value that it is to be filled in with is missing: it allows nothing.
    NotFilled,
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, rule {}", self.source, self.index)
    }
}
