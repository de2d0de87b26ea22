//! In which order credentials and the region are looked for.

use vouchsafe_api::concealed::Concealed;

use super::{Aws, Credentials, containers, machine, shared, web_identity};
use crate::platform::{NoProof, Surroundings, Trail};

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION: &str = "AWS_SESSION_TOKEN";
const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The region if none is known: every partition's users may sign for it, but not those of partitions of their own.
const USUAL_REGION: &str = "us-east-1";

/// Whether variables of AWS say that credentials are there.
pub(super) fn is_around(around: &Surroundings) -> bool {
    around.variable(&[KEY_ID, web_identity::TOKEN_FILE, containers::RELATIVE, containers::FULL]).is_some()
}

/// Environment, web identity, shared files, container, machine: the first that has credentials.
pub(super) async fn credentials(
    aws: &Aws,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<Credentials, NoProof> {
    if let Some(found) = environment(around, trail)? {
        return Ok(found);
    }
    if let Some(found) = web_identity::find(aws, around, trail).await? {
        return Ok(found);
    }
    if let Some(found) = shared::credentials(aws, around, trail)? {
        return Ok(found);
    }
    if let Some(found) = containers::find(around, trail).await? {
        return Ok(found);
    }
    machine::find(around, trail).await
}

fn environment(around: &Surroundings, trail: &mut Trail) -> Result<Option<Credentials>, NoProof> {
    let Some((_, key_id)) = around.variable(&[KEY_ID]) else {
        trail.passed(KEY_ID, "not set");
        return Ok(None);
    };
    let Some((_, secret)) = around.variable(&[SECRET]) else {
        trail.passed(SECRET, "not set");
        return Err(NoProof::new(format!("{KEY_ID} is set, but {SECRET} is not")));
    };
    trail.took(format!("{KEY_ID}, {SECRET}"), "credentials of AWS");
    let session_token = around.variable(&[SESSION]).map(|(_, token)| Concealed::new(token));
    Ok(Some(Credentials { key_id: key_id.to_owned(), secret: Concealed::new(secret), session_token }))
}

/// The region to sign for: given, from a variable, from the shared files, from the machine, or the usual one.
pub(super) async fn region(aws: &Aws, around: &Surroundings, trail: &mut Trail) -> String {
    if let Some(region) = known_region(aws, around, trail) {
        return region;
    }
    if machine::is_tried(around)
        && let Ok(region) = machine::region(around, trail).await
    {
        return region;
    }
    trail.took("usual region", USUAL_REGION);
    USUAL_REGION.to_owned()
}

/// The region as far as nobody needs to be asked.
pub(super) fn known_region(aws: &Aws, around: &Surroundings, trail: &mut Trail) -> Option<String> {
    if let Some(region) = &aws.region {
        trail.took("--aws-region", region);
        return Some(region.clone());
    }
    if let Some((name, region)) = around.variable(&REGION) {
        trail.took(name, region);
        return Some(region.to_owned());
    }
    shared::region(aws, around, trail)
}
