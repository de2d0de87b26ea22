//! The built-in roles of an organization.

use std::sync::LazyLock;

use super::Hold::{All, Nothing, Only};
use super::{CRUD, Compiled, Hold, READ, compiled};
use crate::{Level, Permissions, Rule};

/// A built-in role of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrgRole {
    /// Holds everything.
    Admin,
    /// Sees the organization, makes projects and identities.
    Member,
    /// Holds nothing; what it may do comes from projects.
    NoAccess,
}

/// What a member holds; subjects that are not listed: nothing.
#[rustfmt::skip]
const MEMBER: &[(&[&str], Hold)] = &[
    (&["workspace", "project"], All),
    (&["member", "groups", "role", "settings", "billing", "incident-contact", "audit-logs"], READ),
    (&["secret-scanning", "identity"], CRUD),
    (&["app-connections"], Only(&["connect"])),
    (&["gateway"], Only(&["list-gateways", "create-gateways", "attach-gateways"])),
    (&["relay"], Only(&["list-relays", "create-relays", "edit-relays"])),
    (&["machine-identity-auth-template"], Only(&["list-templates", "unlink-templates", "attach-templates"])),
];

static ROLES: LazyLock<[Compiled; 3]> = LazyLock::new(|| OrgRole::ALL.map(OrgRole::compile));

impl OrgRole {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Member, Self::NoAccess];

    /// The name in memberships.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::NoAccess => "no-access",
        }
    }

    /// The role with this slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.slug() == slug)
    }

    /// The name people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Member => "Member",
            Self::NoAccess => "No Access",
        }
    }

    /// One sentence for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Admin => "Full administrative access over the organization",
            Self::Member => "Non-administrative role in an organization",
            Self::NoAccess => "No access to any resources in the organization",
        }
    }

    /// The id in lists. It identifies nothing: roles are assigned by slug.
    pub fn placeholder_id(self) -> &'static str {
        match self {
            Self::Admin => "b11b49a9-09a9-4443-916a-4246f9ff2c69",
            Self::Member => "b11b49a9-09a9-4443-916a-4246f9ff2c70",
            Self::NoAccess => "b10d49a9-09a9-4443-916a-4246f9ff2c72",
        }
    }

    /// Its rules.
    pub fn rules(self) -> &'static [Rule] {
        &ROLES[self as usize].rules
    }

    /// Its rules, ready to decide.
    pub fn permissions(self) -> &'static Permissions {
        &ROLES[self as usize].permissions
    }

    fn compile(self) -> Compiled {
        compiled(Level::Organization, self.slug(), |subject| match self {
            Self::Admin => All,
            Self::Member => MEMBER
                .iter()
                .find(|(subjects, _)| subjects.contains(&subject))
                .map_or(Nothing, |(_, hold)| *hold),
            Self::NoAccess => Nothing,
        })
    }
}
