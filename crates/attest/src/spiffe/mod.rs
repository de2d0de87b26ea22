//! SPIFFE Auth: a JWT-SVID of a trust domain (`auth-methods.md` section 16; SPIFFE JWT-SVID), or, over mutual TLS, an
//! X.509-SVID.

mod bundle;
mod id;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vouchsafe_api::auth_spiffe::{SpiffeAuthInput, SpiffeProof};

use crate::jose::{Algorithm, Algorithms, Claims, TimeRules, TokenType, UnverifiedJwt, check_times};
use crate::pattern::{Patterns, normalized, split};
use crate::x509::{Chain, Side, svid};
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};
use bundle::{Bundle, Distribution};
pub use id::{SpiffeId, is_trust_domain};

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
    domain: String,
    ids: Patterns,
    audiences: Patterns,
    bundle: Bundle,
}

/// What an SVID says.
pub struct Facts {
    id: SpiffeId,
    /// None of an X.509-SVID: it is meant for whoever it is shown to.
    audiences: Option<Vec<String>>,
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
        let domain = domain.trim().trim_start_matches("spiffe://").to_owned();
        let sent = input.trust_bundle_distribution;
        let sent = sent.map(|sent| Distribution::new(sent, &domain)).transpose()?;
        let config = SpiffeConfig {
            trust_domain: domain,
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
    if !is_trust_domain(&config.trust_domain) {
        let expected = "Expected the name of a trust domain in lower case, such as prod.example.com";
        return Err(Issue::new("trustDomain", expected));
    }
    Ok(Ready {
        domain: config.trust_domain.clone(),
        ids: Patterns::globs("allowedSpiffeIds", &config.allowed_spiffe_ids)?,
        audiences: Patterns::exact("allowedAudiences", &config.allowed_audiences)?,
        bundle: config.trust_bundle_distribution.ready(&config.trust_domain)?,
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
    let wrong = |why| Refusal::new(Reason::Malformed, format!("sub is {subject:?}, which {why}"));
    let id = SpiffeId::parse(subject).map_err(wrong)?;
    if id.path().is_empty() { Err(wrong("names a trust domain and no workload")) } else { Ok(id) }
}

/// What claims say; `sub` has to be a SPIFFE id (JWT-SVID section 3.1).
fn facts(claims: &Claims) -> Result<Facts, Refusal> {
    let id = workload(claims.get("sub").and_then(Value::as_str))?;
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(Facts { id, audiences: Some(audiences) })
}

/// What the certificate of this connection says, once it is seen to lead to the trust domain.
async fn by_certificate(context: &Context<'_>, ready: &Ready) -> Result<Facts, Refusal> {
    let none = || Refusal::new(Reason::Malformed, "neither a JWT-SVID nor a client certificate");
    let chain = Chain::new(context.certificates.ok_or_else(none)?)?;
    let authorities = ready.bundle.authorities(context).await?;
    let id = svid::verify(&chain, &ready.domain, &authorities, Side::Client, context.now)?;
    Ok(Facts { id, audiences: None })
}

impl Login for SpiffeAuth {
    type Proof = SpiffeProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: SpiffeConfig) -> Result<Ready, Refusal> {
        usable(&config)
    }

    fn missing(certificates: Option<&[Vec<u8>]>, proof: &SpiffeProof) -> Option<&'static str> {
        let nothing = proof.jwt.is_none() && certificates.is_none();
        nothing.then_some("Missing JWT-SVID: send it as jwt, or show an X.509-SVID as the client certificate")
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &SpiffeProof) -> Result<Facts, Refusal> {
        let Some(jwt) = &proof.jwt else { return by_certificate(context, ready).await };
        let token = UnverifiedJwt::parse(jwt.trim())?;
        if !algorithms().accept(token.algorithm()) {
            let why = format!("the token is signed with {}; accepted: {}", token.algorithm(), algorithms());
            return Err(Refusal::new(Reason::Algorithm, why));
        }
        // Of another trust domain, or of none: its keys are not here, so nobody is asked for them.
        if workload(token.claimed("sub"))?.trust_domain() != ready.domain {
            let why = format!("sub is of another trust domain than {:?}", ready.domain);
            return Err(Refusal::new(Reason::Issuer, why));
        }
        let keys = ready.bundle.for_token(context, &token).await?;
        let claims = token.verify(&keys, &algorithms(), TokenType::Jwt)?;
        check_times(claims, TimeRules::default(), context.now)?;
        facts(claims)
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let (domain, id) = (facts.id.trust_domain(), facts.id.as_str());
        findings.check("trust domain", domain == ready.domain, Reason::Issuer, || {
            format!("the trust domain is {domain:?}; expected {:?}", ready.domain)
        });
        findings.check("SPIFFE id", ready.ids.matches(id), Reason::Subject, || {
            format!("the SPIFFE id {}", ready.ids.miss(id))
        });
        if let Some(audiences) = &facts.audiences {
            let meant = audiences.iter().any(|audience| ready.audiences.matches(audience));
            findings.check("audience", meant, Reason::Audience, || {
                format!("none of aud {audiences:?} is allowed")
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, facts: &Facts) -> Proven {
        let inner = Map::from_iter([
            ("id".to_owned(), Value::from(facts.id.as_str())),
            ("trustDomain".to_owned(), Value::from(facts.id.trust_domain())),
        ]);
        let auth = Map::from_iter([("spiffe".to_owned(), Value::Object(inner))]);
        Proven { auth: Some(auth), ..Proven::default() }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        if let Sample::Certificate(pem) = sample {
            let id = Chain::from_pem(pem).and_then(|chain| svid::spiffe_id(&chain));
            return Some(id.map(|id| Facts { id, audiences: None }));
        }
        Some(UnverifiedJwt::of_sample(sample)?.and_then(|claims| facts(&claims)))
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let result = ready.bundle.refresh(context).await;
        vec![Finding { what: "get the trust bundle".to_owned(), result }]
    }
}
