//! JWT Auth: a JWT of an issuer whose keys are at a URL or written down (`auth-methods.md` section 11).

use serde::{Deserialize, Serialize};
use url::Url;
use vouchsafe_api::auth_jwt::{ConfigurationType, JwtAuthInput, JwtProof};

use crate::bound::{Bound, Facts, Rules, sent};
use crate::jose::{KeySet, KeySource, SetAddress};
use crate::net::Trust;
use crate::pattern::Star;
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// Most written down keys: as many as are tried for a token.
const MOST_KEYS: usize = 10;

/// JWT Auth.
pub struct JwtAuth;

/// Configuration of JWT Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtConfig {
    configuration_type: ConfigurationType,
    jwks_url: String,
    jwks_ca_cert: String,
    public_keys: Vec<String>,
    #[serde(flatten)]
    bound: Bound,
}

/// Configuration of JWT Auth, ready for checking.
pub struct Ready {
    keys: KeySource,
    rules: Rules,
}

impl Method for JwtAuth {
    const ID: &'static str = "jwt-auth";
    const NAME: &'static str = "JWT Auth";
    const RESPONSE_KEY: &'static str = "identityJwtAuth";
    const HIDDEN_WHEN_REMOVED: &'static [&'static str] = &["publicKeys", "jwksCaCert"];
    type Input = JwtAuthInput;
    type Config = JwtConfig;

    /// The kind of configuration and its fields are asked for by every change; what claims have to be stays.
    fn configure(stored: Option<JwtConfig>, input: JwtAuthInput) -> Result<JwtConfig, Issue> {
        if stored.is_none() && input.bound_claims.is_none() {
            return Err(Issue::new("boundClaims", "Required"));
        }
        let config = JwtConfig {
            configuration_type: input
                .configuration_type
                .ok_or_else(|| Issue::new("configurationType", "Required"))?,
            jwks_url: input.jwks_url.unwrap_or_default().trim().to_owned(),
            jwks_ca_cert: input.jwks_ca_cert.unwrap_or_default().trim().to_owned(),
            public_keys: input.public_keys.unwrap_or_default(),
            bound: Bound::with(stored.map(|config| config.bound), sent!(input))?,
        };
        ready(&config)?;
        Ok(config)
    }

    /// A URL that may not be called is refused when it is configured.
    async fn inspect(context: &Context<'_>, config: &JwtConfig) -> Result<(), Refusal> {
        if config.configuration_type == ConfigurationType::Static {
            return Ok(());
        }
        let odd = |error: url::ParseError| Refusal::new(Reason::Configuration, error.to_string());
        Ok(context.outbound.check_url(&config.jwks_url.parse().map_err(odd)?)?)
    }
}

fn ready(config: &JwtConfig) -> Result<Ready, Issue> {
    Ok(Ready { keys: source(config)?, rules: Rules::new(&config.bound, "jwt", Star::Crosses)? })
}

fn source(config: &JwtConfig) -> Result<KeySource, Issue> {
    match config.configuration_type {
        ConfigurationType::Jwks => {
            let url: Url = config
                .jwks_url
                .parse()
                .map_err(|_| Issue::new("jwksUrl", "Expected the URL of a JSON Web Key Set"))?;
            let trust = Trust::from_pem(&config.jwks_ca_cert)
                .map_err(|error| Issue::new("jwksCaCert", error.to_string()))?;
            Ok(KeySource::at(SetAddress::Jwks(url), trust))
        }
        ConfigurationType::Static if config.public_keys.len() > MOST_KEYS => {
            Err(Issue::new("publicKeys", format!("Expected at most {MOST_KEYS} keys")))
        }
        ConfigurationType::Static => KeySet::from_pems(config.public_keys.iter().map(String::as_str))
            .map(KeySource::from)
            .map_err(|error| Issue::new("publicKeys", error.to_string())),
    }
}

impl Login for JwtAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: JwtConfig) -> Result<Ready, Refusal> {
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
        let what = match &ready.keys {
            KeySource::Static(_) => "read the keys",
            KeySource::Fetched { .. } => "fetch the key set",
        };
        vec![Finding { what: what.to_owned(), result: ready.keys.refresh(context).await }]
    }
}
