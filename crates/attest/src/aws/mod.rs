//! AWS Auth: a signed `GetCallerIdentity`, which STS is asked about (`auth-methods.md` section 7).

mod answer;
mod arn;
mod regions;
mod request;

use http::HeaderValue;
use http::header::HOST;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use url::Url;
use vouchsafe_api::auth_aws::{AwsAuthInput, AwsProof};
use vouchsafe_domain::time::Timestamp;

use self::arn::{Arn, ArnPattern, is_account};
use self::regions::{GLOBAL_HOST, is_sts};
use self::request::SignedRequest;
use crate::net::{Call, Trust};
use crate::signed::Freshness;
use crate::{Context, Finding, Findings, Issue, Login, Method, Once, Proven, Reason, Refusal, Sample};

/// How old a signed request may be: as long as AWS takes it.
const FRESH: Freshness = Freshness { most_age: 15 * 60, skew: 60 };
/// Longest list, in bytes.
const MOST_BYTES: usize = 4096;
const DEFAULT_ENDPOINT: &str = "https://sts.amazonaws.com/";

/// AWS Auth.
pub struct AwsAuth;

/// Configuration of AWS Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsConfig {
    #[serde(rename = "type")]
    kind: Kind,
    sts_endpoint: String,
    allowed_principal_arns: String,
    allowed_account_ids: String,
    required_server_id: Option<String>,
    one_time_requests: bool,
}

/// The one kind that there is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Iam,
}

/// Configuration of AWS Auth, ready for checking.
pub struct Ready {
    /// The one host that requests have to be signed for; none: that of any region.
    host: Option<String>,
    principals: Vec<ArnPattern>,
    accounts: Vec<String>,
    server_id: Option<String>,
    one_time: bool,
}

/// Who signed a request.
pub struct Facts {
    arn: Arn,
    user_id: String,
    /// None if nobody signed anything: an administrator asks about an ARN.
    signed: Option<Signed>,
}

struct Signed {
    at: Timestamp,
    signature: String,
    server_id: Option<String>,
}

impl Method for AwsAuth {
    const ID: &'static str = "aws-auth";
    const NAME: &'static str = "AWS Auth";
    const RESPONSE_KEY: &'static str = "identityAwsAuth";
    type Input = AwsAuthInput;
    type Config = AwsConfig;

    fn configure(stored: Option<AwsConfig>, input: AwsAuthInput) -> Result<AwsConfig, Issue> {
        let (endpoint, server_id, one_time) = match stored {
            Some(stored) => (stored.sts_endpoint, stored.required_server_id, stored.one_time_requests),
            None => (DEFAULT_ENDPOINT.to_owned(), None, false),
        };
        let config = AwsConfig {
            kind: Kind::Iam,
            sts_endpoint: input.sts_endpoint.map_or(endpoint, |text| text.trim().to_owned()),
            // Clients rely on it: lists that they leave out are emptied.
            allowed_principal_arns: list("allowedPrincipalArns", input.allowed_principal_arns)?,
            allowed_account_ids: list("allowedAccountIds", input.allowed_account_ids)?,
            required_server_id: input.required_server_id.unwrap_or(server_id),
            one_time_requests: input.one_time_requests.unwrap_or(one_time),
        };
        ready(&config)?;
        Ok(config)
    }
}

/// A comma list as the wire shows it.
fn list(field: &str, sent: Option<String>) -> Result<String, Issue> {
    let sent = sent.unwrap_or_default();
    if sent.len() > MOST_BYTES {
        return Err(Issue::new(field, format!("Expected at most {MOST_BYTES} bytes")));
    }
    let entries: Vec<&str> = sent.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    Ok(entries.join(", "))
}

fn ready(config: &AwsConfig) -> Result<Ready, Issue> {
    let accounts: Vec<String> =
        config.allowed_account_ids.split(", ").filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if !accounts.iter().all(|id| is_account(id)) {
        return Err(Issue::new("allowedAccountIds", "Expected account ids of twelve digits each"));
    }
    let is_possible = |id: &String| id.len() <= 256 && id.bytes().all(|byte| byte.is_ascii_graphic());
    if !config.required_server_id.as_ref().is_none_or(is_possible) {
        let expected =
            "Expected at most 256 ASCII characters without blanks, such as the name of this server";
        return Err(Issue::new("requiredServerId", expected));
    }
    Ok(Ready {
        host: host(&config.sts_endpoint)?,
        principals: ArnPattern::list("allowedPrincipalArns", &config.allowed_principal_arns)?,
        accounts,
        server_id: config.required_server_id.clone(),
        one_time: config.one_time_requests,
    })
}

