//! Members of a project, whatever their kind.

use vouchsafe_api::groups::{GroupMembership, GroupMembershipList, GroupMembershipReply};
use vouchsafe_api::identity_members::{
    IdentityMember, IdentityMemberList, IdentityMemberReply, ListIdentityMembers, MemberOrder,
};
use vouchsafe_api::project_users::{ProjectMembership, ProjectMembershipList, ProjectMembershipReply};
use vouchsafe_api::roles::MemberRole;
use vouchsafe_domain::time::Timestamp;

use super::kind::Kind;
use crate::api::{Refused, path};
use crate::list::Pager;
use crate::projects::frame::Frame;
use crate::visit::Visit;

/// A member of a project.
pub(super) struct Member {
    /// As the API's routes name it.
    pub(super) id: String,
    pub(super) name: String,
    /// What permissions look at: see [`Kind`].
    pub(super) fact: String,
    /// Its own page.
    pub(super) url: Option<String>,
    pub(super) roles: Vec<MemberRole>,
    /// Whether the project manages it: then it stays a member for as long as it is there.
    pub(super) is_managed: bool,
    /// Whether it is the person who looks.
    pub(super) is_self: bool,
    /// Of an identity that has logged in.
    pub(super) last_login: Option<Timestamp>,
}

/// The members of a kind on a page, and the page with the number of all.
pub(super) async fn list(
    visit: &Visit,
    frame: &Frame,
    kind: Kind,
    search: &str,
    pager: Pager,
) -> Result<(Vec<Member>, Pager), Refused> {
    if kind == Kind::Identities {
        return identities(visit, frame, search, pager).await;
    }
    let mut all: Vec<Member> = if kind == Kind::People {
        let list: ProjectMembershipList = visit.get(&frame.api(&["memberships"])).await?;
        list.memberships.into_iter().map(|one| person(visit, one)).collect()
    } else {
        let list: GroupMembershipList = visit.get(&frame.api(&["memberships", "groups"])).await?;
        list.group_memberships.into_iter().map(group).collect()
    };
    let wanted = search.to_lowercase();
    all.retain(|one| one.name.to_lowercase().contains(&wanted));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let pager = pager.of(all.len() as u64);
    Ok((pager.cut(all), pager))
}

async fn identities(
    visit: &Visit,
    frame: &Frame,
    search: &str,
    pager: Pager,
) -> Result<(Vec<Member>, Pager), Refused> {
    let input = ListIdentityMembers {
        project_id: frame.id(),
        offset: i64::try_from(pager.offset()).ok(),
        limit: i64::try_from(pager.size()).ok(),
        order_by: MemberOrder::Name,
        order_direction: vouchsafe_api::common::Direction::Asc,
        search: Some(search.to_owned()).filter(|text| !text.is_empty()),
        identity_name: None,
        roles: None,
    };
    let list: IdentityMemberList = visit.find(&frame.api(&["memberships", "identities"]), &input).await?;
    let total = u64::try_from(list.total_count).unwrap_or_default();
    Ok((list.identity_memberships.into_iter().map(identity).collect(), pager.of(total)))
}

/// One member.
pub(super) async fn one(visit: &Visit, frame: &Frame, kind: Kind, id: &str) -> Result<Member, Refused> {
    let route = kind.route(frame, id);
    Ok(match kind {
        Kind::Identities => identity(visit.get::<IdentityMemberReply>(&route).await?.identity_membership),
        Kind::People => person(visit, visit.get::<ProjectMembershipReply>(&route).await?.membership),
        Kind::Groups => group(visit.get::<GroupMembershipReply>(&route).await?.group_membership),
    })
}

fn identity(one: IdentityMember) -> Member {
    let id = one.identity_id.to_string();
    Member {
        name: one.identity.name,
        fact: id.clone(),
        url: Some(path(&["identities", &id])),
        id,
        roles: one.roles,
        is_managed: one.identity.project_id.is_some(),
        is_self: false,
        last_login: one.last_login_time,
    }
}

fn person(visit: &Visit, one: ProjectMembership) -> Member {
    Member {
        id: one.id.to_string(),
        name: one.user.email.clone(),
        url: None,
        roles: one.roles,
        is_managed: false,
        is_self: visit.user().is_some_and(|user| user.id == one.user_id),
        last_login: None,
        fact: one.user.email,
    }
}

fn group(one: GroupMembership) -> Member {
    let id = one.group_id.to_string();
    Member {
        name: one.group.name.clone(),
        url: Some(path(&["groups", &id])),
        id,
        roles: one.roles,
        is_managed: false,
        is_self: false,
        last_login: None,
        fact: one.group.name,
    }
}
