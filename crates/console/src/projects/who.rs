//! Who changed something: a name where the person may see it.

use vouchsafe_api::identity_members::IdentityMemberReply;
use vouchsafe_api::project_users::ProjectMembershipReply;
use vouchsafe_api::secrets::SecretActor;
use vouchsafe_policy::project;

use super::frame::Frame;
use crate::visit::Visit;

/// Somebody who changed something.
pub(super) struct Who {
    /// What to call them.
    pub(super) name: String,
    /// The page of an identity.
    pub(super) url: Option<String>,
}

/// A name for an actor: of members of the project the one that people know, else the id.
pub(super) async fn of(visit: &Visit, frame: &Frame, actor: Option<&SecretActor>) -> Who {
    let id = actor.and_then(|actor| actor.actor_id.as_deref()).unwrap_or_default();
    let kind = actor.and_then(|actor| actor.actor_type.as_deref()).unwrap_or("system");
    if visit.user().is_some_and(|user| user.id.to_string() == id) {
        return Who { name: "you".to_owned(), url: None };
    }
    let known = match kind {
        "identity" if frame.may_somewhere(project::IDENTITY_READ) => identity(visit, frame, id).await,
        "user" if frame.may_somewhere(project::MEMBER_READ) => user(visit, frame, id).await,
        _ => None,
    };
    known.unwrap_or_else(|| Who { name: format!("{kind} {id}").trim().to_owned(), url: None })
}

async fn identity(visit: &Visit, frame: &Frame, id: &str) -> Option<Who> {
    let route = frame.api(&["memberships", "identities", id]);
    let found = visit.get::<IdentityMemberReply>(&route).await.ok()?;
    let url = crate::api::path(&["identities", id]);
    Some(Who { name: found.identity_membership.identity.name, url: Some(url) })
}

async fn user(visit: &Visit, frame: &Frame, id: &str) -> Option<Who> {
    let route = frame.api(&["user", id, "membership"]);
    let found = visit.get::<ProjectMembershipReply>(&route).await.ok()?;
    Some(Who { name: found.membership.user.email, url: None })
}
