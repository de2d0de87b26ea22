//! Several sources of one kind on one identity: two clusters, three identity providers, each with its own settings and,
//! if wanted, its own narrower list of roles. A login is granted by the first source that accepts its proof.

use vouchsafe_api::auth_methods::{MethodReply, SourceList, SourcePath};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_api::lenient::Given;
use vouchsafe_attest::Method;
use vouchsafe_domain::id::{AuthMethodId, IdentityId};
use vouchsafe_domain::slug::Slug;
use vouchsafe_store::{AuthMethod, FIRST_SOURCE, MOST_SOURCES};

use super::{
    EDIT_AUTH, MethodInput, READ, REVOKE_AUTH, change_source, insert, leaked, path, remove_sources, removed,
    reply, shown,
};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::reply::ok;
use crate::http::route::{Outcome, Routes};

/// Most roles that a source may be narrowed to.
const MOST_ROLES: usize = 50;
/// Length of the name of a source, and of a role's slug.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=64;

pub(super) fn routes<M: Method>(routes: Routes) -> Routes {
    let (all, one) = (path::<M>("/sources"), path::<M>("/sources/{sourceId}"));
    let text = |what: &str| leaked(format!("{what} of {}", M::NAME));
    routes
        .get([all], READ, text("List the sources"), list::<M>)
        .post([all], EDIT_AUTH, text("Add a further source"), add::<M>)
        .get([one], READ, text("Read a source"), get::<M>)
        .patch([one], EDIT_AUTH, text("Change a source"), update::<M>)
        .delete([one], REVOKE_AUTH, text("Remove a source and revoke its tokens: one"), remove::<M>)
}

async fn list<M: Method>(cx: Cx, input: IdentityPath) -> Outcome<SourceList> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", M::NAME))?;
    let methods = cx.app.store.auth_method_sources(input.identity_id, M::ID).await?;
    ok(SourceList {
        sources: methods.iter().map(|method| shown::<M>(&cx, method)).collect::<ApiResult<_>>()?,
    })
}

async fn add<M: Method>(cx: Cx, input: MethodInput<M>) -> Outcome<MethodReply> {
    let target = cx.identity(input.part::<IdentityPath>()?.identity_id).await?;
    let present = cx.app.store.auth_method_sources(target.identity.id, M::ID).await?.len();
    if present >= MOST_SOURCES {
        return Err(ApiError::bad_request(format!(
            "An identity may have at most {MOST_SOURCES} sources of {}; remove one first",
            M::NAME
        )));
    }
    let method = insert::<M>(&cx, &target, input).await?;
    reply::<M>(&cx, &method)
}

async fn get<M: Method>(cx: Cx, input: SourcePath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", M::NAME))?;
    reply::<M>(&cx, &of::<M>(&cx, input.identity_id, input.source_id).await?)
}

async fn update<M: Method>(cx: Cx, input: MethodInput<M>) -> Outcome<MethodReply> {
    let SourcePath { identity_id, source_id } = input.part()?;
    let target = cx.identity(identity_id).await?;
    let method = of::<M>(&cx, identity_id, source_id).await?;
    reply::<M>(&cx, &change_source::<M>(&cx, &target, &method, input).await?)
}

async fn remove<M: Method>(cx: Cx, input: SourcePath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    let method = of::<M>(&cx, input.identity_id, input.source_id).await?;
    remove_sources::<M>(&cx, &target, std::slice::from_ref(&method)).await?;
    removed::<M>(&cx, &method)
}

/// One source of an identity.
pub(super) async fn of<M: Method>(cx: &Cx, identity: IdentityId, id: AuthMethodId) -> ApiResult<AuthMethod> {
    let methods = cx.app.store.auth_method_sources(identity, M::ID).await?;
    methods
        .into_iter()
        .find(|method| method.id == id)
        .ok_or_else(|| ApiError::not_found(format!("The identity has no source of {} with ID {id}", M::NAME)))
}

/// The name as sent, else as stored, else that of the first source.
pub(super) fn name(sent: Option<String>, stored: Option<&AuthMethod>) -> ApiResult<String> {
    let Some(text) = sent else {
        return Ok(stored.map_or_else(|| FIRST_SOURCE.to_owned(), |method| method.source.clone()));
    };
    let slug =
        Slug::parse(&text, NAME_LENGTH).map_err(|error| ApiError::invalid("source", error.to_string()))?;
    Ok(slug.to_string())
}

/// The roles as sent, else as stored.
pub(super) fn roles(sent: Given<Vec<String>>, stored: Option<&AuthMethod>) -> ApiResult<Option<Vec<String>>> {
    let Some(sent) = sent else { return Ok(stored.and_then(|method| method.roles.clone())) };
    let Some(roles) = sent else { return Ok(None) };
    if roles.len() > MOST_ROLES {
        return Err(ApiError::invalid("roles", format!("Expected at most {MOST_ROLES} slugs of roles")));
    }
    let slug = |(place, role): (usize, String)| {
        Slug::parse(&role, NAME_LENGTH)
            .map(|slug| slug.to_string())
            .map_err(|error| ApiError::invalid(&format!("roles.{place}"), error.to_string()))
    };
    roles.into_iter().enumerate().map(slug).collect::<ApiResult<_>>().map(Some)
}
