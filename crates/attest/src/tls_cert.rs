//! TLS Certificate Auth: a client certificate that a configured authority vouches for (`auth-methods.md` section 13).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vouchsafe_api::auth_tls_cert::{TlsCertAuthInput, TlsCertProof};

use crate::pattern::{Patterns, split};
use crate::x509::{Authorities, Chain, Names, Revocations, Side, Terms, check};
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// Longest text of authorities, in characters.
const LONGEST_AUTHORITIES: usize = 10_240;
/// Longest text of lists of revoked certificates, in characters.
const LONGEST_CRL: usize = 256 * 1024;
/// Most allowed alternative names.
const MOST_NAMES: usize = 100;
/// Longest allowed alternative name, in bytes.
const LONGEST_NAME: usize = 2048;

/// TLS Certificate Auth.
pub struct TlsCertAuth;

/// Configuration of TLS Certificate Auth.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsCertConfig {
    ca_certificate: String,
    allowed_common_names: Option<String>,
    allowed_subject_alt_names: Option<Vec<String>>,
    allowed_organizational_units: Option<String>,
    verify_client_certificate_chain: bool,
    crl: Option<String>,
    bind_token: bool,
}

/// Configuration of TLS Certificate Auth, ready for checking.
pub struct Ready {
    authorities: Authorities,
    revocations: Revocations,
    common_names: Patterns,
    units: Patterns,
    alternatives: Vec<Alternative>,
    intermediates: bool,
    bind_token: bool,
}

/// What a client certificate says.
pub struct Facts {
    chain: Chain,
    names: Names,
}

/// An allowed alternative name.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Alternative {
    Dns(String),
    Email(String),
    Uri(String),
    Address(IpAddr),
}

impl Alternative {
    /// Reads an entry; what would be a DNS name that cannot exist is refused rather than never matched.
    fn parse(entry: &str) -> Result<Self, String> {
        let entry = entry.trim();
        let prefixed = entry.split_once(':').map(|(kind, name)| (kind.to_ascii_uppercase(), name.trim()));
        let found = match &prefixed {
            Some((kind, name)) if kind == "DNS" => Self::Dns((*name).to_owned()),
            Some((kind, name)) if kind == "EMAIL" => Self::Email((*name).to_owned()),
            Some((kind, name)) if kind == "URI" => Self::Uri((*name).to_owned()),
            Some((kind, name)) if kind == "IP" => {
                Self::Address(name.parse().map_err(|_| "Expected an address behind IP:".to_owned())?)
            }
            _ => Self::Dns(entry.to_owned()),
        };
        match &found {
            Self::Dns(name) if name.contains([':', '/', '@']) || name.parse::<IpAddr>().is_ok() => {
                Err("Expected a DNS name, or a prefix for another kind: EMAIL:, URI: or IP:".to_owned())
            }
            Self::Dns(name) | Self::Email(name) | Self::Uri(name)
                if name.is_empty() || name.len() > LONGEST_NAME =>
            {
                Err(format!("Expected a name of 1 to {LONGEST_NAME} bytes"))
            }
            _ => Ok(found),
        }
    }

    /// DNS names and e-mail addresses have no case; URIs do.
    fn is_in(&self, names: &Names) -> bool {
        match self {
            Self::Dns(name) => names.dns.iter().any(|own| own.eq_ignore_ascii_case(name)),
            Self::Email(name) => names.emails.iter().any(|own| own.eq_ignore_ascii_case(name)),
            Self::Uri(name) => names.uris.contains(name),
            Self::Address(address) => names.addresses.contains(address),
        }
    }
}

impl Method for TlsCertAuth {
    const ID: &'static str = "tls-cert-auth";
    const NAME: &'static str = "TLS Certificate Auth";
    const RESPONSE_KEY: &'static str = "identityTlsCertAuth";
    type Input = TlsCertAuthInput;
    type Config = TlsCertConfig;

