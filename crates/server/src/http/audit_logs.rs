//! The audit log of the organization: `/api/v1/organization/audit-logs`.

use serde_json::{Value, json};
use vouchsafe_api::audit_logs::{AuditActor, AuditEvent, AuditLog, AuditLogList, ListAuditLogs};
use vouchsafe_policy::org;
use vouchsafe_store as store;
use vouchsafe_store::AuditFilter;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::within;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Audit log").get(
        ["/api/v1/organization/audit-logs"],
        Access::Org(org::AUDIT_LOGS_READ),
        "List what happened in the organization, the latest first",
        list,
    )
}

async fn list(cx: Cx, input: ListAuditLogs) -> Outcome<AuditLogList> {
    let limit = within("limit", input.limit, 20, 1..=100)?;
    let offset = within("offset", input.offset, 0, 0..=1_000_000)?;
    let filter = AuditFilter {
        events: events(input.event_type.as_deref().unwrap_or(""))?,
        actor_id: input.actor.as_deref().map(|actor| plain("actor", actor)).transpose()?,
        actor_type: input.actor_type.as_deref().map(|kind| plain("actorType", kind)).transpose()?,
        request_id: input.request_id.as_deref().map(|id| plain("requestId", id)).transpose()?,
        project: input.project_id,
        from: input.start_date,
        until: input.end_date,
    };
    let found = cx.app.store.audit_events(cx.org()?, &filter, limit, offset).await?;
    ok(AuditLogList { audit_logs: found.into_iter().map(shown).collect() })
}

fn events(list: &str) -> ApiResult<Vec<String>> {
    let names: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.len() > 50 {
        return Err(ApiError::invalid("eventType", "Expected at most 50 kinds of events"));
    }
    names.into_iter().map(|name| plain("eventType", name)).collect()
}

/// A name or an id; anything else names no event and no actor.
pub(super) fn plain(field: &str, text: &str) -> ApiResult<String> {
    let text = text.trim();
    if text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid(field, "Expected at most 100 letters, digits and hyphens"))
}

fn shown(event: store::AuditEvent) -> AuditLog {
    let metadata: Value = match event.actor_type.as_str() {
        "user" => json!({ "userId": event.actor_id }),
        "identity" => json!({ "identityId": event.actor_id }),
        _ => json!({}),
    };
    AuditLog {
        id: event.id,
        org_id: event.org_id,
        project_id: event.project_id,
        event: AuditEvent { kind: event.event, metadata: event.detail },
        actor: AuditActor { kind: event.actor_type, metadata },
        ip_address: event.ip,
        user_agent: event.user_agent,
        request_id: event.request_id,
        created_at: event.at,
        updated_at: event.at,
    }
}
