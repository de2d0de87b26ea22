//! Writing several secrets: in as few requests as hold them.

use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::CreateSecret;
use vouchsafe_api::secrets::{
    CreateSecrets, NewSecret, Secret, SecretChange, SecretKind, UpdateMode, UpdateSecret, UpdateSecrets,
};
use vouchsafe_api::tags::{CreateTag, TagSlugPath};
use vouchsafe_client::{Client, Error};
use vouchsafe_domain::id::TagId;

use super::given::Given;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::api::Folder;

/// Most bytes of one request. The server accepts 1 MiB, and what goes around the secrets is small.
const LARGEST_REQUEST: usize = 960 * 1024;
/// Most secrets of one request, so that a change does not keep others waiting for long.
const MOST_IN_REQUEST: usize = 5000;

/// What is said of all secrets that are written together; what is missing stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// A comment.
    pub(super) comment: Option<Concealed>,
    /// Tags, which replace those that there are.
    pub(super) tags: Option<Vec<TagId>>,
}

/// Whether secrets are there already, as far as is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    /// None is.
    Missing,
    /// Some may be.
    Maybe,
}

/// Makes or changes shared secrets of a folder; answers with them as they are now, in the order of their names. What does
/// not fit into one request goes into several, each of which the server does as a whole or not at all.
pub(super) async fn shared(
    client: &Client,
    folder: &Folder,
    given: Given,
    with: &Shared,
    known: Known,
) -> Outcome<Vec<Secret>> {
    let total = given.len();
    let mut written: Vec<Secret> = Vec::with_capacity(total);
    for batch in batches(given)? {
        let answered = match known {
            Known::Missing => create(client, folder, batch, with).await,
            Known::Maybe => upsert(client, folder, batch, with).await,
        };
        match answered {
            Ok(secrets) => written.extend(secrets),
            Err(error) if written.is_empty() => return Err(error.into()),
            Err(error) => {
                let done = written.len();
                let context = format!("{done} of {total} secrets were written, the others were not");
                return Err(anyhow::Error::from(error).context(context).into());
            }
        }
    }
    written.sort_by(|a, b| a.secret_key.cmp(&b.secret_key));
    Ok(written)
}

async fn create(
    client: &Client,
    folder: &Folder,
    batch: Vec<(String, Concealed)>,
    with: &Shared,
) -> Result<Vec<Secret>, Error> {
    let secrets = batch.into_iter().map(|(name, value)| NewSecret {
        secret_key: name,
        secret_value: Some(value),
        secret_comment: with.comment.clone(),
        skip_multiline_encoding: None,
        tag_ids: with.tags.clone(),
        secret_metadata: None,
    });
    let input = CreateSecrets {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        secrets: secrets.collect(),
        ..CreateSecrets::default()
    };
    client.create_secrets(&input).await
}

async fn upsert(
    client: &Client,
    folder: &Folder,
    batch: Vec<(String, Concealed)>,
    with: &Shared,
) -> Result<Vec<Secret>, Error> {
    let secrets = batch.into_iter().map(|(name, value)| SecretChange {
        secret_key: name,
        secret_path: None,
        new_secret_name: None,
        secret_value: Some(value),
        secret_comment: with.comment.clone(),
        skip_multiline_encoding: None,
        tag_ids: with.tags.clone(),
        secret_metadata: None,
        secret_reminder_repeat_days: None,
        secret_reminder_note: None,
    });
    let input = UpdateSecrets {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        mode: UpdateMode::Upsert,
        secrets: secrets.collect(),
        ..UpdateSecrets::default()
    };
    client.update_secrets(&input).await
}

