//! `/people`: members and open invitations.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;
use vouchsafe_api::org_members::{OrgMembership, OrgMembershipList};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::memberships;
use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// People on a page.
const PAGE: u64 = 50;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    status: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    rows: Vec<OrgMembership>,
    pager: Pager,
    may_invite: bool,
    is_narrowed: bool,
    now: Timestamp,
}

impl Page {
    fn since(&self, row: &OrgMembership) -> TimeElement {
        TimeElement(ago(row.created_at, self.now))
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let search = asked.search.trim();
    let all: OrgMembershipList = visit.get(&memberships(&visit)).await?;
    let matching = all.memberships.into_iter().filter(|row| fits(row, search, &asked.status));
    let found: Vec<OrgMembership> = matching.collect();
    let others = [("search", search), ("status", asked.status.as_str())];
    let pager = Pager::new("/people", &others, asked.page, PAGE).of(u64::try_from(found.len()).unwrap_or(0));
    Ok(visit.show(&Page {
        chrome: visit.chrome("People", Place::People),
        form: Form::default().with("search", search).with("status", asked.status.as_str()),
        rows: pager.cut(found),
        pager,
        may_invite: visit.may(org::MEMBER_CREATE),
        is_narrowed: !search.is_empty() || !asked.status.is_empty(),
        now: visit.now,
    }))
}

/// Whether a person is searched for: by a part of the e-mail address or the name, in either case, and by the state.
fn fits(row: &OrgMembership, search: &str, status: &str) -> bool {
    let name = format!("{} {} {}", row.user.first_name, row.user.last_name, row.user.email).to_lowercase();
    let state = if row.is_active { row.status.as_str() } else { "inactive" };
    name.contains(&search.to_lowercase()) && (status.is_empty() || status == state)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(status: &str, is_active: bool) -> OrgMembership {
        let id = "00000000-0000-0000-0000-000000000000";
        serde_json::from_value(json!({
            "id": id, "orgId": id, "userId": id, "role": "member", "roleId": null, "status": status,
            "inviteEmail": null, "isActive": is_active, "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z",
            "user": { "id": id, "username": "u", "email": "ann@example.com", "firstName": "Ann", "lastName": "Lee",
                "superAdmin": false, "publicKey": null },
        }))
        .unwrap()
    }

    #[test]
    fn people_are_found_by_name_address_and_state() {
        let ann = row("accepted", true);
        for (search, status) in [("", ""), ("ANN L", ""), ("@example", "accepted")] {
            assert!(fits(&ann, search, status), "{search} {status}");
        }
        for (search, status) in [("bob", ""), ("", "invited"), ("", "inactive")] {
            assert!(!fits(&ann, search, status), "{search} {status}");
        }
        assert!(fits(&row("accepted", false), "", "inactive") && fits(&row("invited", true), "", "invited"));
    }
}
