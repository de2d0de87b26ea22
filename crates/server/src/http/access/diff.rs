//! What changes when a role or an additional privilege is edited, and what tells two members apart.

use serde_json::Value;
use vouchsafe_api::access::{AccessChange, AccessGap, Diff, DiffReply, MemberChange, Somebody};
use vouchsafe_domain::id::PrivilegeId;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::builtin::is_reserved;
use vouchsafe_policy::{Gap, Grant, GrantSource, Permissions, Rule, diff as compare};
use vouchsafe_store::{Holder, Privilege, Role, TemporaryRole};

use super::holding::{Place, brief, named};
use super::who_can::cursor;
use crate::grants::Holdings;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identities::within;
use crate::http::privileges::window;
use crate::http::reply::ok;
use crate::http::route::Outcome;
use crate::rules;

/// How many rules are shown behind something that one side may.
const MOST_RULES: usize = 10;

pub(super) async fn diff(cx: Cx, input: Diff) -> Outcome<DiffReply> {
    let place = Place::of(&cx, input.project_id).await?;
    match (&input.role, input.privilege_id, &input.permissions, input.from, input.to) {
        (Some(_), None, Some(_), None, None) => of_role(&cx, place, input).await,
        (None, Some(id), Some(_), None, None) => of_privilege(&cx, place, id, input).await,
        (None, None, None, Some(from), Some(to)) => of_members(&cx, place, from, to).await,
        _ => Err(ApiError::invalid(
            "role",
            "Expected role and permissions, or privilegeId and permissions, or from and to",
        )),
    }
}

async fn of_members(cx: &Cx, place: Place, from: Somebody, to: Somebody) -> Outcome<DiffReply> {
    let (from, to) = (named(cx, from, "from").await?, named(cx, to, "to").await?);
    let mut held = Vec::with_capacity(2);
    for holder in [&from, &to] {
        let permissions = place.held_by(cx, holder.member).await?.0.at(cx.now())?;
        // Without an active membership no request is accepted.
        held.push(if holder.is_active { permissions } else { Permissions::none(place.level()) });
    }
    let (Some(after), Some(before)) = (held.pop(), held.pop()) else {
        return Err(ApiError::internal("two members have two lists"));
    };
    let names = Names { after: to.name, before: from.name };
    let difference = change(before, after, names).await?;
    ok(DiffReply { difference, members: Vec::new(), examined: 2, next_cursor: None })
}

async fn of_role(cx: &Cx, place: Place, input: Diff) -> Outcome<DiffReply> {
    let slug = input.role.unwrap_or_default();
    let limit = within("limit", input.limit, 20, 1..=50)?;
    let cursor = cursor(input.cursor)?;
    let wanted = rules::checked(place.level(), "permissions", &input.permissions.unwrap_or_default())?;
    if is_reserved(place.level(), &slug) {
        return Err(ApiError::bad_request("A built-in role cannot be edited"));
    }
    let missing = || ApiError::not_found(format!("Role with slug '{slug}' not found"));
    let role = cx.app.store.custom_role_by_slug(place.roles(), &slug).await?.ok_or_else(missing)?;

    let difference = edited(place, GrantSource::Role { slug }, &role.permissions, &wanted).await?;
    let members = holders(cx, place, &role, &parsed(wanted)?, &cursor, limit).await?;
    ok(DiffReply { difference, ..members })
}

async fn of_privilege(cx: &Cx, place: Place, id: PrivilegeId, input: Diff) -> Outcome<DiffReply> {
    let missing = || ApiError::not_found(format!("Privilege with ID '{id}' not found"));
    let old = cx.app.store.privilege(id).await?.filter(|found| Some(found.project_id) == place.project);
    let old = old.ok_or_else(missing)?;
    let wanted = rules::checked(place.level(), "permissions", &input.permissions.unwrap_or_default())?;
    let temporary = match &input.time {
        Some(time) => window(time)?,
        None => old.temporary.clone(),
    };
    let source = GrantSource::Privilege { slug: old.slug.clone() };
    let difference = edited(place, source, &old.permissions, &wanted).await?;

    let holder = cx.app.store.holder(place.org, old.member).await?.ok_or_else(missing)?;
    let (before, _) = place.held_by(cx, old.member).await?;
    let span = temporary.as_ref().map(|window| (window.starts_at, window.ends_at));
    let after = before.clone().with_privilege(&old.slug, &parsed(wanted)?, span);
    let at = when_to_look(&old, temporary.as_ref(), cx.now());
    let member = if holder.is_active { changed(&holder, &before, &after, at).await? } else { None };
    ok(DiffReply { difference, members: member.into_iter().collect(), examined: 1, next_cursor: None })
}