/// The host of a configured endpoint; none if it stands for all regions.
fn host(endpoint: &str) -> Result<Option<String>, Issue> {
    let issue = || {
        let expected = "Expected the URL of an STS host of AWS, such as https://sts.eu-west-1.amazonaws.com/; for another \
                        way to STS an operator sets VOUCHSAFE_AWS_STS_ENDPOINT";
        Issue::new("stsEndpoint", expected)
    };
    let url: Url = endpoint.parse().map_err(|_| issue())?;
    let is_bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.port().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|host| is_sts(host)).ok_or_else(issue)?;
    if url.scheme() != "https" || !is_bare || !is_anonymous {
        return Err(issue());
    }
    Ok((host != GLOBAL_HOST).then(|| host.to_owned()))
}

impl Login for AwsAuth {
    type Proof = AwsProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: AwsConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &AwsProof) -> Result<Facts, Refusal> {
        let request = SignedRequest::parse(proof)?;
        FRESH.check(request.signed_at, context.now)?;
        if let Some(host) = ready.host.as_ref().filter(|host| **host != request.host) {
            let why = format!("the request is signed for {}; expected {host}", request.host);
            return Err(Refusal::new(Reason::Place, why));
        }
        let partition = request.partition.name;
        let signed = Signed {
            at: request.signed_at,
            signature: request.signature.clone(),
            server_id: request.server_id.clone(),
        };
        let found = answer::read(&context.outbound.call(call(context, request)?).await?)?;
        let odd = |why: &str| Refusal::new(Reason::ProviderAnswer, why);
        let arn = Arn::parse(&found.arn).ok_or_else(|| {
            odd("STS names a principal that is no user, role, assumed role or federated user")
        })?;
        if arn.account != found.account || arn.partition != partition {
            return Err(odd("STS names a principal of another account or partition than it says"));
        }
        Ok(Facts { arn, user_id: found.user_id, signed: Some(signed) })
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let arn = &facts.arn;
        let is_open = ready.accounts.is_empty() && ready.principals.is_empty();
        findings.check("anybody allowed", !is_open, Reason::Account, || {
            "allowedAccountIds and allowedPrincipalArns are both empty, so nobody is allowed; name an account".to_owned()
        });
        if !ready.accounts.is_empty() {
            findings.check("account", ready.accounts.contains(&arn.account), Reason::Account, || {
                format!("the account is {}", arn.account)
            });
        }
        if !ready.principals.is_empty() {
            let is_allowed = ready.principals.iter().any(|pattern| pattern.matches(arn));
            findings.check("principal", is_allowed, Reason::Principal, || {
                format!("the principal is {}", arn.text)
            });
        }
        if let (Some(wanted), Some(signed)) = (&ready.server_id, &facts.signed) {
            findings.check("server id", signed.server_id.as_ref() == Some(wanted), Reason::Audience, || {
                format!(
                    "the request is not signed for the server id {wanted:?} (header X-Vouchsafe-Server-Id)"
                )
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Proven {
        let arn = &facts.arn;
        let shown = json!({
            "accountId": arn.account,
            "arn": arn.text,
            "userId": facts.user_id,
            "partition": arn.partition,
            "service": arn.kind.service(),
            "resourceType": arn.kind.name(),
            "resourceName": arn.name,
        });
        let once = facts
            .signed
            .as_ref()
            .filter(|_| ready.one_time)
            .map(|signed| Once { id: signed.signature.clone(), until: FRESH.until(signed.at) });
        Proven { auth: Some(Map::from_iter([("aws".to_owned(), shown)])), once, certificate: None }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let Sample::Arn(text) = sample else { return None };
        let arn = Arn::parse(text.trim()).ok_or_else(|| {
            let why = "expected the ARN of a user, role, assumed role or federated user of AWS";
            Refusal::new(Reason::Malformed, why)
        });
        Some(arn.map(|arn| Facts { arn, user_id: String::new(), signed: None }))
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let mut findings = Findings::new();
        let is_open = ready.accounts.is_empty() && ready.principals.is_empty();
        findings.check("name an account or principal", !is_open, Reason::Account, || {
            "allowedAccountIds and allowedPrincipalArns are both empty, so nobody can log in".to_owned()
        });
        let host = ready.host.as_deref().unwrap_or(GLOBAL_HOST);
        let reached = match target(context, host) {
            // Without a signature STS says that one is missing, which shows that it is there.
            Ok(url) => {
                context.outbound.call(Call::get(url, Trust::Public)).await.map(|_| ()).map_err(Refusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        findings.note("reach STS", reached);
        findings.into_vec()
    }
}

/// The request built again, to the host that it was signed for or to the endpoint that the operator set in its place.
fn call(context: &Context<'_>, request: SignedRequest) -> Result<Call, Refusal> {
    let url = target(context, &request.host)?;
    let host = HeaderValue::from_str(&request.host)
        .map_err(|_| Refusal::new(Reason::Malformed, "the Host header has no possible value"))?;
    let (method, mut headers, body) = request.into_parts();
    // The signature covers the name of the genuine host, also on another way.
    headers.insert(HOST, host);
    Ok(Call { method, url, headers, body, trust: Trust::Public })
}

fn target(context: &Context<'_>, host: &str) -> Result<Url, Refusal> {
    if let Some(url) = &context.endpoints.aws_sts {
        return Ok(url.clone());
    }
    format!("https://{host}/")
        .parse()
        .map_err(|_| Refusal::new(Reason::Configuration, "the STS host makes no URL"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn input(value: Value) -> AwsAuthInput {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn lists_left_out_are_emptied_and_everything_else_stays() {
        let first = input(json!({
            "stsEndpoint": " https://sts.eu-west-1.amazonaws.com/ ",
            "allowedPrincipalArns": "arn:aws:iam::123456789012:role/A,arn:aws:iam::123456789012:role/B*",
            "allowedAccountIds": "123456789012 ,210987654321",
            "requiredServerId": "vouchsafe.example",
            "oneTimeRequests": true,
        }));
        let stored = AwsAuth::configure(None, first).unwrap();
        assert_eq!(stored.allowed_account_ids, "123456789012, 210987654321");
        let after = AwsAuth::configure(Some(stored), input(json!({}))).unwrap();
        assert_eq!(
            serde_json::to_value(&after).unwrap(),
            json!({
                "type": "iam",
                "stsEndpoint": "https://sts.eu-west-1.amazonaws.com/",
                "allowedPrincipalArns": "",
                "allowedAccountIds": "",
                "requiredServerId": "vouchsafe.example",
                "oneTimeRequests": true,
            })
        );
        let cleared = AwsAuth::configure(Some(after), input(json!({ "requiredServerId": null }))).unwrap();
        assert_eq!(cleared.required_server_id, None);
    }

    #[test]
    fn configurations_that_cannot_be_meant_are_refused() {
        for (field, value) in [
            ("stsEndpoint", "https://sts.evil.example/"),
            ("stsEndpoint", "http://sts.amazonaws.com/"),
            ("stsEndpoint", "https://sts.amazonaws.com/path"),
            ("stsEndpoint", "https://sts.amazonaws.com:8443/"),
            ("stsEndpoint", "https://user@sts.amazonaws.com/"),
            ("stsEndpoint", "https://sts.amazonaws.com@evil.example/"),
            ("allowedAccountIds", "12345678901"),
            ("allowedAccountIds", "*"),
            ("allowedPrincipalArns", "arn:aws:iam::*:role/App"),
            ("requiredServerId", "two words"),
        ] {
            let issue = AwsAuth::configure(None, input(json!({ field: value }))).unwrap_err();
            assert_eq!(issue.field, field, "{value}");
        }
    }

    #[test]
    fn requests_are_fresh_for_fifteen_minutes() {
        let now = Timestamp::from_seconds(1_000_000);
        let reason = |at: i64| FRESH.check(now.plus_seconds(at), now).err().map(|refusal| refusal.reason);
        assert_eq!(reason(60), None);
        assert_eq!(reason(61), Some(Reason::NotYetValid));
        assert_eq!(reason(-899), None);
        assert_eq!(reason(-900), Some(Reason::Expired));
    }

    #[test]
    fn an_arn_is_supposed_to_be_the_caller() {
        let stored = AwsAuth::configure(
            None,
            input(json!({
                "allowedAccountIds": "123456789012",
                "allowedPrincipalArns": "arn:aws:iam::123456789012:role/App",
                "requiredServerId": "vouchsafe.example",
            })),
        );
        let ready = <AwsAuth as Login>::ready(stored.unwrap()).unwrap();
        let workshop = crate::Workshop::new(Vec::new(), crate::Endpoints::default());
        let identity = "00000000-0000-4000-8000-000000000000".parse().unwrap();
        let context = workshop.context(Timestamp::EPOCH, identity, None);
        let verdict = |arn: &str| {
            let facts = AwsAuth::suppose(&Sample::Arn(arn.to_owned())).unwrap();
            facts.and_then(|facts| AwsAuth::admit(&context, &ready, &facts).verdict()).map_err(|no| no.reason)
        };
        assert_eq!(verdict("arn:aws:sts::123456789012:assumed-role/App/i-1"), Ok(()));
        assert_eq!(verdict("arn:aws:iam::123456789012:role/path/App"), Ok(()));
        assert_eq!(verdict("arn:aws:iam::123456789012:role/Other"), Err(Reason::Principal));
        assert_eq!(verdict("arn:aws:iam::210987654321:role/App"), Err(Reason::Account));
        assert_eq!(verdict("arn:aws:s3:::bucket"), Err(Reason::Malformed));
        assert!(AwsAuth::suppose(&Sample::Jwt(String::new())).is_none());
    }
}
