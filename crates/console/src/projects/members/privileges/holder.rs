//! Whose privileges a page is about, and the routes of the API about them.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use vouchsafe_api::privileges::{Privilege, PrivilegeList, PrivilegeReply, PrivilegeTime, UpdatePrivilege};
use vouchsafe_domain::id::PrivilegeId;
use vouchsafe_policy::{org, project};

use crate::api::{Refused, path};
use crate::errors::Trouble;
use crate::page::Chrome;
use crate::projects::frame::{Frame, Tab};
use crate::projects::members::kind::Kind;
use crate::projects::members::reading::{self, Member};
use crate::rules::Beyond;
use crate::visit::Visit;

/// What the address says: project, kind of member, member, and a privilege if the page is about one.
#[derive(Deserialize)]
pub(super) struct Address {
    project: String,
    kind: String,
    member: String,
    #[serde(default)]
    privilege: String,
}

/// A member of a project that can have privileges.
pub(super) struct Holder {
    pub(super) frame: Frame,
    pub(super) kind: Kind,
    pub(super) member: Member,
}

impl Holder {
    /// The member that an address names.
    pub(super) async fn open(visit: &Visit, address: &Address) -> Result<Self, Trouble> {
        let kind = Kind::read(&address.kind)?;
        if !kind.has_privileges() {
            return Err(Trouble::not_found());
        }
        let frame = Frame::open(visit, &address.project, Tab::Members).await?;
        let member = reading::one(visit, &frame, kind, &address.member).await?;
        Ok(Self { frame, kind, member })
    }

    /// The member and the privilege that an address names. A privilege of another member is none of this one.
    pub(super) async fn with_privilege(
        visit: &Visit,
        address: &Address,
    ) -> Result<(Self, Privilege), Trouble> {
        let holder = Self::open(visit, address).await?;
        let id: PrivilegeId = address.privilege.parse().map_err(|_| Trouble::not_found())?;
        let privilege = holder.one(visit, id).await?;
        if holder.has(&privilege) { Ok((holder, privilege)) } else { Err(Trouble::not_found()) }
    }

    fn has(&self, privilege: &Privilege) -> bool {
        let of = match privilege.identity_id {
            Some(identity) => identity.to_string(),
            None => privilege.project_membership_id.clone(),
        };
        of == self.member.id && privilege.project_id == self.frame.id()
    }

    /// Address of a page about the holder's privileges; `parts` come after the holder.
    pub(super) fn url(&self, parts: &[&str]) -> String {
        let here = ["members", self.kind.slug(), "privileges", &self.member.id];
        self.frame.url(&[here.as_slice(), parts].concat())
    }

    /// The members of the same kind.
    pub(super) fn members(&self) -> String {
        self.kind.url(&self.frame)
    }

    /// Where the holder's roles are changed, if the person may do that.
    pub(super) fn roles(&self) -> Option<String> {
        let may_change = !self.member.is_self && self.kind.may_change(&self.frame, &self.member.fact);
        may_change.then(|| self.frame.url(&["members", self.kind.slug(), "edit", &self.member.id]))
    }

    /// The frame of a page; the title names the holder too.
    pub(super) fn chrome(&self, visit: &Visit, title: &str) -> Chrome {
        self.frame.chrome(visit, &format!("{title} · {}", self.member.name))
    }

    /// Whether there is a privilege that the person may give to the holder, or change.
    pub(super) fn may_give(&self) -> bool {
        self.kind.may_give_privileges(&self.frame, &self.member.fact)
    }

    /// Whether the person may take privileges from the holder.
    pub(super) fn may_take(&self) -> bool {
        self.kind.may_take_privileges(&self.frame, &self.member.fact)
    }

    /// Whether the person may ask what members may do: who may in the organization, may in its projects.
    pub(super) fn may_explain(&self, visit: &Visit) -> bool {
        visit.may(org::ACCESS_EXPLAIN) || self.frame.held.may(project::ACCESS_EXPLAIN)
    }

    /// What a refusal says is beyond what the person holds.
    pub(super) async fn beyond(&self, visit: &Visit, refused: &Refused) -> Option<Beyond> {
        Beyond::of(visit, refused, self.may_explain(visit)).await
    }

    fn api(&self, parts: &[&str]) -> String {
        let base = match self.kind {
            Kind::People => ["api", "v1", "user-project-additional-privilege"],
            Kind::Identities | Kind::Groups => ["api", "v2", "identity-project-additional-privilege"],
        };
        path(&[base.as_slice(), parts].concat())
    }

    /// The holder, as the API names it in lists and in what is made.
    fn named(&self) -> Value {
        match self.kind {
            Kind::People => json!({ "projectMembershipId": self.member.id }),
            Kind::Identities | Kind::Groups => {
                json!({ "identityId": self.member.id, "projectId": self.frame.id() })
            }
        }
    }

    /// All privileges of the holder, in the order in which their rules are read, without the rules.
    pub(super) async fn all(&self, visit: &Visit) -> Result<Vec<Privilege>, Refused> {
        Ok(visit.find::<PrivilegeList>(&self.api(&[]), &self.named()).await?.privileges)
    }

    /// A privilege with its rules.
    pub(super) async fn one(&self, visit: &Visit, id: PrivilegeId) -> Result<Privilege, Refused> {
        Ok(visit.get::<PrivilegeReply>(&self.api(&[&id.to_string()])).await?.privilege)
    }

    /// Gives the holder a privilege; without a slug it gets one.
    pub(super) async fn give(
        &self,
        visit: &Visit,
        slug: Option<&str>,
        permissions: Vec<Value>,
        time: &PrivilegeTime,
    ) -> Result<Privilege, Refused> {
        let mut input = self.named();
        input["slug"] = slug.into();
        input["permissions"] = permissions.into();
        input["type"] = json!(time);
        Ok(visit.post::<PrivilegeReply>(&self.api(&[]), &input).await?.privilege)
    }

    /// Changes a privilege.
    pub(super) async fn change(&self, visit: &Visit, input: &UpdatePrivilege) -> Result<Privilege, Refused> {
        let route = self.api(&[&input.privilege_id.to_string()]);
        Ok(visit.send::<PrivilegeReply>(Method::PATCH, &route, input).await?.privilege)
    }

    /// Takes a privilege away.
    pub(super) async fn take(&self, visit: &Visit, id: PrivilegeId) -> Result<(), Refused> {
        visit.delete(&self.api(&[&id.to_string()])).await
    }
}
