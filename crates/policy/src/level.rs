//! Where a permission applies.

use std::fmt;

/// The two levels at which permissions are held. A rule of one level never answers a need of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Held in the organization.
    Organization,
    /// Held in one project.
    Project,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organization => "organization",
            Self::Project => "project",
        })
    }
}
