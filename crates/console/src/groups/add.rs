//! `/groups/{id}/add`: finding somebody who is not in the group yet.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;
use vouchsafe_api::groups::{Group, GroupIdentityList, GroupUserList, ListGroup};
use vouchsafe_policy::org;

use super::reading::{self, api, asked, url};
use crate::api::Refused;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::rules::Beyond;
use crate::visit::Visit;

/// How many of each kind are offered.
const MOST: u64 = 25;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
}

#[derive(Template)]
#[template(path = "groups/add.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    group: Group,
    url: String,
    offered: Vec<Offered>,
    /// How many more there are.
    more: u64,
    beyond: Option<Beyond>,
}

/// Somebody who can be put into the group.
struct Offered {
    kind: &'static str,
    value: String,
    name: String,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(wanted): Query<Asked>) -> Shown {
    let group = reading::group(&visit, &id).await?;
    let form = Form::default().with("search", wanted.search.trim());
    Ok(visit.show(&page(&visit, group, form, None).await?))
}

/// The page again, with why somebody was not added.
pub(super) async fn again(visit: &Visit, group: Group, form: Form, refused: &Refused) -> Shown {
    let beyond = reading::beyond(visit, refused).await;
    Ok(visit.show_as(refused.status, &page(visit, group, form.refused(refused), beyond).await?))
}

async fn page(visit: &Visit, group: Group, form: Form, beyond: Option<Beyond>) -> Result<Page, Trouble> {
    let search = form.text("search");
    let (mut offered, mut all) = (Vec::new(), 0);
    if visit.may(org::GROUP_ADD_IDENTITIES) {
        let input = others(&group, search, "nonAssignedMachineIdentities");
        let found: GroupIdentityList = visit.find(&api(group.id, &["machine-identities"]), &input).await?;
        all += found.total_count;
        let each = found.machine_identities.into_iter();
        offered.extend(each.map(|identity| Offered {
            kind: "identity",
            value: format!("identity:{}", identity.id),
            name: identity.name,
        }));
    }
    if visit.may(org::GROUP_ADD_MEMBERS) {
        let input = others(&group, search, "nonMembers");
        let found: GroupUserList = visit.find(&api(group.id, &["users"]), &input).await?;
        all += found.total_count;
        let each = found.users.into_iter();
        offered.extend(each.map(|user| Offered {
            kind: "user",
            value: format!("user:{}", user.username),
            name: user.username,
        }));
    } else if !visit.may(org::GROUP_ADD_IDENTITIES) {
        return Err(Trouble::forbidden());
    }
    Ok(Page {
        chrome: visit.chrome(&format!("Add to {}", group.name), Place::Groups),
        form,
        url: url(group.id, &[]),
        more: u64::try_from(all).unwrap_or(0).saturating_sub(offered.len() as u64),
        offered,
        group,
        beyond,
    })
}

fn others(group: &Group, search: &str, filter: &str) -> ListGroup {
    ListGroup { filter: Some(filter.to_owned()), ..asked(group.id, search, 0, MOST) }
}
