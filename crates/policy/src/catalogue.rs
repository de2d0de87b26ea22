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

impl Subject {
    /// The fields that every request on such a subject names: what lies in a folder has an environment and a path.
    pub(crate) fn always_known(&self) -> &'static [Field] {
        if self.fields.contains(&Field::SecretPath) { &[Field::Environment, Field::SecretPath] } else { &[] }
    }
}

/// What an older name stands for today, as subjects and actions of the same level. `read` on secrets means their
/// existence and their values.
pub(crate) fn implied(level: Level, subject: &str, action: &str) -> &'static [(&'static str, &'static str)] {
    match (level, subject, action) {
        (Level::Organization, "workspace", "create") => &[("project", "create")],
        (Level::Project, "secrets", "read") => &[("secrets", "describeSecret"), ("secrets", "readValue")],
        (Level::Project, "certificate-authorities", "renew") => {
            &[("certificate-authorities", "issue-ca-certificate")]
        }
        (Level::Project, "secret-events", "subscribe-on-created") => {
            &[("secret-event-subscriptions", "subscribe-to-creation-events")]
        }
        (Level::Project, "secret-events", "subscribe-on-updated") => {
            &[("secret-event-subscriptions", "subscribe-to-update-events")]
        }
        (Level::Project, "secret-events", "subscribe-on-deleted") => {
            &[("secret-event-subscriptions", "subscribe-to-deletion-events")]
        }
        (Level::Project, "secret-events", "subscribe-on-import-mutations") => {
            &[("secret-event-subscriptions", "subscribe-to-import-mutation-events")]
        }
        _ => &[],
    }
}

/// Whether this name is only taken for the sake of older roles: no request asks for it.
pub fn is_older(level: Level, subject: &str, action: &str) -> bool {
    level == Level::Project && !implied(level, subject, action).is_empty()
}

/// Whether holding this gives nothing: older names, and `read` on folders, which every member of a project sees.
pub(crate) fn is_never_asked(level: Level, subject: &str, action: &str) -> bool {
    is_older(level, subject, action) || (level, subject, action) == (Level::Project, "secret-folders", "read")
}
