//! Adding members.

use askama::Template;
use axum::extract::{Path, Query};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use vouchsafe_api::groups::{AddProjectGroup, Group};
use vouchsafe_api::identity_members::{AddIdentityMember, IdentityList, ListAvailableIdentities};
use vouchsafe_api::project_users::{AddProjectUsers, ProjectMembershipList};
use vouchsafe_api::roles::RoleInput;
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::org;

use super::kind::Kind;
use super::roles::{self, Rows};
use crate::api::Refused;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::projects::frame::{Frame, Tab};
use crate::visit::{Posted, Visit};

/// Candidates that a page offers.
const OFFERED: i64 = 50;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
}

/// Project and kind, as they stand in the address.
type Parts = Path<(String, String)>;

#[derive(Template)]
#[template(path = "projects/members/new.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    kind: Kind,
    form: Form,
    search: String,
    /// Whom one can choose, by id and name; none if that is typed.
    candidates: Option<Vec<(String, String)>>,
    /// How many there are.
    total: u64,
    roles: Rows,
    action: String,
    back: String,
}

impl Page {
    /// Says when not all can be chosen from.
    fn hint(&self) -> String {
        let offered = self.candidates.as_ref().map_or(0, Vec::len);
        match (offered, self.total) {
            (0, _) if self.search.is_empty() => "There is none that is no member yet.".to_owned(),
            (0, _) => "None has a name that contains this.".to_owned(),
            (shown, total) if (shown as u64) < total => {
                format!("The first {shown} of {total}. Search for others by their name.")
            }
            _ => String::new(),
        }
    }
}

async fn open(visit: &Visit, Path((id, kind)): &Parts) -> Result<(Frame, Kind), Trouble> {
    let kind = Kind::read(kind)?;
    Ok((Frame::open(visit, id, Tab::Members).await?, kind))
}

async fn page(visit: &Visit, frame: Frame, kind: Kind, search: &str, form: Form) -> Result<Page, Trouble> {
    let (candidates, total) = candidates(visit, &frame, kind, search).await?;
    let mut rows = roles::rows(visit, &frame, &[]).await?;
    if form.is_refused() {
        rows = roles::again(rows, &form);
    }
    Ok(Page {
        chrome: frame.chrome(visit, &format!("Add {}", kind.one())),
        action: frame.url(&["members", kind.slug(), "new"]),
        back: kind.url(&frame),
        search: search.to_owned(),
        candidates,
        total,
        roles: rows,
        kind,
        form,
        frame,
    })
}

type Candidates = (Option<Vec<(String, String)>>, u64);

async fn candidates(visit: &Visit, frame: &Frame, kind: Kind, search: &str) -> Result<Candidates, Refused> {
    match kind {
        Kind::Identities => {
            let input = ListAvailableIdentities {
                project_id: frame.id(),
                offset: None,
                limit: Some(OFFERED),
                identity_name: Some(search.to_owned()).filter(|text| !text.is_empty()),
            };
            let route = frame.api(&["memberships", "available-identities"]);
            let list: IdentityList = visit.find(&route, &input).await?;
            let all = list.identities.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
            Ok((Some(all), u64::try_from(list.total_count).unwrap_or_default()))
        }
        Kind::Groups if visit.may(org::GROUP_READ) => {
            let list: Vec<Group> = visit.get("/api/v1/groups").await?;
            let wanted = search.to_lowercase();
            let all = list.into_iter().filter(|one| one.name.to_lowercase().contains(&wanted));
            let mut all: Vec<_> = all.map(|one| (one.id.to_string(), one.name)).collect();
            let total = all.len() as u64;
            all.truncate(usize::try_from(OFFERED).unwrap_or(usize::MAX));
            Ok((Some(all), total))
        }
        Kind::People | Kind::Groups => Ok((None, 0)),
    }
}

pub(super) async fn ask(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let (frame, kind) = open(&visit, &parts).await?;
    Ok(visit.show(&page(&visit, frame, kind, asked.search.trim(), Form::default()).await?))
}

pub(super) async fn make(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, mut form }: Posted<Visit>,
) -> Shown {
    let (frame, kind) = open(&visit, &parts).await?;
    let roles = roles::given(&form, visit.now);
    check(&mut form, kind, &roles);
    if form.is_refused() {
        let page = page(&visit, frame, kind, asked.search.trim(), form).await?;
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    match send(&visit, &frame, kind, &form, roles).await {
        Ok(()) => Ok(page::done(&visit.console.app, &kind.url(&frame), "The new member was added.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let (status, form) = (refused.status, form.refused(&refused));
            let page = page(&visit, frame, kind, asked.search.trim(), form).await?;
            Ok(visit.show_as(status, &page))
        }
    }
}

/// What would address another route, or give a role that nobody chose.
fn check(form: &mut Form, kind: Kind, given: &[RoleInput]) {
    let field = field(kind);
    let is_named = match kind {
        Kind::Identities => form.text(field).parse::<IdentityId>().is_ok(),
        Kind::People | Kind::Groups => form.given(field).is_some(),
    };
    if !is_named {
        form.refuse(field, format!("Choose {}", kind.one()));
    }
    if given.is_empty() {
        form.refuse("roles", "Choose at least one role");
    } else if kind == Kind::People && given.iter().all(|role| role.is_temporary == Some(true)) {
        form.refuse("roles", "People need one role for good; it can be no-access");
    }
    // People are added in two steps: the second one should not fail for this.
    roles::check(form);
}

/// The field that says who is added.
fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::Identities => "identityId",
        Kind::People => "emails",
        Kind::Groups => "groupId",
    }
}

async fn send(
    visit: &Visit,
    frame: &Frame,
    kind: Kind,
    form: &Form,
    roles: Vec<RoleInput>,
) -> Result<(), Refused> {
    let (project_id, who) = (frame.id(), form.text(field(kind)).trim());
    let (role, given) = (None, Some(roles.clone()));
    match kind {
        Kind::Identities => {
            let Ok(identity_id) = who.parse::<IdentityId>() else { return Ok(()) };
            let input = AddIdentityMember { project_id, identity_id, roles: given, role };
            visit.post::<Value>(&kind.route(frame, who), &input).await.map(|_| ())
        }
        Kind::Groups => {
            let input = AddProjectGroup { project_id, group_id: who.to_owned(), roles: given, role };
            visit.post::<Value>(&kind.route(frame, who), &input).await.map(|_| ())
        }
        Kind::People => people(visit, frame, who, roles).await,
    }
}

/// Says that somebody is a member already, though not as it was asked for.
fn added_in_part(mut refused: Refused) -> Refused {
    refused.message =
        format!("The person was added with the roles for good, but not with the others: {}", refused.message);
    refused
}

/// Adds people with their roles for good, then gives those that end.
async fn people(visit: &Visit, frame: &Frame, email: &str, roles: Vec<RoleInput>) -> Result<(), Refused> {
    let for_good = roles.iter().filter(|role| role.is_temporary != Some(true));
    let input = AddProjectUsers {
        project_id: frame.id(),
        emails: Some(vec![email.to_owned()]),
        usernames: None,
        role_slugs: Some(for_good.map(|role| role.role.clone()).collect()),
    };
    let made: ProjectMembershipList = visit.post(&frame.api(&["memberships"]), &input).await?;
    if roles.iter().any(|role| role.is_temporary == Some(true)) {
        for one in made.memberships {
            let route = Kind::People.route(frame, &one.id.to_string());
            let changed = visit.send::<Value>(Method::PATCH, &route, &json!({ "roles": roles })).await;
            changed.map_err(added_in_part)?;
        }
    }
    Ok(())
}
