//! The identity that a page is about.

use vouchsafe_api::identities::{IdentityMembership, IdentityMembershipReply};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{org, project};
use vouchsafe_server::access::{Reach, reach};
use vouchsafe_server::http::method_forms;

use super::states::{StateTag, locked, states};
use crate::api::path;
use crate::errors::Trouble;
use crate::page::{Chrome, Place};
use crate::visit::Visit;

/// Pages of an identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tab {
    Overview,
    Auth,
    Projects,
    Groups,
}

/// Tabs with their names and the ends of their addresses.
const TABS: [(Tab, &str, &str); 4] = [
    (Tab::Overview, "Overview", ""),
    (Tab::Auth, "Auth methods", "/auth"),
    (Tab::Projects, "Projects", "/projects"),
    (Tab::Groups, "Groups", "/groups"),
];

/// A link to a page of the identity.
pub(super) struct TabLink {
    pub(super) name: &'static str,
    pub(super) path: String,
    pub(super) is_here: bool,
}

/// The identity that a page is about, and what the person may do to it.
pub(super) struct Subject {
    pub(super) id: IdentityId,
    pub(super) member: IdentityMembership,
    pub(super) reach: Reach,
    /// Whether it can be in groups that the person may see.
    has_groups: bool,
    now: Timestamp,
}

impl Subject {
    /// The identity with this id.
    pub(super) async fn of(visit: &Visit, id: &str) -> Result<Self, Trouble> {
        let id: IdentityId = id.parse().map_err(|_| Trouble::not_found())?;
        let read = path(&["api", "v1", "identities", &id.to_string()]);
        let member = visit.get::<IdentityMembershipReply>(&read).await?.identity;
        let reach = reach(&visit.console.app, visit.actor(), id, visit.now).await;
        let reach = reach.map_err(|error| Trouble::of(&error))?;
        let has_groups = reach.project.is_none() && visit.may(org::GROUP_READ);
        Ok(Self { id, member, reach, has_groups, now: visit.now })
    }

    pub(super) fn name(&self) -> &str {
        &self.member.identity.name
    }

    /// Address of its pages.
    pub(super) fn path(&self) -> String {
        path(&["identities", &self.id.to_string()])
    }

    /// Address of the API under which the identity itself is changed and deleted.
    pub(super) fn api(&self) -> String {
        let id = self.id.to_string();
        match self.reach.project {
            None => path(&["api", "v1", "identities", &id]),
            Some(project) => path(&["api", "v1", "projects", &project.to_string(), "identities", &id]),
        }
    }

    pub(super) fn chrome(&self, visit: &Visit, title: &str) -> Chrome {
        visit.chrome(&format!("{title} · {}", self.name()), Place::Identities)
    }

    pub(super) fn tabs(&self, here: Tab) -> Vec<TabLink> {
        let base = self.path();
        let link = |(tab, name, end): (Tab, &'static str, &str)| TabLink {
            name,
            path: format!("{base}{end}"),
            is_here: tab == here,
        };
        TABS.into_iter().filter(|(tab, ..)| *tab != Tab::Groups || self.has_groups).map(link).collect()
    }

    /// Ids of its auth methods.
    pub(super) fn methods(&self) -> &[String] {
        &self.member.identity.auth_methods
    }

    /// Whether logins by this method are locked now.
    pub(super) fn is_locked(&self, method: &str) -> bool {
        locked(&self.member).iter().any(|one| one == method)
    }

    pub(super) fn may_edit(&self) -> bool {
        self.reach.may(org::IDENTITY_EDIT, project::IDENTITY_EDIT)
    }

    pub(super) fn may_delete(&self) -> bool {
        self.reach.may(org::IDENTITY_DELETE, project::IDENTITY_DELETE)
    }

    pub(super) fn may_edit_auth(&self) -> bool {
        self.reach.may(org::IDENTITY_EDIT_AUTH, project::IDENTITY_EDIT_AUTH)
    }

    pub(super) fn may_revoke_auth(&self) -> bool {
        self.reach.may(org::IDENTITY_REVOKE_AUTH, project::IDENTITY_REVOKE_AUTH)
    }

    /// What has to be known of it at once.
    pub(super) fn states(&self) -> Vec<StateTag> {
        states(&self.member, self.now)
    }
}

/// Name of an auth method for people.
pub(super) fn method_name(id: &str) -> String {
    method_forms().iter().find(|form| form.id == id).map_or(id, |form| form.name).to_owned()
}
