//! Moving secrets to another folder of the project.

use std::collections::HashSet;

use serde_json::json;
use vouchsafe_api::secrets::SecretKind;
use vouchsafe_domain::id::SecretId;
use vouchsafe_policy::project;
use vouchsafe_store::{SecretRow, Topic};

use super::Target;
use super::draft::Draft;
use super::write::{Many, Writer};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// How many secrets one request moves.
const MOST: usize = 1_000;

/// Moves shared secrets, and with them the personal ones that stand in for them. A secret keeps its id and versions,
/// unless it replaces one of the same name: then that one gets a new version and the moved one is gone.
pub async fn relocate(
    cx: &Cx,
    from: &Target,
    to: &Target,
    ids: &[SecretId],
    overwrite: bool,
) -> ApiResult<()> {
    if ids.is_empty() || ids.len() > MOST {
        return Err(ApiError::invalid("secretIds", format!("Expected 1 to {MOST} secrets")));
    }
    if (&from.environment, &from.path) == (&to.environment, &to.path) {
        return Err(ApiError::bad_request("The secrets are in that folder already"));
    }
    let writer = Writer::open(cx, from, Many::Yes).await?;
    let there = Writer::open(cx, to, Many::Yes).await?;
    let permit = writer.permit(project::SECRET_DELETE, std::iter::once(SecretKind::Shared))?;
    let mut change = writer.change(&permit).await?;
    let source = writer.folder(&mut change, &from.path).await?;
    let destination = there.folder(&mut change, &to.path).await?;
    let project = from.scope.project();
    let rows = change.secrets_with_ids(project.id, source, ids).await?;
    let found: HashSet<SecretId> = rows.iter().filter(|row| row.owner.is_none()).map(|row| row.id).collect();
    if ids.iter().any(|id| !found.contains(id)) {
        return Err(ApiError::not_found("One or more secrets not found"));
    }
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let all = change.secrets_named(project.id, source, &keys).await?;
    let taken = change.secrets_named(project.id, destination, &keys).await?;
    let (mut moved, mut replaced, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        // Whoever moves a secret may make it readable to others, and so must be able to read it.
        for need in [project::SECRET_DELETE, project::SECRET_READ_VALUE] {
            writer.reader.check(need, &from.environment, &from.path, row)?;
        }
        let of_name = all.iter().filter(|other| other.key == row.key).map(|other| other.id);
        match taken.iter().find(|other| other.key == row.key && other.owner.is_none()) {
            None => {
                there.may_create(&to.path, &row.key, &row.tags)?;
                moved.extend(of_name);
            }
            Some(_) if !overwrite => {
                return Err(writer.already_there(&[row.key.as_str()]));
            }
            Some(other) => {
                let draft = as_draft(&writer, row)?;
                replaced.push(there.next(&change, &to.path, other, draft)?.row);
                gone.extend(of_name);
            }
        }
    }
    change.place_secrets(&moved, destination).await?;
    change.update_secrets(&replaced, writer.versions_kept()).await?;
    change.delete_secrets(&gone).await?;
    change.secrets_modified(source).await?;
    change.secrets_modified(destination).await?;
    let detail = json!({
        "sourceEnvironment": from.environment, "sourceSecretPath": from.path,
        "destinationEnvironment": to.environment, "destinationSecretPath": to.path,
        "secretIds": ids, "secretKeys": keys,
    });
    change.audit("move-secrets", project.org_id, Some(project.id), &detail);
    change.touch(Topic::secrets(project.id));
    change.commit().await?;
    Ok(())
}

/// What a secret holds, as a change of the one that it replaces.
fn as_draft(writer: &Writer<'_>, row: &SecretRow) -> ApiResult<Draft> {
    let (value, rest) = (writer.reader.vault.value(row)?, writer.reader.vault.rest(row)?);
    Ok(Draft {
        key: row.key.clone(),
        value: Some(value),
        comment: Some(rest.comment),
        metadata: Some(rest.metadata),
        skip_multiline_encoding: Some(row.skip_multiline_encoding),
        ..Draft::default()
    })
}
