//! The built-in roles of a project.

use std::sync::LazyLock;

use super::Hold::{All, AllBut, Nothing, Only};
use super::{CRUD, Compiled, Hold, READ, compiled};
use crate::{Level, Permissions, Rule};

/// A built-in role of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProjectRole {
    /// Holds everything.
    Admin,
    /// Works with secrets; shown as Developer.
    Member,
    /// Reads.
    Viewer,
    /// Holds nothing.
    NoAccess,
}

/// What members and viewers hold; subjects that are not listed: nothing.
#[rustfmt::skip]
const TABLE: &[(&[&str], Hold, Hold)] = &[
    (&["secrets"], All, Only(&["describeSecret", "readValue"])),
    (&["secret-folders", "secret-imports"], All, READ),
    (&["dynamic-secrets"], All, Only(&["read-root-credential"])),
    (&["commits", "secret-rollback", "secret-syncs", "pki-syncs"], All, READ),
    (&["secret-approval", "secret-rotation"], READ, READ),
    (&["secret-event-subscriptions"], All, All),
    (&["member"], Only(&["read", "create"]), READ),
    (&["identity"], CRUD, READ),
    (&["groups", "role", "audit-logs", "ip-allowlist"], READ, READ),
    (&["integrations", "webhooks", "service-tokens", "settings", "environments", "tags"], CRUD, READ),
    (&["certificate-authorities", "certificate-templates", "certificate-policies"], READ, READ),
    (&["certificates"], Only(&["read", "create", "edit", "delete", "import"]), READ),
    (&["certificate-profiles"], CRUD, READ),
    (&["pki-alerts", "pki-collections", "pki-subscribers", "pki-discovery", "pki-certificate-installations"], READ, READ),
    (&["cmek"], AllBut("export-private-key"), READ),
    (&["secret-scanning-data-sources"], DATA_SOURCES, Only(&["read-data-sources", "read-data-source-scans", "read-data-source-resources"])),
    (&["secret-scanning-findings"], All, Only(&["read-findings"])),
    (&["secret-scanning-configs"], Only(&["read-configs"]), Only(&["read-configs"])),
    (&["app-connections"], Only(&["connect-app-connections"]), Nothing),
    (&["pam-folders", "pam-resources", "pam-discovery"], READ, READ),
    (&["pam-accounts"], Only(&["access", "read"]), READ),
    (&["approval-requests"], Only(&["create"]), Nothing),
];

const DATA_SOURCES: Hold = Only(&[
    "read-data-sources",
    "trigger-data-source-scans",
    "read-data-source-scans",
    "read-data-source-resources",
]);

static ROLES: LazyLock<[Compiled; 4]> = LazyLock::new(|| ProjectRole::ALL.map(ProjectRole::compile));

impl ProjectRole {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Member, Self::Viewer, Self::NoAccess];

    /// The name in memberships.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
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
            Self::Member => "Developer",
            Self::Viewer => "Viewer",
            Self::NoAccess => "No Access",
        }
    }

    /// One sentence for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Admin => "Full administrative access over a project",
            Self::Member => "Limited read/write role in a project",
            Self::Viewer => "Only read role in a project",
            Self::NoAccess => "No access to any resources in the project",
        }
    }

    /// The id in lists. It identifies nothing: roles are assigned by slug.
    pub fn placeholder_id(self) -> &'static str {
        match self {
            Self::Admin => "b11b49a9-09a9-4443-916a-4246f9ff2c69",
            Self::Member => "b11b49a9-09a9-4443-916a-4246f9ff2c70",
            Self::Viewer => "b11b49a9-09a9-4443-916a-4246f9ff2c71",
            Self::NoAccess => "b11b49a9-09a9-4443-916a-4246f9ff2c72",
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
        compiled(Level::Project, self.slug(), |subject| {
            let row = TABLE.iter().find(|(subjects, ..)| subjects.contains(&subject));
            match (self, row) {
                (Self::Admin, _) => All,
                (Self::Member, Some((_, member, _))) => *member,
                (Self::Viewer, Some((_, _, viewer))) => *viewer,
                (Self::NoAccess, _) | (_, None) => Nothing,
            }
        })
    }
}
