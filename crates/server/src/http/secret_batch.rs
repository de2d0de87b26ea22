//! Several secrets in one request, all or none: `/api/v3/secrets/batch/raw`, `/api/v4/secrets/batch`.

use vouchsafe_api::secrets::{CreateSecrets, DeleteSecrets, SecretsReply, UpdateSecrets};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Outcome, Routes};
use super::secrets_v3::{CREATE, DELETE, EDIT};
use crate::usecase::secrets::{self, Draft, Many, Target};

const BATCH: &str = "/api/v3/secrets/batch/raw";
const BATCH_V4: &str = "/api/v4/secrets/batch";

pub(super) fn routes() -> Routes {
    Routes::new("Secrets")
        .post([BATCH, BATCH_V4], CREATE, "Make several secrets", create)
        .patch([BATCH, BATCH_V4], EDIT, "Change several secrets", update)
        .delete([BATCH, BATCH_V4], DELETE, "Delete several secrets", delete)
}

async fn create(cx: Cx, mut input: CreateSecrets) -> Outcome<SecretsReply> {
    let target = Target::of(&cx, &input).await?;
    some(&input.secrets)?;
    let drafts = std::mem::take(&mut input.secrets).into_iter().enumerate();
    let drafts = drafts.map(|(at, one)| Draft::create_one_of(at, one)).collect::<ApiResult<_>>()?;
    ok(SecretsReply { secrets: secrets::create(&cx, &target, drafts, Many::Yes).await? })
}

async fn update(cx: Cx, mut input: UpdateSecrets) -> Outcome<SecretsReply> {
    let target = Target::of(&cx, &input).await?;
    some(&input.secrets)?;
    let mut drafts = Vec::with_capacity(input.secrets.len());
    for (at, mut one) in std::mem::take(&mut input.secrets).into_iter().enumerate() {
        let path = match one.secret_path.take() {
            Some(path) => secrets::path(&format!("secrets.{at}.secretPath"), &path)?,
            None => target.path.clone(),
        };
        drafts.push((path, Draft::update_one_of(at, one)?));
    }
    ok(SecretsReply { secrets: secrets::update(&cx, &target, drafts, input.mode, Many::Yes).await? })
}

async fn delete(cx: Cx, input: DeleteSecrets) -> Outcome<SecretsReply> {
    let target = Target::of(&cx, &input).await?;
    some(&input.secrets)?;
    let names =
        input.secrets.iter().map(|one| (one.secret_key.trim().to_owned(), one.r#type.unwrap_or_default()));
    ok(SecretsReply { secrets: secrets::delete(&cx, &target, names.collect(), Many::Yes).await? })
}

fn some<T>(secrets: &[T]) -> ApiResult<()> {
    if secrets.is_empty() {
        return Err(ApiError::invalid("secrets", "Expected at least one secret"));
    }
    Ok(())
}