/// Now, or, if the privilege holds now neither as it is nor as it would be, when it would begin.
fn when_to_look(old: &Privilege, wanted: Option<&TemporaryRole>, now: Timestamp) -> Timestamp {
    let holds_now = |window: Option<&TemporaryRole>| {
        window.is_none_or(|window| window.starts_at <= now && now < window.ends_at)
    };
    match wanted {
        Some(window) if !holds_now(wanted) && !holds_now(old.temporary.as_ref()) => window.starts_at.max(now),
        _ => now,
    }
}

/// What a list of rules allows after an edit and not before, and the other way round.
async fn edited(
    place: Place,
    source: GrantSource,
    before: &[Value],
    after: &[Value],
) -> ApiResult<AccessChange> {
    let compiled = |rules: &[Value]| {
        let grant = Grant { source: source.clone(), rules: rules::widest(rules, "{{")? };
        let compiled = Permissions::compile(place.level(), &[grant]);
        compiled.map_err(|error| ApiError::internal(error.to_string()))
    };
    let whoever = Names { after: "A holder".to_owned(), before: "a holder".to_owned() };
    change(compiled(before)?, compiled(after)?, whoever.over_time()).await
}

/// Rules that were checked.
fn parsed(rules: Vec<Value>) -> ApiResult<Vec<Rule>> {
    let rules = rules.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
    rules.map_err(|error| ApiError::internal(error.to_string()))
}

/// What changes for the holders of a role, page by page.
async fn holders(
    cx: &Cx,
    place: Place,
    role: &Role,
    wanted: &[Rule],
    cursor: &str,
    limit: i64,
) -> ApiResult<DiffReply> {
    let page = cx.app.store.role_holders(role, cursor, limit).await?;
    let is_last = page.len() < usize::try_from(limit).unwrap_or(0);
    let next_cursor = page.last().filter(|_| !is_last).map(|holder| holder.cursor.clone());
    let examined = page.len();
    let mut members = Vec::new();
    for holder in page.into_iter().filter(|holder| holder.is_active) {
        let (before, _) = place.held_by(cx, holder.member).await?;
        let after = before.clone().with_role(&role.slug, wanted);
        members.extend(changed(&holder, &before, &after, cx.now()).await?);
    }
    Ok(DiffReply { difference: AccessChange::default(), members, examined, next_cursor })
}

/// What changes for somebody at a time, if anything does.
async fn changed(
    holder: &Holder,
    before: &Holdings,
    after: &Holdings,
    at: Timestamp,
) -> ApiResult<Option<MemberChange>> {
    let names = Names { after: holder.name.clone(), before: holder.name.clone() };
    let change = change(before.at(at)?, after.at(at)?, names.over_time()).await?;
    let is_same = change.gained.is_empty() && change.lost.is_empty();
    Ok((!is_same).then(|| MemberChange { member: brief(holder), change }))
}

/// What the two sides are called in sentences.
struct Names {
    before: String,
    after: String,
}

impl Names {
    /// The same one, before and after an edit.
    fn over_time(self) -> Self {
        Self { before: format!("{} now", self.before), after: format!("{} then", self.after) }
    }
}

/// Compares away from the threads that answer requests: it may take some milliseconds.
async fn change(before: Permissions, after: Permissions, names: Names) -> ApiResult<AccessChange> {
    let compared = tokio::task::spawn_blocking(move || {
        let difference = compare(&before, &after);
        AccessChange {
            gained: gaps(&difference.gained, &names.after, &names.before),
            lost: gaps(&difference.lost, &names.before, &names.after),
        }
    });
    compared.await.map_err(|error| ApiError::internal(error.to_string()))
}

fn gaps(gaps: &[Gap], somebody: &str, other: &str) -> Vec<AccessGap> {
    let one = |gap: &Gap| AccessGap {
        action: gap.action.to_owned(),
        subject: gap.subject.to_owned(),
        sentence: gap.sentence(somebody, other),
        example: gap.counter_example.as_ref().and_then(|example| serde_json::to_value(example).ok()),
        permissions: gap
            .permissions
            .iter()
            .take(MOST_RULES)
            .filter_map(|rule| serde_json::to_value(rule).ok())
            .collect(),
    };
    gaps.iter().map(one).collect()
}
