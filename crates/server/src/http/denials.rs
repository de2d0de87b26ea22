//! Refused requests, for those who may ask why: `/api/v1/access/denials`.

use vouchsafe_api::denials::{Denial, DenialActor, DenialList, DenialPath, DenialReply, ListDenials};
use vouchsafe_policy::{Object, org, project};
use vouchsafe_store as store;
use vouchsafe_store::DenialFilter;

use super::access::EXPLAIN;
use super::audit_logs::plain;
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::within;
use super::reply::ok;
use super::route::{Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Access")
        .get(["/api/v1/access/denials"], EXPLAIN, "List refused requests, the newest first", list)
        .get(
            ["/api/v1/access/denials/{requestId}"],
            EXPLAIN,
            "Explain why a request was refused, by the id that its caller was given",
            get,
        )
}

async fn list(cx: Cx, input: ListDenials) -> Outcome<DenialList> {
    cx.either(input.project_id).await?;
    let limit = within("limit", input.limit, 20, 1..=100)?;
    let offset = within("offset", input.offset, 0, 0..=10_000)?;
    let actor_id = input.actor_id.as_deref().map(|actor| plain("actorId", actor)).transpose()?;
    let filter = DenialFilter { project: input.project_id, actor_id };
    cx.app.denials.flush(&cx.app.store).await?;
    let found = cx.app.store.denials(cx.org()?, &filter, limit, offset).await?;
    ok(DenialList { denials: found.into_iter().map(shown).collect() })
}

async fn get(cx: Cx, input: DenialPath) -> Outcome<DenialReply> {
    let id = plain("requestId", &input.request_id)?;
    let (org, mine) = cx.organization()?;
    cx.app.denials.flush(&cx.app.store).await?;
    let found = cx.app.store.denial(org, &id).await?;
    let refused = match mine.check(org::ACCESS_EXPLAIN, &Object::plain()) {
        Ok(_) => None,
        Err(denied) => Some(ApiError::from(denied)),
    };
    match (refused, found) {
        (None, Some(found)) => ok(DenialReply { denial: shown(found) }),
        (None, None) => Err(ApiError::not_found(
            "No refused request with this ID is known. They are kept for 30 days, the newest 10,000 of an organization.",
        )),
        // Who may only ask in projects is not told whether there is another refusal.
        (Some(refused), found) => match found {
            Some(found) if may_explain_in(&cx, found.project_id).await? => {
                ok(DenialReply { denial: shown(found) })
            }
            _ => Err(refused),
        },
    }
}

async fn may_explain_in(cx: &Cx, project: Option<vouchsafe_domain::id::ProjectId>) -> ApiResult<bool> {
    let Some(project) = project else { return Ok(false) };
    match cx.permissions_in(project).await {
        Ok(held) => Ok(held.allows(project::ACCESS_EXPLAIN, &Object::plain())),
        // Deleted meanwhile.
        Err(error) if error.status() == http::StatusCode::NOT_FOUND => Ok(false),
        Err(error) => Err(error),
    }
}

fn shown(denial: store::Denial) -> Denial {
    Denial {
        request_id: denial.request_id,
        org_id: denial.org_id,
        project_id: denial.project_id,
        actor: DenialActor { kind: denial.actor_type, id: denial.actor_id },
        method: denial.method,
        path: denial.path,
        error: denial.error,
        message: denial.message,
        reason: denial.reason,
        detail: denial.detail,
        ip_address: denial.ip,
        user_agent: denial.user_agent,
        created_at: denial.at,
    }
}
