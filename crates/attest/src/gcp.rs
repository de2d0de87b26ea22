//! GCP Auth: the identity token of an instance, or a JWT that a service account signed (`auth-methods.md` section 9).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use vouchsafe_api::auth_gcp::{GcpAuthInput, GcpType};
use vouchsafe_api::auth_jwt::JwtProof;

use crate::cloud::{self, text};
use crate::jose::{Claims, SetAddress, TimeRules, UnverifiedJwt};
use crate::method::{Finding, Sample};
use crate::pattern::{Patterns, normalized, split};
use crate::{Context, Findings, Issue, Login, Method, Proven, Reason, Refusal};

/// Google's keys for identity tokens.
const KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
/// Below this, each service account has its keys.
const ACCOUNT_KEYS: &str = "https://www.googleapis.com/service_accounts/v1/metadata/x509";
/// Who issues identity tokens.
const ISSUER: &str = "https://accounts.google.com";
/// Longest time for which a service account may sign a JWT, seconds.
const LONGEST: i64 = 3600;
/// Longest address of a service account, in bytes.
const MOST_ADDRESS: usize = 255;

/// GCP Auth.
pub struct GcpAuth;

/// Configuration of GCP Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GcpConfig {
    #[serde(rename = "type")]
    kind: GcpType,
    allowed_service_accounts: String,
    allowed_projects: String,
    allowed_zones: String,
}

/// Configuration of GCP Auth, ready for checking.
pub struct Ready {
    kind: GcpType,
    accounts: Patterns,
    /// The first of them, to try the configuration out.
    first: Option<String>,
    projects: Patterns,
    zones: Patterns,
}

impl Method for GcpAuth {
    const ID: &'static str = "gcp-auth";
    const NAME: &'static str = "GCP Auth";
    const RESPONSE_KEY: &'static str = "identityGcpAuth";
    type Input = GcpAuthInput;
    type Config = GcpConfig;

    fn configure(stored: Option<GcpConfig>, input: GcpAuthInput) -> Result<GcpConfig, Issue> {
        let stored = stored.as_ref();
        let list = |field: &str, sent: Option<String>, stored: Option<&String>| {
            normalized(field, &sent.or_else(|| stored.cloned()).unwrap_or_default())
        };
        let kind = input.kind.or(stored.map(|config| config.kind));
        let config = GcpConfig {
            kind: kind.ok_or_else(|| Issue::new("type", "Required: iam or gce"))?,
            allowed_service_accounts: list(
                "allowedServiceAccounts",
                input.allowed_service_accounts,
                stored.map(|config| &config.allowed_service_accounts),
            )?,
            allowed_projects: list(
                "allowedProjects",
                input.allowed_projects,
                stored.map(|config| &config.allowed_projects),
            )?,
            allowed_zones: list(
                "allowedZones",
                input.allowed_zones,
                stored.map(|config| &config.allowed_zones),
            )?,
        };
        ready(&config)?;
        Ok(config)
    }
}

fn ready(config: &GcpConfig) -> Result<Ready, Issue> {
    let accounts = split("allowedServiceAccounts", &config.allowed_service_accounts)?;
    Ok(Ready {
        kind: config.kind,
        first: accounts.first().map(|account| (*account).to_owned()),
        accounts: Patterns::exact("allowedServiceAccounts", &config.allowed_service_accounts)?,
        projects: Patterns::exact("allowedProjects", &config.allowed_projects)?,
        zones: Patterns::exact("allowedZones", &config.allowed_zones)?,
    })
}

impl Login for GcpAuth {
    type Proof = JwtProof;
    type Ready = Ready;
    type Facts = Claims;

    fn ready(config: GcpConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &JwtProof) -> Result<Claims, Refusal> {
        let token = UnverifiedJwt::parse(proof.jwt.trim())?;
        let address = match ready.kind {
            GcpType::Gce => google_keys(context)?,
            GcpType::Iam => {
                // Whose keys are fetched is what the token says, so that is looked at first: strangers make us fetch
                // nothing but keys of accounts that are allowed.
                let account = token.claimed("sub").unwrap_or_default();
                check_account(&ready.accounts, account)?;
                account_keys(context, account)?
            }
        };
        cloud::check_algorithm(&token, "Google")?;
        cloud::verified(context, &token, address).await
    }

