//! `/identities`: search, filter, sort, page.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;
use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::{
    IdentityMembership, IdentityMembershipList, IdentityOrder, IdentityState, SearchFilter, SearchIdentities,
    TextFilter, TextOperators,
};
use vouchsafe_api::org_roles::OrgRoleList;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_policy::org;

use super::states::states;
use super::subject::method_name;
use crate::api::Refused;
use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Identities on a page.
const PAGE: u64 = 50;

/// Orders, as addresses name them; the first one is the usual one.
const ORDERS: [(&str, &str, IdentityOrder, Direction); 6] = [
    ("name", "Name", IdentityOrder::Name, Direction::Asc),
    ("-name", "Name, backwards", IdentityOrder::Name, Direction::Desc),
    ("role", "Role", IdentityOrder::Role, Direction::Asc),
    ("-role", "Role, backwards", IdentityOrder::Role, Direction::Desc),
    ("-login", "Last login", IdentityOrder::LastLogin, Direction::Desc),
    ("login", "Longest without a login", IdentityOrder::LastLogin, Direction::Asc),
];

/// States to filter by, as addresses name them.
const STATES: [(&str, &str, IdentityState); 4] = [
    ("locked", "Locked", IdentityState::Locked),
    ("expiring", "Expiring within 7 days", IdentityState::Expiring),
    ("idle", "Idle for 30 days", IdentityState::Idle),
    ("never", "Never logged in", IdentityState::NeverLoggedIn),
];

/// The address of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    role: String,
    state: String,
    sort: String,
    page: u64,
}

impl Asked {
    /// What stays when pages are turned.
    fn parts(&self) -> [(&'static str, &str); 4] {
        [
            ("search", self.search.trim()),
            ("role", self.role.trim()),
            ("state", &self.state),
            ("sort", &self.sort),
        ]
    }

    fn state(&self) -> Option<IdentityState> {
        STATES.into_iter().find(|(value, ..)| *value == self.state).map(|(.., state)| state)
    }

    fn input(&self, pager: &Pager) -> SearchIdentities {
        let order = ORDERS.into_iter().find(|(value, ..)| *value == self.sort);
        let (.., order_by, order_direction) = order.unwrap_or(ORDERS[0]);
        let contains = |text: &str| {
            TextFilter::Operators(TextOperators {
                contains: Some(text.to_owned()),
                ..TextOperators::default()
            })
        };
        let given = |text: &'_ str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let name = given(&self.search).map(|text| contains(&text));
        let role = given(&self.role).map(TextFilter::Equal);
        SearchIdentities {
            order_by,
            order_direction,
            limit: i64::try_from(pager.size()).ok(),
            offset: i64::try_from(pager.offset()).ok(),
            search: Some(SearchFilter { name, role, ..SearchFilter::default() }),
            state: self.state(),
        }
    }

    fn is_filtered(&self) -> bool {
        !self.search.trim().is_empty() || !self.role.trim().is_empty() || self.state().is_some()
    }
}

#[derive(Template)]
#[template(path = "identities/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    /// Roles to filter by: slug and name.
    roles: Vec<(String, String)>,
    /// States to filter by.
    states: Vec<(&'static str, &'static str)>,
    rows: Vec<IdentityMembership>,
    pager: Pager,
    may_create: bool,
    is_filtered: bool,
    now: Timestamp,
}

impl Page {
    fn last_login(&self, row: &IdentityMembership) -> Option<TimeElement> {
        row.last_login_time.map(|at| TimeElement(ago(at, self.now)))
    }

    fn orders() -> impl Iterator<Item = (&'static str, &'static str)> {
        ORDERS.into_iter().map(|(value, name, ..)| (value, name))
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let pager = Pager::new("/identities", &asked.parts(), asked.page, PAGE);
    let mut form =
        asked.parts().into_iter().fold(Form::default(), |form, (name, text)| form.with(name, text));
    let found = match visit.post("/api/v1/identities/search", &asked.input(&pager)).await {
        // Some characters cannot be searched for.
        Err(refused) if refused.status == StatusCode::UNPROCESSABLE_ENTITY && asked.is_filtered() => {
            beside(&mut form, &refused);
            IdentityMembershipList { identities: Vec::new(), total_count: 0 }
        }
        found => found?,
    };
    Ok(visit.show(&Page {
        chrome: visit.chrome("Machine identities", Place::Identities),
        form,
        roles: roles(&visit, asked.role.trim()).await?,
        states: states_to_choose(&visit),
        rows: found.identities,
        pager: pager.of(u64::try_from(found.total_count).unwrap_or(0)),
        may_create: visit.may(org::IDENTITY_CREATE),
        is_filtered: asked.is_filtered(),
        now: visit.now,
    }))
}

/// Notes what was refused beside the field that it is about.
fn beside(form: &mut Form, refused: &Refused) {
    let first = refused.issues.first();
    let field = if first.is_some_and(|(path, _)| path == "search.role") { "role" } else { "search" };
    form.refuse(field, first.map_or(refused.message.as_str(), |(_, text)| text));
}

/// Slugs and names of roles to filter by: all for those who may read roles, else the built-in ones, and the one that is
/// chosen.
async fn roles(visit: &Visit, chosen: &str) -> Result<Vec<(String, String)>, Refused> {
    let mut roles: Vec<(String, String)> = if visit.may(org::ROLE_READ) {
        let list: OrgRoleList = visit.get("/api/v1/organization/roles").await?;
        list.roles.into_iter().map(|role| (role.slug, role.name)).collect()
    } else {
        OrgRole::ALL.into_iter().map(|role| (role.slug().to_owned(), role.name().to_owned())).collect()
    };
    if !chosen.is_empty() && roles.iter().all(|(slug, _)| slug != chosen) {
        roles.push((chosen.to_owned(), chosen.to_owned()));
    }
    Ok(roles)
}

/// Which credentials end is for those who may see credentials.
fn states_to_choose(visit: &Visit) -> Vec<(&'static str, &'static str)> {
    let may_choose = |state| state != IdentityState::Expiring || visit.may(org::IDENTITY_GET_TOKEN);
    let offered = STATES.into_iter().filter(|(.., state)| may_choose(*state));
    offered.map(|(value, name, _)| (value, name)).collect()
}

/// Name of the role of a row.
fn role_name(row: &IdentityMembership) -> &str {
    match &row.custom_role {
        Some(role) => &role.name,
        None => OrgRole::from_slug(&row.role).map_or(row.role.as_str(), |role| role.name()),
    }
}
