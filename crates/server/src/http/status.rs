//! Health: `GET /api/status`, `/healthz`, `/readyz`.

use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_api::status::Status;

use super::cx::Cx;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new("Status")
        .get(["/api/status"], Access::Open, "What clients ask before anything else", status)
        .get(["/healthz"], Access::Open, "Whether the process runs", alive)
        .get(["/readyz"], Access::Open, "Whether requests can be served: the database answers", ready)
}

async fn status(cx: Cx, _: Nothing) -> Outcome<Status> {
    ok(Status {
        date: cx.now(),
        message: "Ok".to_owned(),
        email_configured: false,
        invite_only_signup: false,
        redis_configured: false,
        secret_scanning_configured: false,
    })
}

async fn alive(_: Cx, _: Nothing) -> Outcome<MessageReply> {
    ok(MessageReply::new("alive"))
}

async fn ready(cx: Cx, _: Nothing) -> Outcome<MessageReply> {
    cx.app.store.ping().await?;
    ok(MessageReply::new("ready"))
}
