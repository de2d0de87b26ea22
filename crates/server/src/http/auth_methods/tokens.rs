//! Renewing and revoking an access token by holding it.

use vouchsafe_api::auth_methods::{AccessTokenReply, HeldToken};
use vouchsafe_api::common::MessageReply;

use super::universal::access_token;
use crate::http::cx::Cx;
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};
use crate::usecase::tokens::{renew as renew_token, revoke_presented};

pub(super) fn routes() -> Routes {
    Routes::new("Access tokens")
        .post(["/api/v1/auth/token/renew"], Access::Open, "Renew an access token", renew)
        .post(["/api/v1/auth/token/revoke"], Access::Open, "Revoke an access token and its renewals", revoke)
}

async fn renew(cx: Cx, input: HeldToken) -> Outcome<AccessTokenReply> {
    let issued = renew_token(&cx.app, &input.access_token, &cx.author(), &cx.meta).await?;
    ok(access_token(issued))
}

async fn revoke(cx: Cx, input: HeldToken) -> Outcome<MessageReply> {
    revoke_presented(&cx.app, &input.access_token, &cx.author()).await?;
    ok(MessageReply::new("Successfully revoked access token"))
}
