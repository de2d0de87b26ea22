//! Roles of members in forms: which, and for how long.

use vouchsafe_api::roles::{MemberRole, ProjectRoleList, RoleInput};
use vouchsafe_domain::time::{Timestamp, parse_ms_range};
use vouchsafe_policy::project;

use crate::api::Refused;
use crate::form::Form;
use crate::projects::frame::Frame;
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Roles that a form lists beside those that the member has.
const LISTED: usize = 100;
/// Roles that every project has.
const BUILT_IN: [(&str, &str); 4] =
    [("admin", "Admin"), ("member", "Developer"), ("viewer", "Viewer"), ("no-access", "No Access")];

/// A role that a member has, to be shown.
pub(in crate::projects) struct Held {
    pub(in crate::projects) name: String,
    /// When it ends or ended, if it does.
    pub(in crate::projects) end: Option<TimeElement>,
    pub(in crate::projects) is_over: bool,
}

/// The roles that a member has.
pub(in crate::projects) fn held(roles: &[MemberRole], now: Timestamp) -> Vec<Held> {
    let one = |role: &MemberRole| {
        let end = role.temporary_access_end_time.filter(|_| role.is_temporary);
        Held {
            name: role.custom_role_name.clone().unwrap_or_else(|| role.role.clone()),
            end: end.map(|end| TimeElement(ago(end, now))),
            is_over: end.is_some_and(|end| end <= now),
        }
    };
    roles.iter().map(one).collect()
}

/// A role in a form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::projects) struct Row {
    pub(in crate::projects) slug: String,
    pub(in crate::projects) name: String,
    pub(in crate::projects) is_given: bool,
    /// For how long; empty for good.
    pub(in crate::projects) range: String,
    /// What the range was, and from when it counts; empty if it was not given for a time.
    pub(in crate::projects) was: String,
    pub(in crate::projects) start: String,
    /// Whether its time is over.
    pub(in crate::projects) is_over: bool,
    /// Whether its time begins anew.
    pub(in crate::projects) is_renewed: bool,
}

/// The roles of a form.
pub(in crate::projects) struct Rows {
    pub(in crate::projects) rows: Vec<Row>,
    /// Whether the project has roles that are not in it.
    pub(in crate::projects) are_more: bool,
}

/// The roles that a project offers. Those that are held come first, each as it is held.
pub(in crate::projects) async fn rows(
    visit: &Visit,
    frame: &Frame,
    held: &[MemberRole],
) -> Result<Rows, Refused> {
    let may_see = frame.held.may(project::ROLE_READ);
    let offered: Vec<(String, String)> = if may_see {
        let list: ProjectRoleList = visit.get(&frame.api(&["roles"])).await?;
        list.roles.into_iter().map(|role| (role.slug, role.name)).collect()
    } else {
        BUILT_IN.iter().map(|(slug, name)| ((*slug).to_owned(), (*name).to_owned())).collect()
    };
    let mut rows: Vec<Row> = held.iter().map(|role| as_held(role, visit.now)).collect();
    let mut others: Vec<Row> = offered
        .into_iter()
        .filter(|(slug, _)| rows.iter().all(|row| row.slug != *slug))
        .map(|(slug, name)| Row { slug, name, ..Row::default() })
        .collect();
    let are_more = !may_see || others.len() > LISTED;
    others.truncate(LISTED);
    rows.extend(others);
    Ok(Rows { rows, are_more })
}

fn as_held(role: &MemberRole, now: Timestamp) -> Row {
    let slug = role.custom_role_slug.clone().unwrap_or_else(|| role.role.clone());
    let range = role.temporary_range.clone().filter(|_| role.is_temporary).unwrap_or_default();
    let start = role.temporary_access_start_time.filter(|_| role.is_temporary);
    Row {
        name: role.custom_role_name.clone().unwrap_or_else(|| slug.clone()),
        slug,
        is_given: true,
        was: range.clone(),
        range,
        start: start.map(|at| at.to_string()).unwrap_or_default(),
        is_over: role.is_temporary && role.temporary_access_end_time.is_some_and(|end| end <= now),
        is_renewed: false,
    }
}

