//! OIDC: the identity token of a CI job, which each system offers in its own way.

use reqwest::Method;
use serde_json::json;
use url::Url;

use super::ask::{Place, Question};
use super::given::{Given, Identity, Names};
use super::{NoProof, Proof, Source, Surroundings, Trail};

const TOKEN: Names = Names {
    what: "an identity token",
    flag: "--jwt",
    variables: &[
        "VOUCHSAFE_JWT",
        "INFISICAL_JWT",
        "INFISICAL_OIDC_AUTH_JWT",
        "VOUCHSAFE_ID_TOKEN",
        "INFISICAL_ID_TOKEN",
    ],
    file_flag: "--jwt-file",
    file_variables: &["VOUCHSAFE_JWT_FILE"],
};
const AUDIENCE: [&str; 1] = ["VOUCHSAFE_OIDC_AUDIENCE"];

/// Variables in which CI systems put a finished token.
const READY: [(&str, &str); 7] = [
    ("CIRCLE_OIDC_TOKEN_V2", "CircleCI"),
    ("CIRCLE_OIDC_TOKEN", "CircleCI"),
    ("BITBUCKET_STEP_OIDC_TOKEN", "Bitbucket"),
    ("TFC_WORKLOAD_IDENTITY_TOKEN", "Terraform Cloud"),
    ("SEMAPHORE_OIDC_TOKEN", "Semaphore"),
    ("SPACELIFT_OIDC_TOKEN", "Spacelift"),
    ("VERCEL_OIDC_TOKEN", "Vercel"),
];
const GITHUB: [&str; 2] = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
const AZURE_DEVOPS: [&str; 2] = ["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"];
const BUILDKITE: &str = "BUILDKITE_AGENT_ACCESS_TOKEN";

/// Where an identity token comes from: given, or found in what the CI system offers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Oidc {
    /// Who logs in.
    pub identity: Identity,
    /// A token that is there already.
    pub jwt: Given,
    /// For whom a token is asked for, from systems that make one on demand.
    pub audience: Option<String>,
}

impl Oidc {
    /// Whether a CI system offers a token.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        READY
            .iter()
            .map(|(name, _)| *name)
            .chain([GITHUB[0], AZURE_DEVOPS[0], BUILDKITE])
            .any(|name| around.variable(&[name]).is_some())
    }

    async fn token(&self, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
        if let Some(token) = self.jwt.find(TOKEN, around, trail)? {
            return Ok(token);
        }
        for (name, system) in READY {
            if let Some((_, token)) = around.variable(&[name]) {
                trail.took(name, format!("the identity token of {system}"));
                return Ok(token.to_owned());
            }
            trail.passed(name, format!("not set, so this is not {system}"));
        }
        let audience = self.audience.as_deref().or_else(|| Some(around.variable(&AUDIENCE)?.1));
        if let Some(url) = found(around, GITHUB[0], "GitHub Actions", trail) {
            return github(url, audience, around, trail).await;
        }
        if let Some(url) = found(around, AZURE_DEVOPS[0], "Azure DevOps", trail) {
            return azure_devops(url, around, trail).await;
        }
        if found(around, BUILDKITE, "Buildkite", trail).is_some() {
            return buildkite(audience, trail).await;
        }
        Err(NoProof::new("no identity token was found")
            .hint("give one with --jwt-file or VOUCHSAFE_JWT; in GitHub Actions the job needs `permissions: id-token: write`"))
    }
}

impl Source for Oidc {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let jwt = self.token(around, trail).await?;
        self.identity.proof("oidc-auth", &json!({ "jwt": jwt }), around, trail)
    }
}

fn found<'s>(around: &'s Surroundings, name: &str, system: &str, trail: &mut Trail) -> Option<&'s str> {
    let Some((_, value)) = around.variable(&[name]) else {
        trail.passed(name, format!("not set, so this is not {system}"));
        return None;
    };
    trail.took(name, format!("this is {system}"));
    Some(value)
}

fn needed<'s>(around: &'s Surroundings, name: &str) -> Result<&'s str, NoProof> {
    let value = around.variable(&[name]).map(|(_, value)| value);
    value.ok_or_else(|| NoProof::new(format!("{name} is not set")))
}

async fn github(
    url: &str,
    audience: Option<&str>,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<String, NoProof> {
    let token = needed(around, GITHUB[1])?;
    let mut url = Url::parse(url).map_err(|_| NoProof::new(format!("{} is no URL", GITHUB[0])))?;
    if let Some(audience) = audience {
        url.query_pairs_mut().append_pair("audience", audience);
    }
    let question = Question::get(Place::Elsewhere, url.as_str(), "an identity token")?.bearer(token);
    question.ask(trail).await?.field(&["value"])
}

async fn azure_devops(url: &str, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
    let token = needed(around, AZURE_DEVOPS[1]).map_err(|error| {
        error.hint("map it in the step: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`")
    })?;
    let url = format!("{url}?api-version=7.1");
    let question = Question::new(Place::Elsewhere, Method::POST, &url, "an identity token")?;
    question.bearer(token).json(&json!({})).ask(trail).await?.field(&["oidcToken"])
}

/// The agent beside the job makes the token; its program is in the job's path.
async fn buildkite(audience: Option<&str>, trail: &mut Trail) -> Result<String, NoProof> {
    const PROGRAM: &str = "buildkite-agent";
    let mut command = tokio::process::Command::new(PROGRAM);
    command.args(["oidc", "request-token"]);
    if let Some(audience) = audience {
        command.args(["--audience", audience]);
    }
    command.stdin(std::process::Stdio::null()).kill_on_drop(true);
    let failed = |trail: &mut Trail, why: String| {
        trail.passed(PROGRAM, why.clone());
        NoProof::new(format!("`{PROGRAM} oidc request-token` gave no token: {why}"))
    };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), command.output()).await;
    let output = match ended {
        Err(_) => return Err(failed(trail, "it takes longer than 10 seconds".to_owned())),
        Ok(Err(error)) => return Err(failed(trail, error.to_string())),
        Ok(Ok(output)) => output,
    };
    let token = String::from_utf8(output.stdout).unwrap_or_default().trim().to_owned();
    if !output.status.success() || token.is_empty() {
        return Err(failed(trail, format!("it ended with {}", output.status)));
    }
    trail.took(PROGRAM, "the identity token of Buildkite");
    Ok(token)
}
