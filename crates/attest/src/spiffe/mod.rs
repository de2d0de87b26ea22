//! SPIFFE Auth: a JWT-SVID of a trust domain (`auth-methods.md` section 16; SPIFFE JWT-SVID).

mod bundle;
mod id;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vouchsafe_api::auth_jwt::JwtProof;
use vouchsafe_api::auth_spiffe::SpiffeAuthInput;

use crate::jose::{Algorithm, Algorithms, Claims, TimeRules, TokenType, UnverifiedJwt, check_times};
use crate::pattern::{Patterns, normalized, split};
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};
use bundle::{Bundle, Distribution};
pub use id::{SpiffeId, TrustDomain};

/// SPIFFE Auth.
pub struct SpiffeAuth;

/// Configuration of SPIFFE Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpiffeConfig {
    trust_domain: String,
    allowed_spiffe_ids: String,
    allowed_audiences: String,
    trust_bundle_distribution: Distribution,
}

/// Configuration of SPIFFE Auth, ready for checking.
pub struct Ready {
    domain: TrustDomain,
    ids: Patterns,
    audiences: Patterns,
    bundle: Bundle,
}

/// What an SVID says.
pub struct Facts {
    id: SpiffeId,
    audiences: Vec<String>,
}

/// Those that a JWT-SVID may be signed with (JWT-SVID section 2.1).
fn algorithms() -> Algorithms {
    let all = Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != Algorithm::EdDsa);
    Algorithms::of(&all.collect::<Vec<_>>())
}

impl Method for SpiffeAuth {
    const ID: &'static str = "spiffe-auth";
    const NAME: &'static str = "SPIFFE Auth";
    const RESPONSE_KEY: &'static str = "identitySpiffeAuth";
    type Input = SpiffeAuthInput;
    type Config = SpiffeConfig;

    fn configure(stored: Option<SpiffeConfig>, input: SpiffeAuthInput) -> Result<SpiffeConfig, Issue> {
        let required = |field: &str| Issue::new(field, "Required");
        let given = |field: &str, sent: Option<String>, stored: Option<String>| {
            sent.or(stored).ok_or_else(|| required(field))
        };
        let (domain, ids, audiences, distribution) = match stored {
            None => (None, None, None, None),
            Some(stored) => (
                Some(stored.trust_domain),
                Some(stored.allowed_spiffe_ids),
                Some(stored.allowed_audiences),
                Some(stored.trust_bundle_distribution),
            ),
        };
        let domain = given("trustDomain", input.trust_domain, domain)?;
        let domain = TrustDomain::parse(domain.trim()).ok_or_else(|| {
            Issue::new(
                "trustDomain",
                "Expected the name of a trust domain in lower case, such as prod.example.com",
            )
        })?;
        let sent = input.trust_bundle_distribution.map(Distribution::new).transpose()?;
        let config = SpiffeConfig {
            trust_domain: domain.as_str().to_owned(),
            allowed_spiffe_ids: normalized(
                "allowedSpiffeIds",
                &given("allowedSpiffeIds", input.allowed_spiffe_ids, ids)?,
            )?,
            allowed_audiences: normalized(
                "allowedAudiences",
                &given("allowedAudiences", input.allowed_audiences, audiences)?,
            )?,
            trust_bundle_distribution: sent
                .or(distribution)
                .ok_or_else(|| required("trustBundleDistribution"))?,
        };
        ready(&config)?;
        Ok(config)
    }

    async fn inspect(context: &Context<'_>, config: &SpiffeConfig) -> Result<(), Refusal> {
        usable(config)?.bundle.usable(context).await
    }

    fn show(context: &Context<'_>, config: &SpiffeConfig, shown: &mut Map<String, Value>) {
        if let Ok(ready) = ready(config) {
            ready.bundle.show(context, shown);
        }
    }
}

