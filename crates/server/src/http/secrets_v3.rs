//! Secrets, version 3: `/api/v3/secrets/raw` (`secrets.md` §2).

use vouchsafe_api::secrets::{
    CreateSecret, DeleteSecret, GetSecret, GetSecretById, ListSecrets, SecretList, SecretReply, TagSecret,
    UpdateMode, UpdateSecret,
};
use vouchsafe_policy::project;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::usecase::secrets::{self, Draft, Filter, GetOptions, ListOptions, Many, Personal, Target};

pub(super) const DESCRIBE: Access = Access::Project(project::SECRET_DESCRIBE);
pub(super) const READ: Access = Access::Project(project::SECRET_READ_VALUE);
pub(super) const CREATE: Access = Access::Project(project::SECRET_CREATE);
pub(super) const EDIT: Access = Access::Project(project::SECRET_EDIT);
pub(super) const DELETE: Access = Access::Project(project::SECRET_DELETE);

const ONE: &str = "/api/v3/secrets/raw/{secretName}";
const ONE_V4: &str = "/api/v4/secrets/{secretName}";
const TAGS: &str = "/api/v3/secrets/tags/{secretName}";

pub(super) fn routes() -> Routes {
    Routes::new("Secrets")
        .get(["/api/v3/secrets/raw"], DESCRIBE, "List the secrets of a folder", list)
        .get(["/api/v3/secrets/raw/id/{secretId}"], READ, "Read a secret by its id", get_by_id)
        .get([ONE], DESCRIBE, "Read a secret", get)
        .post([ONE, ONE_V4], CREATE, "Make a secret", create)
        .patch([ONE, ONE_V4], EDIT, "Change a secret", update)
        .delete([ONE, ONE_V4], DELETE, "Delete a secret", delete)
        .post([TAGS], EDIT, "Add tags to a secret", add_tags)
        .delete([TAGS], EDIT, "Take tags from a secret", remove_tags)
}

async fn list(cx: Cx, input: ListSecrets) -> Outcome<SecretList> {
    let options = list_options(&input, false, Personal::Beside)?;
    ok(secrets::list(&cx, Target::of(&cx, &input).await?, &options).await?)
}

/// What a list shows; `default` says whether references are replaced and imports come along if nothing is said.
pub(super) fn list_options(input: &ListSecrets, default: bool, personal: Personal) -> ApiResult<ListOptions> {
    Ok(ListOptions {
        view_value: input.view_secret_value.unwrap_or(true),
        expand: input.expand_secret_references.unwrap_or(default),
        imports: input.include_imports.or(input.include_imports_too).unwrap_or(default),
        recursive: input.recursive.unwrap_or(false),
        personal,
        filter: Filter::parse(input.tag_slugs.as_deref(), input.metadata_filter.as_deref())?,
    })
}

async fn get(cx: Cx, input: GetSecret) -> Outcome<SecretReply> {
    get_with(cx, input, false).await
}

/// Reads a secret; `default` says whether references are replaced and imports are searched if nothing is said.
pub(super) async fn get_with(cx: Cx, input: GetSecret, default: bool) -> Outcome<SecretReply> {
    let options = GetOptions {
        kind: input.r#type.unwrap_or_default(),
        version: input.version,
        view_value: input.view_secret_value.unwrap_or(true),
        expand: input.expand_secret_references.unwrap_or(default),
        imports: input.include_imports.or(input.include_imports_too).unwrap_or(default),
    };
    let target = Target::of(&cx, &input).await?;
    ok(SecretReply { secret: secrets::get(&cx, target, &input.secret_name, options).await? })
}

async fn get_by_id(cx: Cx, input: GetSecretById) -> Outcome<SecretReply> {
    by_id_with(cx, input, false).await
}

/// Reads a secret by its id; `default` says whether references are replaced if nothing is said.
pub(super) async fn by_id_with(cx: Cx, input: GetSecretById, default: bool) -> Outcome<SecretReply> {
    let options = GetOptions {
        kind: vouchsafe_api::secrets::SecretKind::Shared,
        version: None,
        view_value: input.view_secret_value.unwrap_or(true),
        expand: input.expand_secret_references.unwrap_or(default),
        imports: false,
    };
    ok(SecretReply { secret: secrets::get_by_id(&cx, input.secret_id, options).await? })
}

async fn create(cx: Cx, input: CreateSecret) -> Outcome<SecretReply> {
    let target = Target::of(&cx, &input).await?;
    let draft = Draft::create(input)?;
    reply(secrets::create(&cx, &target, vec![draft], Many::No).await?)
}

async fn update(cx: Cx, input: UpdateSecret) -> Outcome<SecretReply> {
    let target = Target::of(&cx, &input).await?;
    let drafts = vec![(target.path.clone(), Draft::update(input)?)];
    reply(secrets::update(&cx, &target, drafts, UpdateMode::FailOnNotFound, Many::No).await?)
}

async fn delete(cx: Cx, input: DeleteSecret) -> Outcome<SecretReply> {
    let target = Target::of(&cx, &input).await?;
    let names = vec![(input.secret_name.trim().to_owned(), input.r#type.unwrap_or_default())];
    reply(secrets::delete(&cx, &target, names, Many::No).await?)
}

async fn add_tags(cx: Cx, input: TagSecret) -> Outcome<SecretReply> {
    retag(cx, input, true).await
}

async fn remove_tags(cx: Cx, input: TagSecret) -> Outcome<SecretReply> {
    retag(cx, input, false).await
}

async fn retag(cx: Cx, input: TagSecret, add: bool) -> Outcome<SecretReply> {
    if input.tag_slugs.len() > 100 {
        return Err(ApiError::invalid("tagSlugs", "Expected at most 100 tags"));
    }
    let target = Target::of(&cx, &input).await?;
    let (key, kind) = (input.secret_name.trim().to_owned(), input.r#type.unwrap_or_default());
    let secret = secrets::retag(&cx, &target, key, kind, &input.tag_slugs, add).await?;
    ok(SecretReply { secret })
}

fn reply(written: Vec<vouchsafe_api::secrets::Secret>) -> Outcome<SecretReply> {
    let secret = written.into_iter().next();
    ok(SecretReply { secret: secret.ok_or_else(|| ApiError::internal("no secret was written"))? })
}
