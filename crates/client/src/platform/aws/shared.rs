//! The shared files: `~/.aws/credentials` and `~/.aws/config`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use vouchsafe_api::concealed::Concealed;

use super::{Aws, Credentials};
use crate::platform::{NoProof, Surroundings, Trail, ini};

const PROFILE: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
/// Settings of a profile that credentials could be had by, but not by us.
const UNKNOWN: [(&str, &str); 3] = [
    ("sso_session", "AWS IAM Identity Center"),
    ("credential_process", "a program that prints credentials"),
    ("role_arn", "a role to assume"),
];

/// A file and the values of the profile in it.
struct Found {
    place: String,
    values: BTreeMap<String, String>,
}

fn profile<'a>(aws: &'a Aws, around: &'a Surroundings) -> &'a str {
    aws.profile.as_deref().or_else(|| Some(around.variable(&PROFILE)?.1)).unwrap_or("default")
}

/// Reads the profile's part of a file; a file that is not there has none.
fn read(
    variable: &'static str,
    usual: &str,
    section: &str,
    around: &Surroundings,
    trail: &mut Trail,
) -> Option<Found> {
    let path = around.variable(&[variable]).map(|(_, path)| PathBuf::from(path));
    let path = path.or_else(|| around.below_home(usual))?;
    let place = format!("{} [{section}]", path.display());
    match around.file(&path).map(|text| ini::section(&text, section)) {
        Ok(Some(values)) => Some(Found { place, values }),
        Ok(None) => {
            trail.passed(place, "no such profile");
            None
        }
        Err(error) => {
            trail.passed(place, error.to_string());
            None
        }
    }
}

fn config(aws: &Aws, around: &Surroundings, trail: &mut Trail) -> Option<Found> {
    let profile = profile(aws, around);
    let section = if profile == "default" { "default".to_owned() } else { format!("profile {profile}") };
    read("AWS_CONFIG_FILE", ".aws/config", &section, around, trail)
}

/// Credentials that a profile holds.
pub(super) fn credentials(
    aws: &Aws,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<Option<Credentials>, NoProof> {
    let of_credentials =
        read("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", profile(aws, around), around, trail);
    let mut unknown = None;
    for found in of_credentials.into_iter().chain(config(aws, around, trail)) {
        let value = |name: &str| found.values.get(name).filter(|value| !value.is_empty());
        if let (Some(key_id), Some(secret)) = (value("aws_access_key_id"), value("aws_secret_access_key")) {
            trail.took(found.place.clone(), "credentials of AWS");
            let session_token = value("aws_session_token").map(Concealed::new);
            let credentials =
                Credentials { key_id: key_id.clone(), secret: Concealed::new(secret), session_token };
            return Ok(Some(credentials));
        }
        let way = UNKNOWN.iter().find(|(name, _)| value(name).is_some());
        trail.passed(
            found.place.clone(),
            way.map_or("no credentials".to_owned(), |(name, _)| format!("`{name}` only")),
        );
        unknown = unknown.or(way);
    }
    match unknown {
        Some((name, what)) => {
            Err(NoProof::new(format!("the profile needs {what} (`{name}`), which is not read here"))
                .hint("let the AWS CLI do it: eval \"$(aws configure export-credentials --format env)\""))
        }
        None => Ok(None),
    }
}

/// The region of the profile.
pub(super) fn region(aws: &Aws, around: &Surroundings, trail: &mut Trail) -> Option<String> {
    let found = config(aws, around, &mut Trail::default())?;
    let region = found.values.get("region").filter(|region| !region.is_empty())?;
    trail.took(format!("{}: region", found.place), region);
    Some(region.clone())
}
