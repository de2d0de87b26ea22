//! Token Auth: tokens that an administrator makes (`access-tokens.md` §8).

use serde_json::json;
use vouchsafe_api::auth_methods::{
    CreateToken, ListTokens, NewTokenReply, TokenData, TokenList, TokenPath, TokenReply, UpdateToken,
};
use vouchsafe_api::common::MessageReply;
use vouchsafe_attest::{Method, TokenAuth};
use vouchsafe_domain::text::bounded;
use vouchsafe_domain::token_settings::{MAX_SECONDS, TokenSettings};
use vouchsafe_policy::{org, project};
use vouchsafe_store::Token;

use super::governed;
use super::kind::Kind;
use crate::access::Governed;
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identities::within;
use crate::http::reply::ok;
use crate::http::route::{Access, Outcome, Routes};
use crate::usecase::tokens::{Issue, issue, keep_until};

const CREATE: Access =
    Access::Identity { org: org::IDENTITY_CREATE_TOKEN, project: project::IDENTITY_CREATE_TOKEN };
const READ: Access = Access::Identity { org: org::IDENTITY_GET_TOKEN, project: project::IDENTITY_GET_TOKEN };
const REVOKE: Access =
    Access::Identity { org: org::IDENTITY_DELETE_TOKEN, project: project::IDENTITY_DELETE_TOKEN };

const TOKENS: &str = "/api/v1/auth/token-auth/identities/{identityId}/tokens";
const TOKEN: &str = "/api/v1/auth/token-auth/tokens/{tokenId}";

pub(super) fn routes() -> Routes {
    Routes::new("Token Auth")
        .post([TOKENS], CREATE, "Make a token", create)
        .get([TOKENS], READ, "List an identity's tokens", list)
        .get(
            [TOKEN, "/api/v1/auth/token-auth/identities/{identityId}/tokens/{tokenId}"],
            READ,
            "Read a token",
            get,
        )
        .patch([TOKEN], CREATE, "Rename a token", update)
        .post(["/api/v1/auth/token-auth/tokens/{tokenId}/revoke"], REVOKE, "Revoke a token", revoke)
}