    fn configure(stored: Option<TlsCertConfig>, input: TlsCertAuthInput) -> Result<TlsCertConfig, Issue> {
        let is_new = stored.is_none();
        let stored = stored.unwrap_or_default();
        if is_new && input.ca_certificate.is_none() {
            return Err(Issue::new(
                "caCertificate",
                "Expected the certificates of the authorities to trust, in PEM",
            ));
        }
        let listed = |names: Vec<String>| Some(names).filter(|names| !names.is_empty());
        let config = TlsCertConfig {
            ca_certificate: input.ca_certificate.unwrap_or(stored.ca_certificate),
            allowed_common_names: input.allowed_common_names.unwrap_or(stored.allowed_common_names),
            allowed_subject_alt_names: input
                .allowed_subject_alt_names
                .unwrap_or(stored.allowed_subject_alt_names)
                .and_then(listed),
            allowed_organizational_units: input
                .allowed_organizational_units
                .unwrap_or(stored.allowed_organizational_units),
            verify_client_certificate_chain: input
                .verify_client_certificate_chain
                .unwrap_or(stored.verify_client_certificate_chain),
            crl: input.crl.unwrap_or(stored.crl),
            bind_token: input.bind_token.unwrap_or(stored.bind_token),
        };
        ready(&config)?;
        Ok(config)
    }

    async fn inspect(context: &Context<'_>, config: &TlsCertConfig) -> Result<(), Refusal> {
        let unusable = |why: String| Refusal::new(Reason::Configuration, why);
        let ready = ready(config).map_err(|issue| unusable(issue.to_string()))?;
        ready
            .authorities
            .check_expiry(context.now)
            .map_err(|why| unusable(format!("caCertificate: {why}")))?;
        ready.revocations.check(context.now).map_err(|why| unusable(format!("crl: {why}")))
    }
}

fn ready(config: &TlsCertConfig) -> Result<Ready, Issue> {
    if !(1..=LONGEST_AUTHORITIES).contains(&config.ca_certificate.chars().count()) {
        return Err(Issue::new(
            "caCertificate",
            format!("Expected 1 to {LONGEST_AUTHORITIES} characters of PEM"),
        ));
    }
    let crl = config.crl.as_deref().unwrap_or_default();
    if crl.len() > LONGEST_CRL {
        return Err(Issue::new("crl", format!("Expected at most {LONGEST_CRL} characters of PEM")));
    }
    Ok(Ready {
        authorities: Authorities::from_pem(&config.ca_certificate)
            .map_err(|why| Issue::new("caCertificate", why.to_string()))?,
        revocations: Revocations::from_pem(crl).map_err(|why| Issue::new("crl", why.to_string()))?,
        common_names: names("allowedCommonNames", config.allowed_common_names.as_deref())?,
        units: names("allowedOrganizationalUnits", config.allowed_organizational_units.as_deref())?,
        alternatives: alternatives(config.allowed_subject_alt_names.as_deref().unwrap_or_default())?,
        intermediates: config.verify_client_certificate_chain,
        bind_token: config.bind_token,
    })
}

/// A comma list of names; one that is there must name something, for an empty list would allow everybody.
fn names(field: &str, list: Option<&str>) -> Result<Patterns, Issue> {
    let Some(list) = list else { return Ok(Patterns::default()) };
    if split(field, list)?.is_empty() {
        return Err(Issue::new(field, "Expected at least one name, or null for any"));
    }
    Patterns::exact(field, list)
}

fn alternatives(entries: &[String]) -> Result<Vec<Alternative>, Issue> {
    let field = "allowedSubjectAltNames";
    if entries.len() > MOST_NAMES {
        return Err(Issue::new(field, format!("Expected at most {MOST_NAMES} names")));
    }
    let one = |(place, entry): (usize, &String)| {
        Alternative::parse(entry).map_err(|why| Issue::new(format!("{field}.{place}"), why))
    };
    entries.iter().enumerate().map(one).collect()
}

