//! Several sources of one kind on one identity: two clusters, three identity providers, each with its own settings and,
//! if wanted, its own narrower list of roles. A login is granted by the first source that accepts its proof.

use vouchsafe_api::auth_methods::{MethodReply, SourceList, SourcePath};
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_api::lenient::Given;
use vouchsafe_attest::Method;
use vouchsafe_domain::id::{AuthMethodId, IdentityId};
use vouchsafe_domain::slug::Slug;
use vouchsafe_store::{AuthMethod, FIRST_SOURCE, MOST_SOURCES};

use super::input::part;
use super::kind::Kind;
use super::{
    EDIT_AUTH, MethodInput, READ, REVOKE_AUTH, change_source, insert, leaked, path, remove_sources, removed,
    reply, shown,
};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};
use crate::http::input::Fields;
use crate::http::reply::ok;
use crate::http::route::{Outcome, Routes};

/// Most roles that a source may be narrowed to.
const MOST_ROLES: usize = 50;
/// Length of the name of a source, and of a role's slug.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=64;

pub(super) fn routes<M: Method>(kind: Kind, routes: Routes) -> Routes {
    let (all, one) = paths(&kind);
    let routes = routes
        .post([all], EDIT_AUTH, text(&kind, "Add a further source"), move |cx, sent: MethodInput<M>| {
            add(cx, kind, sent.fields())
        })
        .patch([one], EDIT_AUTH, text(&kind, "Change a source"), move |cx, sent: MethodInput<M>| {
            update(cx, kind, sent.fields())
        });
    with_plain(kind, routes)
}

/// Those that send the same whatever the method.
fn with_plain(kind: Kind, routes: Routes) -> Routes {
    let (all, one) = paths(&kind);
    let removal = text(&kind, "Remove a source and revoke its tokens: one");
    routes
        .get([all], READ, text(&kind, "List the sources"), move |cx, input| list(cx, kind, input))
        .get([one], READ, text(&kind, "Read a source"), move |cx, input| get(cx, kind, input))
        .delete([one], REVOKE_AUTH, removal, move |cx, input| remove(cx, kind, input))
}

fn paths(kind: &Kind) -> (&'static str, &'static str) {
    (path(kind, "/sources"), path(kind, "/sources/{sourceId}"))
}

fn text(kind: &Kind, what: &str) -> &'static str {
    leaked(format!("{what} of {}", kind.name))
}

async fn list(cx: Cx, kind: Kind, input: IdentityPath) -> Outcome<SourceList> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", kind.name))?;
    let methods = cx.app.store.auth_method_sources(input.identity_id, kind.id).await?;
    ok(SourceList {
        sources: methods.iter().map(|method| shown(&cx, &kind, method)).collect::<ApiResult<_>>()?,
    })
}

async fn add(cx: Cx, kind: Kind, sent: Fields) -> Outcome<MethodReply> {
    let target = cx.identity(part::<IdentityPath>(&sent)?.identity_id).await?;
    let present = cx.app.store.auth_method_sources(target.identity.id, kind.id).await?.len();
    if present >= MOST_SOURCES {
        return Err(ApiError::bad_request(format!(
            "An identity may have at most {MOST_SOURCES} sources of {}; remove one first",
            kind.name
        )));
    }
    let method = insert(&cx, &kind, &target, sent).await?;
    reply(&cx, &kind, &method)
}

async fn get(cx: Cx, kind: Kind, input: SourcePath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary(&format!("Failed to read {} of identity with more privileged role", kind.name))?;
    reply(&cx, &kind, &of(&cx, &kind, input.identity_id, input.source_id).await?)
}

async fn update(cx: Cx, kind: Kind, sent: Fields) -> Outcome<MethodReply> {
    let SourcePath { identity_id, source_id } = part(&sent)?;
    let target = cx.identity(identity_id).await?;
    let method = of(&cx, &kind, identity_id, source_id).await?;
    reply(&cx, &kind, &change_source(&cx, &kind, &target, &method, sent).await?)
}

async fn remove(cx: Cx, kind: Kind, input: SourcePath) -> Outcome<MethodReply> {
    let target = cx.identity(input.identity_id).await?;
    let method = of(&cx, &kind, input.identity_id, input.source_id).await?;
    remove_sources(&cx, &kind, &target, std::slice::from_ref(&method)).await?;
    removed(&cx, &kind, &method)
}

/// One source of an identity.
pub(super) async fn of(
    cx: &Cx,
    kind: &Kind,
    identity: IdentityId,
    id: AuthMethodId,
) -> ApiResult<AuthMethod> {
    let methods = cx.app.store.auth_method_sources(identity, kind.id).await?;
    methods.into_iter().find(|method| method.id == id).ok_or_else(|| {
        ApiError::not_found(format!("The identity has no source of {} with ID {id}", kind.name))
    })
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
