//! Finding somebody by name.

use vouchsafe_api::access::{Explain, ExplainReply, Somebody};
use vouchsafe_api::groups::Group;
use vouchsafe_api::identities::{
    IdentityMembershipList, SearchFilter, SearchIdentities, TextFilter, TextOperators,
};
use vouchsafe_api::identity_members::IdentityMemberList;
use vouchsafe_api::org_members::OrgUserList;
use vouchsafe_api::project_users::ProjectMembershipList;
use vouchsafe_api::users::UserSummary;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_policy::{org, project};

use crate::api::{path, query};
use crate::errors::Trouble;
use crate::visit::Visit;

/// How many of each kind are offered.
const MOST: usize = 20;
/// How many identities are read to find them.
const READ: i64 = 100;

/// Somebody who was found.
pub(super) struct Found {
    /// Such as `identity:0190f4e2-…`.
    pub(super) value: String,
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl Found {
    fn new(kind: &'static str, id: impl std::fmt::Display, name: String) -> Self {
        Self { value: format!("{kind}:{id}"), kind, name }
    }
}

/// Whom a value names.
pub(super) fn somebody(value: &str) -> Option<Somebody> {
    let (kind, id) = value.split_once(':')?;
    let mut who = Somebody::default();
    match kind {
        "identity" => who.identity_id = Some(id.parse().ok()?),
        "user" => who.user_id = Some(id.parse().ok()?),
        "group" => who.group_id = Some(id.parse().ok()?),
        _ => return None,
    }
    Some(who)
}

/// The name of somebody; `None` if there is nobody like that here. Asked of the route that explains, which knows
/// everybody whom the person may ask about.
pub(super) async fn name_of(
    visit: &Visit,
    project_id: Option<ProjectId>,
    who: Somebody,
) -> Result<Option<String>, Trouble> {
    let Somebody { identity_id, user_id, group_id } = who;
    let (action, subject) = ("read".to_owned(), "role".to_owned());
    let input = Explain { project_id, identity_id, user_id, group_id, action, subject, ..Explain::default() };
    match visit.post::<ExplainReply>("/api/v1/access/explain", &input).await {
        Ok(reply) => Ok(Some(reply.member.name)),
        Err(refused) if refused.status == http::StatusCode::NOT_FOUND => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

/// Those whose names contain a text, as far as the person may see them.
pub(super) async fn search(
    visit: &Visit,
    place: Option<ProjectId>,
    text: &str,
) -> Result<Vec<Found>, Trouble> {
    let mut found = identities(visit, text).await?;
    found.extend(users(visit, text).await?);
    if visit.may(org::GROUP_READ) {
        let groups: Vec<Group> = visit.get("/api/v1/groups").await?;
        let groups = groups.into_iter().filter(|group| contains(&group.name, text)).take(MOST);
        found.extend(groups.map(|group| Found::new("group", group.id, group.name)));
    }
    if let Some(project) = place {
        for one in in_project(visit, project, text).await? {
            if !found.iter().any(|known| known.value == one.value) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

async fn identities(visit: &Visit, text: &str) -> Result<Vec<Found>, Trouble> {
    if !visit.may(org::IDENTITY_READ) {
        return Ok(Vec::new());
    }
    let name = TextOperators { contains: Some(searchable(text).to_owned()), ..TextOperators::default() };
    let name = Some(TextFilter::Operators(name));
    let search = Some(SearchFilter { name, ..SearchFilter::default() });
    let input = SearchIdentities { limit: Some(READ), search, ..SearchIdentities::default() };
    let list: IdentityMembershipList = visit.post("/api/v1/identities/search", &input).await?;
    let fits = list.identities.into_iter().filter(|one| contains(&one.identity.name, text)).take(MOST);
    Ok(fits.map(|one| Found::new("identity", one.identity_id, one.identity.name)).collect())
}

/// The longest part of a text that the search for identities takes: it knows names of plain characters only.
fn searchable(text: &str) -> &str {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, ' ' | '_' | '-' | '/');
    text.split(|char| !is_plain(char)).max_by_key(|part| part.len()).unwrap_or_default()
}

async fn users(visit: &Visit, text: &str) -> Result<Vec<Found>, Trouble> {
    if !visit.may(org::MEMBER_READ) {
        return Ok(Vec::new());
    }
    let list = path(&["api", "v1", "organization", &visit.org().to_string(), "users"]);
    let list: OrgUserList = visit.get(&list).await?;
    Ok(named(list.users.into_iter().map(|member| member.user), text))
}

fn named(users: impl Iterator<Item = UserSummary>, text: &str) -> Vec<Found> {
    let fits = |user: &UserSummary| {
        contains(&user.email, text) || contains(&format!("{} {}", user.first_name, user.last_name), text)
    };
    users.filter(fits).take(MOST).map(|user| Found::new("user", user.id, user.email)).collect()
}

async fn in_project(visit: &Visit, project: ProjectId, text: &str) -> Result<Vec<Found>, Trouble> {
    let held = visit.permissions_in(project).await?;
    let members = path(&["api", "v1", "projects", &project.to_string(), "memberships"]);
    let mut found = Vec::new();
    if held.may(project::IDENTITY_READ) {
        let limit = MOST.to_string();
        let query = query([("search", text), ("limit", &limit)]);
        let list: IdentityMemberList = visit.get(&format!("{members}/identities{query}")).await?;
        let all = list.identity_memberships.into_iter();
        found.extend(all.map(|one| Found::new("identity", one.identity.id, one.identity.name)));
    }
    if held.may(project::MEMBER_READ) {
        let list: ProjectMembershipList = visit.get(&members).await?;
        found.extend(named(list.memberships.into_iter().map(|one| one.user), text));
    }
    Ok(found)
}

fn contains(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(&text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_searched_for_is_left_out() {
        assert_eq!(searchable("ann@example"), "example");
        assert_eq!(searchable("<b>worker-1</b>"), "worker-1");
        assert_eq!((searchable("🦀"), searchable("a b")), ("", "a b"));
    }
}