impl Login for TlsCertAuth {
    type Proof = TlsCertProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: TlsCertConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    fn missing(certificates: Option<&[Vec<u8>]>, _: &TlsCertProof) -> Option<&'static str> {
        certificates.is_none_or(<[_]>::is_empty).then_some("Missing TLS certificate in header")
    }

    async fn verify(context: &Context<'_>, _: &Ready, _: &TlsCertProof) -> Result<Facts, Refusal> {
        facts(Chain::new(context.certificates.unwrap_or_default())?)
    }

    fn admit(context: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let terms = Terms {
            side: Side::Client,
            now: context.now,
            authorities: &ready.authorities,
            intermediates: ready.intermediates,
            revocations: &ready.revocations,
        };
        findings.note("path to an authority", check(&facts.chain, terms));
        let (names, reason) = (&facts.names, Reason::CertificateName);
        if !ready.common_names.is_empty() {
            let is_allowed = |name: &String| ready.common_names.matches(name);
            let holds = !names.common.is_empty() && names.common.iter().all(is_allowed);
            findings.check("common name", holds, reason, || format!("the common name is {:?}", names.common));
        }
        if !ready.alternatives.is_empty() {
            let holds = ready.alternatives.iter().any(|allowed| allowed.is_in(names));
            findings.check("alternative names", holds, reason, || {
                let Names { dns, emails, uris, addresses, .. } = names;
                format!(
                    "the alternative names are DNS {dns:?}, e-mail {emails:?}, URI {uris:?}, IP {addresses:?}"
                )
            });
        }
        if !ready.units.is_empty() {
            let holds = names.units.iter().any(|unit| ready.units.matches(unit));
            findings.check("organizational unit", holds, reason, || {
                format!("the organizational units are {:?}", names.units)
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Proven {
        let fingerprint = facts.chain.fingerprint();
        Proven {
            auth: Some(shown(facts, &fingerprint)),
            once: None,
            certificate: ready.bind_token.then_some(fingerprint),
        }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        match sample {
            Sample::Certificate(pem) => Some(Chain::from_pem(pem).and_then(facts)),
            Sample::Jwt(_) | Sample::Arn(_) | Sample::Username(_) | Sample::Ocid(_) => None,
        }
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let mut findings = Findings::new();
        for authority in ready.authorities.iter() {
            let (name, from, until) = (&authority.name, authority.valid_from, authority.valid_until);
            let what = format!("authority {name}, valid from {from} until {until}");
            findings.check(what, authority.is_valid(context.now), Reason::Configuration, || {
                format!("the authority is not valid at {}; its certificates are refused", context.now)
            });
        }
        for list in ready.revocations.iter() {
            let what = format!("revoked certificates of {}, next list due {}", list.issuer, list.next_at);
            let result = list.check(context.now).map_err(|why| Refusal::new(Reason::Configuration, why));
            findings.note(what, result);
        }
        if ready.revocations.iter().next().is_none() {
            findings.note("no list of revoked certificates is configured: none is looked for", Ok(()));
        }
        findings.into_vec()
    }
}

fn facts(chain: Chain) -> Result<Facts, Refusal> {
    let names = chain.names()?;
    Ok(Facts { chain, names })
}

/// What tokens remember: `tls.commonName`, if there is exactly one, and `tls.fingerprint`.
fn shown(facts: &Facts, fingerprint: &[u8; 32]) -> Map<String, Value> {
    use std::fmt::Write;
    let mut hex = String::with_capacity(64);
    for byte in fingerprint {
        let _ = write!(hex, "{byte:02x}");
    }
    let mut tls = json!({ "fingerprint": hex });
    if let [name] = facts.names.common.as_slice() {
        tls["commonName"] = json!(name);
    }
    Map::from_iter([("tls".to_owned(), tls)])
}
