//! The subjects of each level, with the actions and condition fields they have.

mod organization;
mod project;

use crate::{Field, Level};

/// Something that can be acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The name on the wire.
    pub name: &'static str,
    /// What can be done to it.
    pub actions: &'static [&'static str],
    /// What conditions may look at.
    pub fields: &'static [Field],
}

const CRUD: &[&str] = &["read", "create", "edit", "delete"];

const fn subject(name: &'static str, actions: &'static [&'static str], fields: &'static [Field]) -> Subject {
    Subject { name, actions, fields }
}

/// Every subject of a level.
pub fn subjects(level: Level) -> &'static [Subject] {
    match level {
        Level::Organization => organization::SUBJECTS,
        Level::Project => project::SUBJECTS,
    }
}

/// The subject with this name, if the level has it.
pub fn subject_named(level: Level, name: &str) -> Option<&'static Subject> {
    subjects(level).iter().find(|subject| subject.name == name)
}

/// What an older action includes: `read` on secrets means their existence and their values.
pub(crate) fn implied(subject: &str, action: &str) -> &'static [&'static str] {
    match (subject, action) {
        ("secrets", "read") => &["describeSecret", "readValue"],
        _ => &[],
    }
}