fn ready(config: &SpiffeConfig) -> Result<Ready, Issue> {
    for (field, list) in
        [("allowedSpiffeIds", &config.allowed_spiffe_ids), ("allowedAudiences", &config.allowed_audiences)]
    {
        if split(field, list)?.is_empty() {
            return Err(Issue::new(field, "Expected at least one entry"));
        }
    }
    Ok(Ready {
        domain: TrustDomain::parse(&config.trust_domain)
            .ok_or_else(|| Issue::new("trustDomain", "Expected the name of a trust domain"))?,
        ids: Patterns::globs("allowedSpiffeIds", &config.allowed_spiffe_ids)?,
        audiences: Patterns::exact("allowedAudiences", &config.allowed_audiences)?,
        bundle: config.trust_bundle_distribution.ready()?,
    })
}

fn usable(config: &SpiffeConfig) -> Result<Ready, Refusal> {
    ready(config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
}

/// Fetches the trust bundle now, because an administrator asks for it.
pub async fn refresh_bundle(context: &Context<'_>, config: &SpiffeConfig) -> Result<(), Refusal> {
    usable(config)?.bundle.refresh(context).await
}

/// The id of a workload; that of a trust domain itself, without a path, is none.
fn workload(subject: Option<&str>) -> Result<SpiffeId, Refusal> {
    let subject = subject.unwrap_or_default();
    SpiffeId::parse(subject).filter(SpiffeId::has_path).ok_or_else(|| {
        Refusal::new(Reason::Malformed, format!("sub is {subject:?}, which is no SPIFFE id of a workload"))
    })
}

/// What claims say; `sub` has to be a SPIFFE id (JWT-SVID section 3.1).
fn facts(claims: &Claims) -> Result<Facts, Refusal> {
    let id = workload(claims.get("sub").and_then(Value::as_str))?;
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Facts { id, audiences })
}

impl Login for SpiffeAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: SpiffeConfig) -> Result<Ready, Refusal> {
        usable(&config)
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &JwtProof) -> Result<Facts, Refusal> {
        let token = UnverifiedJwt::parse(proof.jwt.trim())?;
        if !algorithms().accept(token.algorithm()) {
            let why = format!("the token is signed with {}; accepted: {}", token.algorithm(), algorithms());
            return Err(Refusal::new(Reason::Algorithm, why));
        }
        // Of another trust domain, or of none: its keys are not here, so nobody is asked for them.
        if *workload(token.claimed("sub"))?.domain() != ready.domain {
            let why = format!("sub is of another trust domain than {:?}", ready.domain.as_str());
            return Err(Refusal::new(Reason::Issuer, why));
        }
        let keys = ready.bundle.for_token(context, &token).await?;
        let claims = token.verify(&keys, &algorithms(), TokenType::Jwt)?;
        check_times(claims, TimeRules::default(), context.now)?;
        facts(claims)
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let (domain, id) = (facts.id.domain(), facts.id.as_str());
        findings.check("trust domain", *domain == ready.domain, Reason::Issuer, || {
            format!("sub is of {:?}; expected {:?}", domain.as_str(), ready.domain.as_str())
        });
        findings.check("SPIFFE id", ready.ids.matches(id), Reason::Subject, || {
            format!("sub {}", ready.ids.miss(id))
        });
        let meant = facts.audiences.iter().any(|audience| ready.audiences.matches(audience));
        findings.check("audience", meant, Reason::Audience, || {
            format!("none of aud {:?} is allowed", facts.audiences)
        });
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, facts: &Facts) -> Proven {
        let inner = Map::from_iter([
            ("id".to_owned(), Value::from(facts.id.as_str())),
            ("trustDomain".to_owned(), Value::from(facts.id.domain().as_str())),
        ]);
        let auth = Map::from_iter([("spiffe".to_owned(), Value::Object(inner))]);
        Proven { auth: Some(auth), ..Proven::default() }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let Sample::Jwt(text) = sample else { return None };
        let parsed = UnverifiedJwt::parse(text.trim()).map_err(Refusal::from);
        Some(parsed.and_then(|token| facts(&token.supposed())))
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let result = ready.bundle.refresh(context).await;
        vec![Finding { what: "get the trust bundle".to_owned(), result }]
    }
}
