//! Web identity (EKS with roles for service accounts, and others): a token that STS exchanges for credentials of a role.

use reqwest::Method;
use vouchsafe_api::concealed::Concealed;

use super::{Aws, Credentials, chain, sts_host};
use crate::platform::ask::{Place, Question};
use crate::platform::given::from_file;
use crate::platform::{NoProof, Surroundings, Trail};

pub(super) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const SESSION_NAME: &str = "AWS_ROLE_SESSION_NAME";
const ENDPOINT: [&str; 2] = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];

pub(super) async fn find(
    aws: &Aws,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<Option<Credentials>, NoProof> {
    let Some((name, path)) = around.variable(&[TOKEN_FILE]) else {
        trail.passed(TOKEN_FILE, "not set");
        return Ok(None);
    };
    let Some((_, role)) = around.variable(&[ROLE]) else {
        return Err(NoProof::new(format!("{TOKEN_FILE} is set, but {ROLE} is not")));
    };
    let token = from_file(path.as_ref(), name, "a web identity token", around, trail)?;
    let region = chain::known_region(aws, around, &mut Trail::default());
    let host = region.map_or_else(|| "sts.amazonaws.com".to_owned(), |region| sts_host(&region));
    let url =
        around.variable(&ENDPOINT).map_or_else(|| format!("https://{host}/"), |(_, url)| url.to_owned());
    let session = around.variable(&[SESSION_NAME]).map_or("vouchsafe", |(_, name)| name);
    let fields = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", session),
        ("WebIdentityToken", &token),
    ];
    let question = Question::new(Place::Elsewhere, Method::POST, &url, "credentials of a role")?
        .header("accept", "application/json")
        .form(&fields);
    let answer = question.ask(trail).await?;
    let field = |name| {
        let outer =
            ["AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult", "Credentials", name];
        answer.field(&outer)
    };
    Ok(Some(Credentials {
        key_id: field("AccessKeyId")?,
        secret: Concealed::new(field("SecretAccessKey")?),
        session_token: Some(Concealed::new(field("SessionToken")?)),
    }))
}