/// Makes or changes a personal secret: there is no batch for those.
pub(super) async fn personal(
    client: &Client,
    folder: &Folder,
    name: String,
    value: Concealed,
    with: &Shared,
) -> Outcome<Secret> {
    let change = UpdateSecret {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        secret_name: name.clone(),
        secret_value: Some(value.clone()),
        secret_comment: with.comment.clone(),
        tag_ids: with.tags.clone(),
        r#type: Some(SecretKind::Personal),
        ..UpdateSecret::default()
    };
    match client.update_secret(&change).await {
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 404) => {}
        changed => return Ok(changed?),
    }
    let new = CreateSecret {
        project_id: Some(folder.project),
        environment: folder.environment.clone(),
        secret_path: Some(folder.path.clone()),
        secret_name: name,
        secret_value: Some(value),
        secret_comment: with.comment.clone(),
        tag_ids: with.tags.clone(),
        r#type: Some(SecretKind::Personal),
        ..CreateSecret::default()
    };
    Ok(client.create_secret(&new).await?)
}

/// Ids of tags by their slugs; makes those that are missing, as the official client does.
pub(super) async fn tags(client: &Client, folder: &Folder, slugs: &[String]) -> Outcome<Vec<TagId>> {
    let mut ids = Vec::with_capacity(slugs.len());
    for slug in slugs {
        let (project_id, slug) = (folder.project, slug.clone());
        let tag = match client.tag(&TagSlugPath { project_id, slug: slug.clone() }).await {
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 404) => {
                client.create_tag(&CreateTag { project_id, slug, color: None }).await?
            }
            found => found?,
        };
        ids.push(tag.id);
    }
    Ok(ids)
}

/// Says which values the server stores without the white space around them.
pub(super) fn warn_of_trimming(given: &Given, printer: &Printer) {
    for (name, value) in given {
        let value = value.reveal();
        let kept = value.strip_suffix('\n').unwrap_or(value);
        if kept.trim() != kept {
            printer.warning(format!(
                "the value of `{name}` begins or ends with white space, which servers take away"
            ));
        }
    }
}

/// Secrets for one request each.
fn batches(given: Given) -> Outcome<Vec<Vec<(String, Concealed)>>> {
    let (mut batches, mut size) = (vec![Vec::new()], 0);
    for (name, value) in given {
        let length = written_length(&name, &value);
        if length > LARGEST_REQUEST {
            return Err(Failure::message(format!("the value of `{name}` is larger than a request can be")));
        }
        let is_full = batches
            .last()
            .is_some_and(|batch: &Vec<_>| size + length > LARGEST_REQUEST || batch.len() == MOST_IN_REQUEST);
        if is_full {
            batches.push(Vec::new());
            size = 0;
        }
        size += length;
        if let Some(batch) = batches.last_mut() {
            batch.push((name, value));
        }
    }
    batches.retain(|batch| !batch.is_empty());
    Ok(batches)
}

/// Bytes of a secret in a request: its texts as JSON, and what goes around them (a comment and tags at their longest are
/// rare, and would be refused, not cut).
fn written_length(name: &str, value: &Concealed) -> usize {
    const AROUND: usize = 64;
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    name.bytes().chain(value.reveal().bytes()).map(escaped).sum::<usize>() + AROUND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(count: usize, length: usize) -> Given {
        (0..count).map(|number| (format!("S{number:05}"), Concealed::new("x".repeat(length)))).collect()
    }

    #[test]
    fn requests_are_few_and_small_enough() {
        let sizes = |given: Given| batches(given).unwrap().iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(given(0, 0)), Vec::<usize>::new());
        assert_eq!(sizes(given(1000, 100)), [1000]);
        assert_eq!(sizes(given(5001, 10)), [5000, 1]);
        assert_eq!(sizes(given(4, 400_000)), [2, 2]);
        let refused = batches(given(1, LARGEST_REQUEST)).unwrap_err();
        assert!(refused.error.to_string().contains("`S00000`"), "{:?}", refused.error);
    }

    #[test]
    fn escapes_count() {
        let value = Concealed::new("\u{1}\n\"é");
        assert_eq!(written_length("A", &value), 1 + serde_json::to_string(&value).unwrap().len() - 2 + 64);
    }
}
