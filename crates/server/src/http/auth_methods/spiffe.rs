//! What only SPIFFE Auth has: fetching its trust bundle anew.

use vouchsafe_api::auth_methods::MethodReply;
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_attest::Method;
use vouchsafe_attest::spiffe::{SpiffeAuth, refresh_bundle};

use super::{EDIT_AUTH, config, governed, path, reply};
use crate::http::cx::Cx;
use crate::http::error::ApiError;
use crate::http::route::{Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new(SpiffeAuth::NAME).post(
        [path::<SpiffeAuth>("/refresh-bundle")],
        EDIT_AUTH,
        "Fetch the trust bundle anew",
        refresh,
    )
}

async fn refresh(cx: Cx, input: IdentityPath) -> Outcome<MethodReply> {
    let (target, method) = governed::<SpiffeAuth>(&cx, input.identity_id).await?;
    target.within_boundary("Failed to update SPIFFE Auth of identity with more privileged role")?;
    let context = cx.app.workshop.context(cx.now(), input.identity_id, None);
    let config = config::opened::<SpiffeAuth>(&cx.app, &method)?;
    refresh_bundle(&context, &config).await.map_err(|refusal| ApiError::bad_request(refusal.why))?;
    reply::<SpiffeAuth>(&cx, &method)
}
