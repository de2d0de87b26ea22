//! Reading secrets by the API.

use vouchsafe_api::secrets::{ListSecrets, SecretList};
use vouchsafe_domain::path::SecretPath;

use super::frame::Frame;
use crate::api::Refused;
use crate::visit::Visit;

/// The secrets of a folder and those that it imports, by name, without any value.
pub(super) async fn names(
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
