//! OIDC Auth: a JWT of an `OpenID` provider that is found by discovery (`auth-methods.md` section 10).

use serde::{Deserialize, Serialize};
use url::Url;
use vouchsafe_api::auth_jwt::{JwtProof, OidcAuthInput};

use crate::bound::{Bound, Facts, Rules, sent};
use crate::jose::{KeySource, SetAddress};
use crate::net::Trust;
use crate::pattern::Star;
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// OIDC Auth.
pub struct OidcAuth;

/// Configuration of OIDC Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OidcConfig {
    oidc_discovery_url: String,
    ca_cert: String,
    #[serde(flatten)]
    bound: Bound,
}

/// Configuration of OIDC Auth, ready for checking.
pub struct Ready {
    keys: KeySource,
    rules: Rules,
}

impl Method for OidcAuth {
    const ID: &'static str = "oidc-auth";
    const NAME: &'static str = "OIDC Auth";
    const RESPONSE_KEY: &'static str = "identityOidcAuth";
    const HIDDEN_WHEN_REMOVED: &'static [&'static str] = &["caCert"];
    type Input = OidcAuthInput;
    type Config = OidcConfig;

    fn configure(stored: Option<OidcConfig>, input: OidcAuthInput) -> Result<OidcConfig, Issue> {
        if input.template_id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Err(Issue::new("templateId", "Templates are not offered; send the settings themselves"));
        }
        if stored.is_none() && input.bound_claims.is_none() {
            return Err(Issue::new("boundClaims", "Required"));
        }
        let (url, ca, bound) = match stored {
            Some(config) => (config.oidc_discovery_url, config.ca_cert, Some(config.bound)),
            None => (String::new(), String::new(), None),
        };
        let config = OidcConfig {
            oidc_discovery_url: input.oidc_discovery_url.map_or(url, |url| url.trim().to_owned()),
            ca_cert: input.ca_cert.map_or(ca, |pem| pem.trim().to_owned()),
            bound: Bound::with(bound, sent!(input))?,
        };
        ready(&config)?;
        Ok(config)
    }

    /// A URL that may not be called is refused when it is configured.
    async fn inspect(context: &Context<'_>, config: &OidcConfig) -> Result<(), Refusal> {
        let odd = |error: url::ParseError| Refusal::new(Reason::Configuration, error.to_string());
        Ok(context.outbound.check_url(&config.oidc_discovery_url.parse().map_err(odd)?)?)
    }
}

fn ready(config: &OidcConfig) -> Result<Ready, Issue> {
    if config.bound.bound_issuer.is_empty() {
        return Err(Issue::new("boundIssuer", "Expected the issuer, exactly as its tokens name it"));
    }
    let no_url = || {
        Issue::new("oidcDiscoveryUrl", "Expected the URL of an issuer, such as https://issuer.example.com")
    };
    let url: Url = config.oidc_discovery_url.parse().map_err(|_| no_url())?;
    let url = without_document(url);
    let address = SetAddress::discovery(&url, Some(config.bound.bound_issuer.clone())).ok_or_else(no_url)?;
    let trust = Trust::from_pem(&config.ca_cert).map_err(|error| Issue::new("caCert", error.to_string()))?;
    Ok(Ready { keys: KeySource::at(address, trust), rules: Rules::new(&config.bound, "oidc", Star::Stays)? })
}

/// Some give the URL of the document itself.
fn without_document(mut url: Url) -> Url {
    if let Some(path) = url.path().strip_suffix("/.well-known/openid-configuration").map(str::to_owned) {
        url.set_path(&path);
    }
    url
}

impl Login for OidcAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: OidcConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &JwtProof) -> Result<Facts, Refusal> {
        let token = ready.rules.parse(&proof.jwt)?;
        let keys = ready.keys.for_token(context, &token).await?;
        ready.rules.verify(&token, &keys, context.now)
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        ready.rules.admit(facts)
    }

    fn proven(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Proven {
        ready.rules.proven(facts)
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        Rules::suppose(sample)
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let what = "discover the issuer and fetch its keys".to_owned();
        vec![Finding { what, result: ready.keys.refresh(context).await }]
    }
}
