//! JWT Auth: a JWT of an issuer whose keys are at a URL or written down (`auth-methods.md` section 11).

use serde::{Deserialize, Serialize};
use url::Url;
use vouchsafe_api::auth_methods::{ConfigurationType, JwtAuthInput, JwtProof};

use crate::jose::{
    Algorithms, Claims, KeySet, Refresh, SetAddress, TimeRules, TokenType, UnverifiedJwt, check_times,
};
use crate::net::Trust;
use crate::pattern::{Patterns, normalized};
use crate::{Context, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

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
    bound_issuer: String,
    bound_audiences: String,
    bound_subject: String,
}

/// Configuration of JWT Auth, ready for checking.
pub struct Ready {
    keys: Source,
    issuer: String,
    audiences: Patterns,
    subject: Patterns,
}

enum Source {
    Fetched(SetAddress, Trust),
    Static(KeySet),
}

impl Method for JwtAuth {
    const ID: &'static str = "jwt-auth";
    const NAME: &'static str = "JWT Auth";
    const RESPONSE_KEY: &'static str = "identityJwtAuth";
    const HIDDEN_WHEN_REMOVED: &'static [&'static str] = &["publicKeys", "jwksCaCert"];
    type Input = JwtAuthInput;
    type Config = JwtConfig;

    fn configure(stored: Option<JwtConfig>, input: JwtAuthInput) -> Result<JwtConfig, Issue> {
        let stored = stored.as_ref();
        let kept = |sent: Option<String>, stored: Option<&String>| {
            sent.or_else(|| stored.cloned()).unwrap_or_default()
        };
        let config = JwtConfig {
            configuration_type: input.configuration_type,
            jwks_url: input.jwks_url.unwrap_or_default().trim().to_owned(),
            jwks_ca_cert: input.jwks_ca_cert.unwrap_or_default().trim().to_owned(),
            public_keys: input.public_keys.unwrap_or_default(),
            bound_issuer: kept(input.bound_issuer, stored.map(|config| &config.bound_issuer)),
            bound_audiences: normalized(
                "boundAudiences",
                &kept(input.bound_audiences, stored.map(|config| &config.bound_audiences)),
            )?,
            bound_subject: kept(input.bound_subject, stored.map(|config| &config.bound_subject)),
        };
        ready(&config)?;
        Ok(config)
    }
}

fn ready(config: &JwtConfig) -> Result<Ready, Issue> {
    Ok(Ready {
        keys: source(config)?,
        issuer: config.bound_issuer.clone(),
        audiences: Patterns::globs("boundAudiences", &config.bound_audiences)?,
        subject: Patterns::one_glob("boundSubject", &config.bound_subject)?,
    })
}

fn source(config: &JwtConfig) -> Result<Source, Issue> {
    match config.configuration_type {
        ConfigurationType::Jwks => {
            let url: Url = config
                .jwks_url
                .parse()
                .map_err(|_| Issue::new("jwksUrl", "Expected the URL of a JSON Web Key Set"))?;
            let trust = Trust::from_pem(&config.jwks_ca_cert)
                .map_err(|error| Issue::new("jwksCaCert", error.to_string()))?;
            Ok(Source::Fetched(SetAddress::Jwks(url), trust))
        }
        ConfigurationType::Static => KeySet::from_pems(config.public_keys.iter().map(String::as_str))
            .map(Source::Static)
            .map_err(|error| Issue::new("publicKeys", error.to_string())),
    }
}

impl Login for JwtAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Claims;

    fn ready(config: JwtConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &JwtProof) -> Result<Claims, Refusal> {
        let token = UnverifiedJwt::parse(proof.jwt.trim())?;
        let (accepted, kind) = (Algorithms::all(), TokenType::AccessToken);
        let claims = match &ready.keys {
            Source::Static(set) => token.verify(set, &accepted, kind)?.clone(),
            Source::Fetched(address, trust) => {
                let keys = context.key_sets;
                let set = keys
                    .for_token(context.outbound, address, trust, Refresh::default(), &token, context.now)
                    .await?;
                token.verify(&set, &accepted, kind)?.clone()
            }
        };
        check_times(&claims, TimeRules::default(), context.now)?;
        Ok(claims)
    }

    fn admit(_: &Context<'_>, ready: &Ready, claims: &Claims) -> Findings {
        let mut findings = Findings::new();
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        if !ready.issuer.is_empty() {
            findings.check("issuer", text("iss") == ready.issuer, Reason::Issuer, || {
                format!("iss is {:?}; expected {:?}", text("iss"), ready.issuer)
            });
        }
        if !ready.subject.is_empty() {
            findings.check("subject", ready.subject.matches(text("sub")), Reason::Subject, || {
                format!("sub is {:?}", text("sub"))
            });
        }
        if !ready.audiences.is_empty() {
            findings.check("audience", ready.audiences.matches(text("aud")), Reason::Audience, || {
                format!("aud is {:?}", text("aud"))
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, _: &Claims) -> Proven {
        Proven::default()
    }

    fn suppose(sample: &Sample) -> Option<Result<Claims, Refusal>> {
        let Sample::Jwt(text) = sample else { return None };
        Some(UnverifiedJwt::parse(text.trim()).map(UnverifiedJwt::supposed).map_err(Refusal::from))
    }
}
