//! Reading secrets, version 4: `/api/v4/secrets` (`secrets.md` §3). Single writes are those of version 3.

use vouchsafe_api::secrets::{GetSecret, GetSecretById, ListSecrets, SecretList, SecretReply};

use super::cx::Cx;
use super::reply::ok;
use super::route::{Outcome, Routes};
use super::secrets_v3::{DESCRIBE, READ, by_id_with, get_with, list_options};
use crate::usecase::secrets::{self, Personal, Target};

pub(super) fn routes() -> Routes {
    Routes::new("Secrets")
        .get(["/api/v4/secrets"], DESCRIBE, "List the secrets of a folder", list)
        .get(["/api/v4/secrets/id/{secretId}"], READ, "Read a secret by its id", get_by_id)
        .get(["/api/v4/secrets/{secretName}"], DESCRIBE, "Read a secret", get)
}

async fn list(cx: Cx, input: ListSecrets) -> Outcome<SecretList> {
    let instead = input.include_personal_overrides.unwrap_or(false);
    let personal = if instead { Personal::Instead } else { Personal::Never };
    let options = list_options(&input, true, personal)?;
    ok(secrets::list(&cx, Target::of(&cx, &input).await?, &options).await?)
}

async fn get(cx: Cx, input: GetSecret) -> Outcome<SecretReply> {
    get_with(cx, input, true).await
}

async fn get_by_id(cx: Cx, input: GetSecretById) -> Outcome<SecretReply> {
    by_id_with(cx, input, true).await
}
