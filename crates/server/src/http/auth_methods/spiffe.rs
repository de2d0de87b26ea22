//! What only SPIFFE Auth has: fetching its trust bundle anew.

use serde_json::json;
use vouchsafe_api::auth_methods::MethodReply;
use vouchsafe_api::auth_spiffe::RefreshBundle;
use vouchsafe_attest::Method;
use vouchsafe_attest::spiffe::{SpiffeAuth, refresh_bundle};
use vouchsafe_store::AuthMethod;

use super::kind::{Kind, configuration};
use super::{EDIT_AUTH, attached, config, path, reply};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::route::{Outcome, Routes};

pub(super) fn routes() -> Routes {
    Routes::new(SpiffeAuth::NAME).post(
        [path(&kind(), "/refresh-bundle")],
        EDIT_AUTH,
        "Fetch the trust bundle anew",
        refresh,
    )
}

fn kind() -> Kind {
    Kind::of::<SpiffeAuth>()
}

async fn refresh(cx: Cx, input: RefreshBundle) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    let method = source(&cx, &input).await?;
    target.within_boundary("Failed to update SPIFFE Auth of identity with more privileged role")?;
    let context = cx.app.workshop.context(cx.now(), input.identity_id, None);
    let config = configuration::<SpiffeAuth>(config::open(&cx.app, &method)?)?;
    let fetched = refresh_bundle(&context, &config).await;
    let why = fetched.as_ref().err().map(|refusal| refusal.why.as_str());

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let detail = json!({ "identityId": input.identity_id, "source": method.source, "refused": why });
    let (org, project) = (target.identity.org_id, target.identity.project_id);
    change.audit("refresh-identity-spiffe-auth-bundle", org, project, &detail);
    change.commit().await?;
    fetched.map_err(|refusal| ApiError::bad_request(refusal.why))?;
    reply(&cx, &kind(), &method)
}

/// The source of that name; the first one if none is named.
async fn source(cx: &Cx, input: &RefreshBundle) -> ApiResult<AuthMethod> {
    let Some(name) = &input.source else { return attached(cx, &kind(), input.identity_id).await };
    let sources = cx.app.store.auth_method_sources(input.identity_id, SpiffeAuth::ID).await?;
    let missing = || ApiError::not_found("The identity has no source of SPIFFE Auth with this name");
    sources.into_iter().find(|method| method.source == *name).ok_or_else(missing)
}
