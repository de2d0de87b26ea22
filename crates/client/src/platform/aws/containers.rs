//! Credentials of a container: ECS tasks, and EKS Pod Identity.

use std::net::IpAddr;

use url::{Host, Url};
use vouchsafe_api::concealed::Concealed;

use super::Credentials;
use crate::platform::ask::{Answer, Place, Question};
use crate::platform::given::from_file;
use crate::platform::{NoProof, Surroundings, Trail};

pub(super) const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
pub(super) const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
const ECS: &str = "http://169.254.170.2";
/// Addresses that may be asked without TLS, beside loopback: the agents of ECS and of EKS.
const AGENTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

pub(super) async fn find(around: &Surroundings, trail: &mut Trail) -> Result<Option<Credentials>, NoProof> {
    let url = match (around.variable(&[RELATIVE]), around.variable(&[FULL])) {
        (Some((_, path)), _) => format!("{ECS}{path}"),
        (None, Some((_, url))) => allowed(url)?,
        (None, None) => {
            trail.passed(format!("{RELATIVE}, {FULL}"), "not set");
            return Ok(None);
        }
    };
    let mut question = Question::get(Place::Beside, &url, "credentials of a container")?;
    if let Some((name, path)) = around.variable(&[TOKEN_FILE]) {
        let token = from_file(path.as_ref(), name, "the token of the pod", around, trail)?;
        question = question.header("authorization", &token);
    } else if let Some((_, token)) = around.variable(&[TOKEN]) {
        question = question.header("authorization", token);
    }
    read(&question.ask(trail).await?).map(Some)
}

/// The fields by which containers and machines are answered.
pub(super) fn read(answer: &Answer) -> Result<Credentials, NoProof> {
    Ok(Credentials {
        key_id: answer.field(&["AccessKeyId"])?,
        secret: Concealed::new(answer.field(&["SecretAccessKey"])?),
        session_token: Some(Concealed::new(answer.field(&["Token"])?)),
    })
}

/// Whether a whole address may be asked: with TLS, or on this machine, or a known agent; else whoever sets a variable
/// would get the pod's token.
fn allowed(text: &str) -> Result<String, NoProof> {
    let url = Url::parse(text).map_err(|_| NoProof::new(format!("{FULL} is no URL")))?;
    let agents = AGENTS.map(|agent| agent.parse::<IpAddr>().ok());
    let is_near = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || agents.contains(&Some(ip.into())),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || agents.contains(&Some(ip.into())),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && is_near) {
        return Ok(text.to_owned());
    }
    Err(NoProof::new(format!("{FULL} names a host that is asked with https only")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_agents_are_asked_without_tls() {
        for url in [
            "http://127.0.0.1:1/a",
            "http://[fd00:ec2::23]/v1",
            "http://169.254.170.23/v1",
            "https://x.example/",
        ] {
            assert!(allowed(url).is_ok(), "{url}");
        }
        for url in ["http://x.example/", "http://169.254.169.254/", "ftp://127.0.0.1/", "nothing"] {
            assert!(allowed(url).is_err(), "{url}");
        }
    }
}
