//! Who may do something?

use vouchsafe_api::access::{Permitted, WhoCan, WhoCanReply};

use super::holding::{Place, brief, found};
use super::request::Asked;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identities::within;
use crate::http::reply::ok;
use crate::http::route::Outcome;

/// How many members are looked at for one answer.
const MOST_EXAMINED: usize = 500;
/// How many are read at once.
const READ: i64 = 100;

pub(super) async fn who_can(cx: Cx, input: WhoCan) -> Outcome<WhoCanReply> {
    let place = Place::of(&cx, input.project_id).await?;
    let asked = Asked::read(place.level(), &input.subject, &input.action, input.resource.as_ref())?;
    let limit = usize::try_from(within("limit", input.limit, 50, 1..=100)?).unwrap_or(1);
    let mut cursor = cursor(input.cursor)?;
    let (mut members, mut examined) = (Vec::new(), 0);
    loop {
        let page = place.members(&cx, &cursor, READ).await?;
        let is_last = page.len() < usize::try_from(READ).unwrap_or(0);
        for holder in page {
            if members.len() == limit || examined == MOST_EXAMINED {
                return ok(WhoCanReply { members, examined, next_cursor: Some(cursor) });
            }
            examined += 1;
            cursor.clone_from(&holder.cursor);
            // Without an active membership no request is accepted.
            if !holder.is_active {
                continue;
            }
            let (holdings, is_member) = place.held_by(&cx, holder.member).await?;
            let held = holdings.at(cx.now())?;
            if is_member
                && asked.is_allowed(&held)
                && let Some(by) = asked.decide(&held).by
            {
                members.push(Permitted { member: brief(&holder), decided_by: found(&by) });
            }
        }
        if is_last {
            return ok(WhoCanReply { members, examined, next_cursor: None });
        }
    }
}

/// Where to go on; from the start if nothing is said.
pub(super) fn cursor(given: Option<String>) -> ApiResult<String> {
    let Some(cursor) = given else { return Ok(String::new()) };
    if cursor.len() > 100 {
        return Err(ApiError::invalid("cursor", "Expected the nextCursor of the page before"));
    }
    Ok(cursor)
}