    fn admit(context: &Context<'_>, ready: &Ready, claims: &Claims) -> Findings {
        let mut findings = Findings::new();
        let identity = context.identity.to_string();
        findings.check("audience", text(claims, "aud") == identity, Reason::Audience, || {
            format!("aud is {:?}; expected the id of the identity, {identity:?}", text(claims, "aud"))
        });
        match ready.kind {
            GcpType::Gce => admit_instance(&mut findings, ready, claims),
            GcpType::Iam => admit_account(context, &mut findings, ready, claims),
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, _: &Claims) -> Proven {
        Proven::default()
    }

    fn suppose(sample: &Sample) -> Option<Result<Claims, Refusal>> {
        UnverifiedJwt::of_sample(sample)
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let address = match (ready.kind, &ready.first) {
            (GcpType::Gce, _) => google_keys(context),
            (GcpType::Iam, Some(account)) => account_keys(context, account),
            // Any account may log in: there are no keys to try.
            (GcpType::Iam, None) => return Vec::new(),
        };
        let fetched = async { cloud::keys(address?).refresh(context).await };
        vec![Finding { what: "fetch Google's keys".to_owned(), result: fetched.await }]
    }
}

fn unusable(_: impl std::fmt::Debug) -> Refusal {
    Refusal::new(Reason::Configuration, "the address of Google's keys cannot be used")
}

fn google_keys(context: &Context<'_>) -> Result<SetAddress, Refusal> {
    let set = context.endpoints.gcp_certs.clone();
    set.map_or_else(|| KEYS.parse().map_err(unusable), Ok).map(SetAddress::Jwks)
}

/// Where the keys of one service account are: its address is one segment of the path.
fn account_keys(context: &Context<'_>, account: &str) -> Result<SetAddress, Refusal> {
    let base = context.endpoints.gcp_service_account_certs.clone();
    let mut url: Url = base.map_or_else(|| ACCOUNT_KEYS.parse().map_err(unusable), Ok)?;
    url.path_segments_mut().map_err(unusable)?.pop_if_empty().push(account);
    Ok(SetAddress::Certificates(url))
}

/// Whether this is the address of a service account: `name@project.iam.gserviceaccount.com`.
fn is_account(address: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let parts = address.strip_suffix(".iam.gserviceaccount.com").and_then(|rest| rest.split_once('@'));
    // Projects of domains have the domain behind their name.
    address.len() <= MOST_ADDRESS
        && parts.is_some_and(|(name, project)| plain(name) && project.split('.').all(plain))
}

fn check_account(accounts: &Patterns, account: &str) -> Result<(), Refusal> {
    if !is_account(account) {
        let why = "sub is not the address of a service account, as in name@project.iam.gserviceaccount.com";
        return Err(Refusal::new(Reason::Subject, why));
    }
    if !accounts.admit(account) {
        let why = format!("the service account {account:?} is not among those allowed");
        return Err(Refusal::new(Reason::Principal, why));
    }
    Ok(())
}

/// A JWT that a service account signed. That the key is the account's was seen to when it was fetched.
fn admit_account(context: &Context<'_>, findings: &mut Findings, ready: &Ready, claims: &Claims) {
    findings.note("service account", check_account(&ready.accounts, text(claims, "sub")));
    let latest = context.now.as_seconds() + LONGEST + TimeRules::default().skew;
    let exp = claims.get("exp").and_then(|exp| exp.as_i64().or_else(|| whole(exp.as_f64()?)));
    let is_short = exp.is_some_and(|exp| exp <= latest);
    findings.check("lifetime", is_short, Reason::Claim, || {
        format!("exp is more than {LONGEST} s ahead; sign a JWT that expires sooner")
    });
}

/// A time with a fraction (RFC 7519 section 2), rounded up.
fn whole(seconds: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "checked to be within the range")]
    (seconds.abs() < 9e15).then(|| seconds.ceil() as i64)
}

