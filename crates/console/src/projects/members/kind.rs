//! Kinds of members, and what is needed for each.

use vouchsafe_policy::{Level, Need, Object, catalogue, project};

use crate::errors::Trouble;
use crate::projects::frame::Frame;

/// A kind of members.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::projects) enum Kind {
    /// Machine identities.
    Identities,
    /// People.
    People,
    /// Groups of identities and people.
    Groups,
}

/// What is needed to change members of a kind.
pub(in crate::projects) struct Needs {
    read: Need,
    create: Need,
    edit: Need,
    delete: Need,
    /// Either of them permits to give roles.
    grant: [Need; 2],
    /// Either of them permits to give additional privileges, which groups cannot have.
    privileges: &'static [Need],
}

impl Kind {
    /// All kinds, in the order of the tabs.
    pub(in crate::projects) const ALL: [Self; 3] = [Self::Identities, Self::People, Self::Groups];

    /// The kind that an address names.
    pub(in crate::projects) fn read(text: &str) -> Result<Self, Trouble> {
        Self::ALL.into_iter().find(|kind| kind.slug() == text).ok_or_else(Trouble::not_found)
    }

    /// As addresses name it.
    pub(in crate::projects) fn slug(self) -> &'static str {
        match self {
            Self::Identities => "identities",
            Self::People => "people",
            Self::Groups => "groups",
        }
    }

    /// As people read it.
    pub(in crate::projects) fn title(self) -> &'static str {
        match self {
            Self::Identities => "Machine identities",
            Self::People => "People",
            Self::Groups => "Groups",
        }
    }

    /// One of them, as people read it.
    pub(in crate::projects) fn one(self) -> &'static str {
        match self {
            Self::Identities => "an identity",
            Self::People => "a person",
            Self::Groups => "a group",
        }
    }

    /// What an empty list says.
    pub(in crate::projects) fn teaching(self) -> &'static str {
        match self {
            Self::Identities => {
                "Add an identity with a role: what runs under it can then read what the role allows, for good or for a time."
            }
            Self::People => "Add people of the organization with a role, for good or for a time.",
            Self::Groups => {
                "All members of a group have the roles of the group here. Add one to give many the same role."
            }
        }
    }

    fn needs(self) -> Needs {
        match self {
            Self::Identities => Needs {
                read: project::IDENTITY_READ,
                create: project::IDENTITY_CREATE,
                edit: project::IDENTITY_EDIT,
                delete: project::IDENTITY_DELETE,
                grant: [project::IDENTITY_GRANT_PRIVILEGES, project::IDENTITY_ASSIGN_ROLE],
                privileges: &[
                    project::IDENTITY_GRANT_PRIVILEGES,
                    project::IDENTITY_ASSIGN_ADDITIONAL_PRIVILEGES,
                ],
            },
            Self::People => Needs {
                read: project::MEMBER_READ,
                create: project::MEMBER_CREATE,
                edit: project::MEMBER_EDIT,
                delete: project::MEMBER_DELETE,
                grant: [project::MEMBER_GRANT_PRIVILEGES, project::MEMBER_ASSIGN_ROLE],
                privileges: &[project::MEMBER_GRANT_PRIVILEGES, project::MEMBER_ASSIGN_ADDITIONAL_PRIVILEGES],
            },
            Self::Groups => Needs {
                read: project::GROUP_READ,
                create: project::GROUP_CREATE,
                edit: project::GROUP_EDIT,
                delete: project::GROUP_DELETE,
                grant: [project::GROUP_GRANT_PRIVILEGES, project::GROUP_ASSIGN_ROLE],
                privileges: &[],
            },
        }
    }

    /// A member as permissions look at it: an identity by its id, a person by the address, a group by its name.
    fn object(self, fact: &str) -> Object<'_> {
        match self {
            Self::Identities => Object::identity(fact),
            Self::People => Object::member(fact),
            Self::Groups => Object::group(fact),
        }
    }

    /// Whether the person may see members of this kind at all.
    pub(in crate::projects) fn is_seen(self, frame: &Frame) -> bool {
        frame.may_somewhere(self.needs().read)
    }

    /// Whether the person may add members of this kind.
    pub(in crate::projects) fn may_add(self, frame: &Frame) -> bool {
        let needs = self.needs();
        frame.may_somewhere(needs.create) && needs.grant.iter().any(|need| frame.may_somewhere(*need))
    }

    /// Whether the person may change the roles of a member.
    pub(in crate::projects) fn may_change(self, frame: &Frame, fact: &str) -> bool {
        let needs = self.needs();
        let may = |need| frame.held.may_on(need, &self.object(fact));
        may(needs.edit) && needs.grant.into_iter().any(may)
    }

    /// Whether members of this kind can have additional privileges.
    pub(in crate::projects) fn has_privileges(self) -> bool {
        !self.needs().privileges.is_empty()
    }

    /// Whether the person may see the additional privileges of a member.
    pub(in crate::projects) fn may_see_privileges(self, frame: &Frame, fact: &str) -> bool {
        self.has_privileges() && frame.held.may_on(self.needs().read, &self.object(fact))
    }

    /// Whether the person may take additional privileges from a member.
    pub(in crate::projects) fn may_take_privileges(self, frame: &Frame, fact: &str) -> bool {
        self.has_privileges() && frame.held.may_on(self.needs().edit, &self.object(fact))
    }

    /// Whether there is an additional privilege that the person may give to a member.
    pub(in crate::projects) fn may_give_privileges(self, frame: &Frame, fact: &str) -> bool {
        let mut object = self.object(fact);
        let needs = self.needs().privileges;
        self.may_take_privileges(frame, fact)
            && catalogue::subjects(Level::Project).iter().any(|subject| {
                subject.actions.iter().any(|action| {
                    object.assignable_subject = Some(subject.name);
                    object.assignable_action = Some(action);
                    needs.iter().any(|need| frame.held.may_on(*need, &object))
                })
            })
    }

    /// Whether the person may remove a member.
    pub(in crate::projects) fn may_remove(self, frame: &Frame, fact: &str) -> bool {
        frame.held.may_on(self.needs().delete, &self.object(fact))
    }

    /// The route of the API about a member.
    pub(in crate::projects) fn route(self, frame: &Frame, id: &str) -> String {
        match self {
            Self::Identities => frame.api(&["memberships", "identities", id]),
            Self::People => frame.api(&["memberships", id]),
            Self::Groups => frame.api(&["memberships", "groups", id]),
        }
    }

    /// The list of this kind.
    pub(in crate::projects) fn url(self, frame: &Frame) -> String {
        format!("{}?kind={}", frame.url(&["members"]), self.slug())
    }
}
