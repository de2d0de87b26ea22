//! Reading secrets by the API.

use vouchsafe_api::secrets::{GetSecret, ListSecrets, Secret, SecretList, SecretReply};
use vouchsafe_api::tags::{Tag, TagList};
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::project;

use super::spot::Spot;
use crate::api::{Refused, path};
use crate::projects::frame::Frame;
use crate::visit::Visit;

/// The secrets of a folder and those that it imports, by name, without any value.
pub(in crate::projects) async fn names(
    visit: &Visit,
    frame: &Frame,
    environment: &str,
    path: &SecretPath,
) -> Result<SecretList, Refused> {
    let input = ListSecrets {
        project_id: Some(frame.id()),
        environment: environment.to_owned(),
        secret_path: Some(path.as_str().to_owned()),
        view_secret_value: Some(false),
        expand_secret_references: Some(false),
        include_imports: Some(true),
        ..ListSecrets::default()
    };
    let mut list: SecretList = visit.find("/api/v4/secrets", &input).await?;
    list.secrets.sort_by(|a, b| a.secret_key.cmp(&b.secret_key));
    Ok(list)
}

/// What is asked of a secret.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// The newest if none.
    pub(super) version: Option<i64>,
    /// Whether the value is wanted.
    pub(super) value: bool,
    /// Whether references in it are to be replaced.
    pub(super) expanded: bool,
}

/// A secret of the folder itself.
pub(super) async fn secret(
    visit: &Visit,
    spot: &Spot,
    name: &str,
    wanted: Wanted,
) -> Result<Secret, Refused> {
    let input = GetSecret {
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        secret_path: Some(spot.path.as_str().to_owned()),
        secret_name: name.to_owned(),
        version: wanted.version,
        view_secret_value: Some(wanted.value),
        expand_secret_references: Some(wanted.expanded),
        include_imports: Some(false),
        ..GetSecret::default()
    };
    let reply: SecretReply = visit.find(&path(&["api", "v4", "secrets", name]), &input).await?;
    Ok(reply.secret)
}

/// Slugs of a secret's tags, as permissions look at them.
pub(super) fn tags(secret: &Secret) -> Vec<&str> {
    secret.tags.iter().map(|tag| tag.slug.as_str()).collect()
}

/// The tags of the project; none if the person may not see them.
pub(super) async fn all_tags(visit: &Visit, frame: &Frame) -> Result<Option<Vec<Tag>>, Refused> {
    if !frame.held.may(project::TAG_READ) {
        return Ok(None);
    }
    Ok(Some(visit.get::<TagList>(&frame.api(&["tags"])).await?.tags))
}