/// The identity token of an instance.
fn admit_instance(findings: &mut Findings, ready: &Ready, claims: &Claims) {
    findings.check("issuer", text(claims, "iss") == ISSUER, Reason::Issuer, || {
        format!("iss is {:?}; expected {ISSUER:?}", text(claims, "iss"))
    });
    let email = text(claims, "email");
    findings.check("e-mail address", !email.is_empty(), Reason::ClaimMissing, || {
        "the token has no email: ask the metadata server for it with format=full".to_owned()
    });
    let is_verified = claims.get("email_verified") == Some(&Value::Bool(true));
    findings.check("verified e-mail address", is_verified, Reason::Claim, || {
        "email_verified is not true".to_owned()
    });
    findings.check("service account", ready.accounts.admit(email), Reason::Principal, || {
        format!("the service account {email:?} is not among those allowed")
    });
    // A token in the format "standard" does not say where the instance is, and so cannot show that it is where it may be.
    let place = claims.get("google").and_then(|google| google.get("compute_engine"));
    for (what, name, allowed, reason) in [
        ("project", "project_id", &ready.projects, Reason::Account),
        ("zone", "zone", &ready.zones, Reason::Place),
    ] {
        if allowed.is_empty() {
            continue;
        }
        let found = place.and_then(|place| place.get(name)).and_then(Value::as_str);
        findings.check(format!("claim {name}"), found.is_some(), Reason::ClaimMissing, || {
            format!("the token does not say its {what}: ask the metadata server for it with format=full")
        });
        let found = found.unwrap_or_default();
        findings.check(what, allowed.matches(found), reason, || {
            format!("the {what} {found:?} is not among those allowed")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoints, Workshop};
    use serde_json::json;
    use vouchsafe_domain::id::IdentityId;
    use vouchsafe_domain::time::Timestamp;

    const NOW: i64 = 1_800_000_000;

    fn verdict(config: Value, claims: Value) -> Option<Reason> {
        let workshop = Workshop::new(Vec::new(), Endpoints::default());
        let identity: IdentityId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let context = workshop.context(Timestamp::from_millis(NOW * 1000), identity, None);
        let config = GcpAuth::configure(None, serde_json::from_value(config).unwrap()).unwrap();
        let ready = GcpAuth::ready(config).unwrap();
        let claims: Claims = serde_json::from_value(claims).unwrap();
        GcpAuth::admit(&context, &ready, &claims).verdict().err().map(|refusal| refusal.reason)
    }

    fn claims(changes: Value) -> Value {
        let mut claims = json!({
            "aud": "00000000-0000-4000-8000-000000000001", "iss": "https://accounts.google.com",
            "email": "app@proj.iam.gserviceaccount.com", "email_verified": true, "exp": NOW + 3600,
            "google": { "compute_engine": { "project_id": "proj", "zone": "europe-west1-b" } },
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    }

    #[test]
    fn an_instance_has_to_be_what_and_where_it_may_be() {
        let config = json!({ "type": "gce", "allowedServiceAccounts": "app@proj.iam.gserviceaccount.com",
            "allowedProjects": "other, proj", "allowedZones": "europe-west1-b" });
        let elsewhere = |zone: &str, project: &str| json!({ "google": { "compute_engine": { "project_id": project, "zone": zone } } });
        for (changes, expected) in [
            (json!({}), None),
            (json!({ "aud": "x" }), Some(Reason::Audience)),
            (json!({ "iss": "accounts.google.com" }), Some(Reason::Issuer)),
            (json!({ "email": null }), Some(Reason::ClaimMissing)),
            (json!({ "email_verified": false }), Some(Reason::Claim)),
            (json!({ "email_verified": "true" }), Some(Reason::Claim)),
            (json!({ "email": "app2@proj.iam.gserviceaccount.com" }), Some(Reason::Principal)),
            (json!({ "google": null }), Some(Reason::ClaimMissing)),
            (elsewhere("europe-west1-b", "proj2"), Some(Reason::Account)),
            (elsewhere("europe-west1-c", "proj"), Some(Reason::Place)),
        ] {
            assert_eq!(verdict(config.clone(), claims(changes.clone())), expected, "{changes}");
        }
        assert_eq!(verdict(json!({ "type": "gce" }), claims(json!({ "google": null }))), None);
    }

    #[test]
    fn an_account_has_to_be_one_and_sign_for_a_short_time() {
        let account = "app@proj.iam.gserviceaccount.com";
        let config = json!({ "type": "iam", "allowedServiceAccounts": account });
        for (changes, expected) in [
            (json!({ "sub": account }), None),
            (json!({ "sub": account, "exp": NOW + 3661 }), Some(Reason::Claim)),
            (json!({ "sub": account, "exp": null }), Some(Reason::Claim)),
            (json!({ "sub": "other@proj.iam.gserviceaccount.com" }), Some(Reason::Principal)),
            (json!({}), Some(Reason::Subject)),
        ] {
            assert_eq!(verdict(config.clone(), claims(changes.clone())), expected, "{changes}");
        }
        assert!(is_account("a@b.example.iam.gserviceaccount.com"));
        for odd in [
            "",
            "a@b",
            "@b.iam.gserviceaccount.com",
            "a@.iam.gserviceaccount.com",
            "a/../b@c.iam.gserviceaccount.com",
            "a@b/c.iam.gserviceaccount.com",
            "a@b@c.iam.gserviceaccount.com",
            "a%2f@b.iam.gserviceaccount.com",
            "a@b.iam.gserviceaccount.com.evil.example",
            "a@b?.iam.gserviceaccount.com",
        ] {
            assert!(!is_account(odd), "{odd}");
        }
    }
}