/// The same rows as they were filled in.
pub(in crate::projects) fn again(mut rows: Rows, form: &Form) -> Rows {
    for row in &mut rows.rows {
        let sent = sent(form).find(|sent| sent.slug == row.slug && sent.start == row.start);
        row.is_given = sent.as_ref().is_some_and(|sent| sent.is_given);
        if let Some(sent) = sent {
            row.range = sent.range;
            row.is_renewed = sent.is_renewed;
        }
    }
    rows
}

/// The rows that a browser sent: four fields each; the boxes name rows by their number.
fn sent(form: &Form) -> impl Iterator<Item = Row> {
    let slugs = form.all("roleSlug").zip(form.all("roleRange"));
    let times = form.all("roleWas").zip(form.all("roleStart"));
    slugs.zip(times).enumerate().map(|(at, ((slug, range), (was, start)))| Row {
        slug: slug.to_owned(),
        name: String::new(),
        is_given: form.has("given", &at.to_string()),
        range: range.trim().to_owned(),
        was: was.to_owned(),
        start: start.to_owned(),
        is_over: false,
        is_renewed: form.has("renew", &at.to_string()),
    })
}

/// The roles that a form gives. A length of time that is new, changed or begun anew counts from now on.
pub(in crate::projects) fn given(form: &Form, now: Timestamp) -> Vec<RoleInput> {
    chosen(form).map(|row| input(row, now)).collect()
}

/// Whether this is a length of time with a unit: without one, the API would take it for milliseconds.
pub(in crate::projects) fn is_range(text: &str) -> bool {
    text.parse::<f64>().is_err() && parse_ms_range(text).is_ok()
}

/// Notes lengths of time that cannot be read.
pub(in crate::projects) fn check(form: &mut Form) {
    let new = chosen(form).filter(|row| !row.range.is_empty() && row.range != row.was);
    let wrong: Vec<String> = new.map(|row| row.range).filter(|range| !is_range(range)).collect();
    for range in wrong {
        form.refuse("roles", format!("Expected a length of time such as 2h or 7d, not {range}"));
    }
}

/// The rows that are ticked, and the role that was typed.
fn chosen(form: &Form) -> impl Iterator<Item = Row> {
    let other = form.given("otherRole").map(|slug| Row {
        slug: slug.to_owned(),
        range: form.given("otherRange").unwrap_or_default().to_owned(),
        is_given: true,
        ..Row::default()
    });
    sent(form).chain(other).filter(|row| row.is_given)
}

fn input(row: Row, now: Timestamp) -> RoleInput {
    if row.range.is_empty() {
        return RoleInput { role: row.slug, is_temporary: Some(false), ..RoleInput::default() };
    }
    let is_kept = row.range == row.was && !row.start.is_empty() && !row.is_renewed;
    RoleInput {
        role: row.slug,
        is_temporary: Some(true),
        temporary_mode: Some("relative".to_owned()),
        temporary_range: Some(row.range),
        temporary_access_start_time: Some(if is_kept { row.start } else { now.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_counts_from_now_unless_it_stays() {
        let form = Form::read(
            b"given=0&given=1&given=3&roleSlug=a&roleRange=&roleWas=1h&roleStart=then\
              &roleSlug=b&roleRange=2h&roleWas=2h&roleStart=then&roleSlug=c&roleRange=2h&roleWas=&roleStart=\
              &roleSlug=d&roleRange=3h&roleWas=2h&roleStart=then&otherRole=e&otherRange=",
        );
        let now = Timestamp::from_millis(0);
        let roles = given(&form, now);
        let seen: Vec<_> = roles
            .iter()
            .map(|role| (role.role.as_str(), role.temporary_access_start_time.as_deref()))
            .collect();
        let at = now.to_string();
        assert_eq!(seen, [("a", None), ("b", Some("then")), ("d", Some(at.as_str())), ("e", None)]);
    }
}