async fn create(cx: Cx, input: CreateToken) -> Outcome<NewTokenReply> {
    let (target, method) = governed(&cx, &Kind::of::<TokenAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to create token for identity with more privileged role")?;
    let name = name(input.name.as_deref())?;
    let settings = overridden(&method.tokens, &input)?;
    let gate = cx.app.store.identity_gate(input.identity_id).await?;
    let gate = gate.ok_or_else(|| ApiError::not_found("Failed to find the identity"))?;
    if let Some(slug) = input.organization_slug {
        let own = cx
            .app
            .store
            .organization(gate.org_id)
            .await?
            .is_some_and(|organization| organization.slug == slug);
        if !own {
            return Err(ApiError::not_found(format!("Sub organization with slug {slug} not found")));
        }
    }

    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    let id = change.insert_token(input.identity_id, method.id, name.as_deref(), &settings).await?;
    let detail = json!({ "identityId": input.identity_id, "tokenId": id, "name": name });
    change.audit("create-token-identity-token-auth", gate.org_id, target.identity.project_id, &detail);
    change.commit().await?;
    let token = Issue {
        id,
        identity_id: input.identity_id,
        identity_name: &gate.name,
        org_id: gate.org_id,
        token_epoch: gate.token_epoch,
        method: TokenAuth::ID,
        method_id: method.id,
        client_secret_id: String::new(),
        settings: &settings,
        proven: &vouchsafe_attest::Proven::default(),
    };
    let issued = issue(&cx.app, &token, cx.now())?;
    let stored = cx.app.store.token(gate.org_id, id).await?;
    ok(NewTokenReply {
        access_token: issued.access_token,
        expires_in: issued.expires_in,
        access_token_max_ttl: issued.max_ttl,
        token_type: "Bearer".to_owned(),
        token_data: data(stored.ok_or_else(|| ApiError::internal("a new token vanished"))?),
    })
}

async fn list(cx: Cx, input: ListTokens) -> Outcome<TokenList> {
    let (target, _) = governed(&cx, &Kind::of::<TokenAuth>(), input.identity_id).await?;
    target.within_boundary("Failed to get tokens of identity with more privileged role")?;
    let limit = within("limit", input.limit, 20, 1..=100)?;
    let offset = within("offset", input.offset, 0, 0..=100)?;
    let tokens = cx.app.store.tokens(input.identity_id, limit, offset).await?;
    ok(TokenList { tokens: tokens.into_iter().map(data).collect() })
}

async fn get(cx: Cx, input: TokenPath) -> Outcome<TokenReply> {
    let (_, token) = held(&cx, input, "Failed to get token of identity with more privileged role").await?;
    ok(TokenReply { token: data(token) })
}

async fn update(cx: Cx, input: UpdateToken) -> Outcome<TokenReply> {
    let path = TokenPath { token_id: input.token_id };
    let message = "Failed to update token for identity with more privileged role";
    let (target, token) = held(&cx, path, message).await?;
    let name = name(input.name.as_deref())?.or(token.name);
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.rename_token(token.id, name.as_deref()).await?;
    let detail = json!({ "identityId": token.identity_id, "tokenId": token.id, "name": name });
    change.audit(
        "update-token-identity-token-auth",
        target.identity.org_id,
        target.identity.project_id,
        &detail,
    );
    change.commit().await?;
    let token = cx.app.store.token(target.identity.org_id, token.id).await?;
    ok(TokenReply { token: data(token.ok_or_else(|| missing(input.token_id))?) })
}

async fn revoke(cx: Cx, input: TokenPath) -> Outcome<MessageReply> {
    let (target, token) =
        held(&cx, input, "Failed to revoke token of identity with more privileged role").await?;
    if token.is_revoked {
        return Err(ApiError::not_found(format!("Token with ID {} not found or already revoked", token.id)));
    }
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.revoke_token(token.id, keep_until(&cx.app, cx.now())).await?;
    let detail = json!({ "identityId": token.identity_id, "tokenId": token.id });
    change.audit(
        "revoke-token-identity-token-auth",
        target.identity.org_id,
        target.identity.project_id,
        &detail,
    );
    change.commit().await?;
    ok(MessageReply::new("Successfully revoked access token"))
}

/// A token of the caller's organization, and the identity that holds it, within the boundary.
async fn held(cx: &Cx, input: TokenPath, message: &str) -> ApiResult<(Governed, Token)> {
    let token = cx.app.store.token(cx.org()?, input.token_id).await?;
    let token = token.ok_or_else(|| missing(input.token_id))?;
    let target = cx.identity(token.identity_id).await?;
    target.within_boundary(message)?;
    Ok((target, token))
}

fn missing(id: vouchsafe_domain::id::TokenId) -> ApiError {
    ApiError::not_found(format!("Token with ID {id} not found"))
}

fn name(text: Option<&str>) -> ApiResult<Option<String>> {
    text.map(|text| {
        bounded("name", text, 1, 255).map_err(|error| ApiError::invalid("name", error.to_string()))
    })
    .transpose()
}

/// The method's settings with those of this token in their place.
fn overridden(method: &TokenSettings, input: &CreateToken) -> ApiResult<TokenSettings> {
    let ttl = within("accessTokenTTL", input.access_token_ttl, method.ttl(), 0..=MAX_SECONDS)?;
    let max_ttl = within("accessTokenMaxTTL", input.access_token_max_ttl, method.max_ttl(), 0..=MAX_SECONDS)?;
    let uses = input.access_token_num_uses_limit;
    let uses = within("accessTokenNumUsesLimit", uses, method.uses_limit(), 0..=i64::from(i32::MAX))?;
    TokenSettings::new(ttl, max_ttl, uses, 0, method.trusted_ips().clone())
        .map_err(|error| ApiError::bad_request(error.to_string()))
}

fn data(token: Token) -> TokenData {
    TokenData {
        id: token.id,
        identity_id: token.identity_id,
        name: token.name,
        auth_method: TokenAuth::ID.to_owned(),
        access_token_ttl: token.ttl,
        access_token_max_ttl: token.max_ttl,
        access_token_num_uses: token.uses,
        access_token_num_uses_limit: token.uses_limit,
        access_token_period: token.period,
        access_token_last_used_at: token.last_used_at,
        access_token_last_renewed_at: token.last_renewed_at,
        is_access_token_revoked: token.is_revoked,
        identity_ua_client_secret_id: None,
        sub_organization_id: None,
        created_at: token.created_at,
        updated_at: token.updated_at,
    }
}
