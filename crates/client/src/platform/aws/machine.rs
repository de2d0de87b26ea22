//! The metadata service of EC2, in its second version only: the first answers whoever can make the machine send a GET.

use reqwest::Method;

use super::{Credentials, containers};
use crate::platform::ask::{Answer, Place, Question};
use crate::platform::{NoProof, Surroundings, Trail};

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const USUAL: &str = "http://169.254.169.254";
const CREDENTIALS: &str = "iam/security-credentials/";

pub(super) fn is_tried(around: &Surroundings) -> bool {
    !around.says_yes(DISABLED)
}

/// Asks with a session token, which a metadata service gives for a PUT.
async fn ask(
    path: &str,
    what: &'static str,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<Answer, NoProof> {
    let host = around.variable(&[ENDPOINT]).map_or(USUAL, |(_, url)| url).trim_end_matches('/');
    let question =
        Question::new(Place::Beside, Method::PUT, &format!("{host}/latest/api/token"), "a session token")?;
    let token = question.header("x-aws-ec2-metadata-token-ttl-seconds", "60").ask(trail).await?.text()?;
    let question = Question::get(Place::Beside, &format!("{host}/latest/meta-data/{path}"), what)?;
    question.header("x-aws-ec2-metadata-token", &token).ask(trail).await
}

pub(super) async fn find(around: &Surroundings, trail: &mut Trail) -> Result<Credentials, NoProof> {
    let nobody = || {
        NoProof::new("no credentials of AWS were found")
            .hint("`vouchsafe login --method aws-iam --explain-auth` shows where they were looked for")
    };
    if !is_tried(around) {
        trail.passed(DISABLED, "says that the metadata service is not to be asked");
        return Err(nobody());
    }
    let role =
        ask(CREDENTIALS, "the role of the machine", around, trail).await.map_err(|_| nobody())?.text()?;
    let role = role.lines().next().unwrap_or_default().trim();
    let answer = ask(&format!("{CREDENTIALS}{role}"), "credentials of the machine", around, trail).await?;
    containers::read(&answer)
}

pub(super) async fn region(around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
    ask("placement/region", "the region", around, trail).await?.text()
}
