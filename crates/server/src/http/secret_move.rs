//! Moving secrets: `/api/v3/secrets/move`, `/api/v4/secrets/move`.

use vouchsafe_api::secrets::{MoveSecrets, MovedReply};

use super::cx::Cx;
use super::reply::ok;
use super::route::{Outcome, Routes};
use super::secrets_v3::DELETE;
use crate::usecase::secrets::{Target, path, project, relocate};

pub(super) fn routes() -> Routes {
    Routes::new("Secrets").post(
        ["/api/v3/secrets/move", "/api/v4/secrets/move"],
        DELETE,
        "Move secrets to another folder",
        move_secrets,
    )
}

async fn move_secrets(cx: Cx, input: MoveSecrets) -> Outcome<MovedReply> {
    let scope = project(&cx, input.project_id, input.project_slug.as_deref()).await?;
    let from = Target {
        scope: scope.clone(),
        environment: input.source_environment.trim().to_owned(),
        path: path("sourceSecretPath", input.source_secret_path.as_deref().unwrap_or("/"))?,
    };
    let to = Target {
        scope,
        environment: input.destination_environment.trim().to_owned(),
        path: path("destinationSecretPath", input.destination_secret_path.as_deref().unwrap_or("/"))?,
    };
    relocate(&cx, &from, &to, &input.secret_ids, input.should_overwrite.unwrap_or(false)).await?;
    ok(MovedReply { is_source_updated: true, is_destination_updated: true })
}
