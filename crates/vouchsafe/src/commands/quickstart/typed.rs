//! The steps as a person would type them. The variables come from `quickstart.env`.

use super::setup::{
    EMAIL, ENVIRONMENT, IDENTITY, ORGANIZATION, PROJECT, SECRET, TOKEN_MAX_TTL, TOKEN_TTL, VALUE,
};

const AS_ADMIN: &str = "-H \"Authorization: Bearer $ADMIN_TOKEN\"";

/// A POST with these fields; the API reads forms as well as JSON.
fn post(path: &str, rest: &str) -> String {
    format!("curl -s $VOUCHSAFE_API_URL{path} \\\n  {rest}")
}

fn post_as_admin(path: &str, fields: &str) -> String {
    post(path, &format!("{AS_ADMIN} \\\n  {fields}"))
}

pub(super) fn set_up(program: &str) -> [String; 2] {
    [
        post(
            "/api/v1/admin/bootstrap",
            &format!("-d email={EMAIL} -d organization={ORGANIZATION} -d password=$ADMIN_PASSWORD"),
        ),
        format!(
            "{program} bootstrap --email {EMAIL} --organization {ORGANIZATION} \\\n  \
             --password $ADMIN_PASSWORD --ignore-if-bootstrapped"
        ),
    ]
}

pub(super) fn make_project() -> [String; 1] {
    [post_as_admin("/api/v1/projects", &format!("-d projectName={PROJECT}"))]
}

pub(super) fn make_secret() -> [String; 1] {
    let fields = format!("-d projectId=$PROJECT_ID -d environment={ENVIRONMENT} -d secretValue='{VALUE}'");
    [post_as_admin(&format!("/api/v4/secrets/{SECRET}"), &fields)]
}

pub(super) fn make_identity() -> [String; 3] {
    let method = "/api/v1/auth/universal-auth/identities/$IDENTITY_ID";
    [
        post_as_admin(
            "/api/v1/identities",
            &format!("-d name={IDENTITY} -d organizationId=$ORGANIZATION_ID"),
        ),
        post_as_admin(method, &format!("-d accessTokenTTL={TOKEN_TTL} -d accessTokenMaxTTL={TOKEN_MAX_TTL}")),
        post_as_admin(&format!("{method}/client-secrets"), "-d description=quickstart"),
    ]
}

pub(super) fn add_to_project() -> [String; 1] {
    [post_as_admin("/api/v1/projects/$PROJECT_ID/memberships/identities/$IDENTITY_ID", "-d role=viewer")]
}

pub(super) fn log_in(program: &str) -> [String; 2] {
    [
        post("/api/v1/auth/universal-auth/login", "-d clientId=$CLIENT_ID -d clientSecret=$CLIENT_SECRET"),
        format!(
            "export VOUCHSAFE_TOKEN=$({program} login --method universal-auth \\\n  \
             --client-id $CLIENT_ID --client-secret $CLIENT_SECRET --plain)"
        ),
    ]
}

pub(super) fn read_secret(program: &str) -> [String; 3] {
    let query = format!("projectId=$PROJECT_ID&environment={ENVIRONMENT}");
    let place = format!("--project-id $PROJECT_ID --env {ENVIRONMENT}");
    [
        format!(
            "curl -s \"$VOUCHSAFE_API_URL/api/v4/secrets/{SECRET}?{query}\" \\\n  \
             -H \"Authorization: Bearer $VOUCHSAFE_TOKEN\""
        ),
        format!("{program} secrets get {SECRET} {place}"),
        format!("{program} run {place} -- sh -c 'echo \"${SECRET}\"'"),
    ]
}
