//! What a decision looks like.

use std::fmt;
use std::sync::Arc;

use crate::{Decider, GrantSource, Need, Rule};

/// Proof that something may be done. Only a decision makes one; a change takes it as an argument.
#[derive(Debug, Clone)]
pub struct Permit {
    need: Option<Need>,
    source: PermitSource,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermitSource {
    /// A rule.
    Rule {
        /// The role or privilege that it stands in.
        grant: Arc<GrantSource>,
        /// Its index there.
        rule: usize,
    },
    /// The server itself acts; no actor is asked.
    System(&'static str),
    /// The actor acts on its own session or token.
    Own(&'static str),
}

impl Permit {
    pub(crate) fn by_rule(need: Need, grant: Arc<GrantSource>, rule: usize) -> Self {
        Self { need: Some(need), source: PermitSource::Rule { grant, rule } }
    }

    /// The server itself acts, for this reason.
    pub fn system(reason: &'static str) -> Self {
        Self { need: None, source: PermitSource::System(reason) }
    }

    /// The actor acts on its own session or token, for this reason.
    pub fn own(reason: &'static str) -> Self {
        Self { need: None, source: PermitSource::Own(reason) }
    }

    /// What was asked; none if no rule decided.
    pub fn need(&self) -> Option<Need> {
        self.need
    }

    /// What decided.
    pub fn source(&self) -> &PermitSource {
        &self.source
    }
}

impl fmt::Display for PermitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule { grant, rule } => write!(f, "{grant}, rule {rule}"),
            Self::System(reason) => write!(f, "system: {reason}"),
            Self::Own(reason) => write!(f, "own: {reason}"),
        }
    }
}

/// Nothing allows it, or a rule forbids it. Shows the contract's message; the reason is for administrators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("You are not allowed to {} on {}", need.action, need.subject)]
pub struct Denied {
    /// What was asked.
    pub need: Need,
    /// The actor's rules on that subject, in order.
    pub rules: Vec<Rule>,
    /// The rule that forbids it; none: no rule allows it.
    pub by: Option<Box<Decider>>,
}

impl Denied {
    /// Why, as a sentence: for logs and administrators, not for the caller.
    pub fn reason(&self) -> String {
        let Need { level, subject, action } = self.need;
        match &self.by {
            Some(by) => format!("{by} forbids {action} on {subject} ({level})"),
            None if self.rules.is_empty() => format!("no rule of the actor is about {subject} ({level})"),
            None => {
                let count = self.rules.len();
                format!("none of the {count} rules on {subject} ({level}) that the actor has allows {action}")
            }
        }
    }
}
