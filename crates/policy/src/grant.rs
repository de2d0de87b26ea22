//! Where rules come from.

use std::fmt;

use crate::Rule;

/// What gave an actor a list of rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GrantSource {
    /// A role, built in or custom.
    Role {
        /// Its slug.
        slug: String,
    },
    /// A role of a group that the actor is in.
    GroupRole {
        /// The group's slug.
        group: String,
        /// The role's slug.
        slug: String,
    },
    /// An additional privilege.
    Privilege {
        /// Its slug.
        slug: String,
    },
}

impl fmt::Display for GrantSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role { slug } => write!(f, "role {slug}"),
            Self::GroupRole { group, slug } => write!(f, "role {slug} of group {group}"),
            Self::Privilege { slug } => write!(f, "privilege {slug}"),
        }
    }
}

/// A list of rules and where it comes from. The order of grants, and of the rules in them, decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where the rules come from.
    pub source: GrantSource,
    /// The rules, in order.
    pub rules: Vec<Rule>,
}
