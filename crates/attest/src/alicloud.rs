//! Alibaba Cloud Auth: a signed `GetCallerIdentity`, which STS is asked about (`auth-methods.md` section 15).

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use url::Url;
use vouchsafe_api::auth_alicloud::{AliCloudAuthInput, AliCloudProof};
use vouchsafe_domain::time::Timestamp;

use crate::net::{Call, Reply, Trust};
use crate::signed::Freshness;
use crate::{Context, Finding, Findings, Issue, Login, Method, Once, Proven, Reason, Refusal, Sample};

const STS: &str = "https://sts.aliyuncs.com/";
/// The only version of STS that there is.
const VERSION: &str = "2015-04-01";
/// How old a signed request may be.
const FRESH: Freshness = Freshness { most_age: 15 * 60, skew: 60 };
/// Longest list, in bytes.
const MOST_BYTES: usize = 500;

/// Alibaba Cloud Auth.
pub struct AliCloudAuth;

/// Configuration of Alibaba Cloud Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliCloudConfig {
    #[serde(rename = "type")]
    kind: Kind,
    allowed_arns: String,
}

/// The one kind that there is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Iam,
}

/// Configuration of Alibaba Cloud Auth, ready for checking.
pub struct Ready {
    arns: Vec<String>,
}

/// Who signed a request.
#[derive(Debug)]
pub struct Facts {
    arn: String,
    account: String,
    once: Option<Once>,
}

impl Method for AliCloudAuth {
    const ID: &'static str = "alicloud-auth";
    const NAME: &'static str = "Alibaba Cloud Auth";
    const RESPONSE_KEY: &'static str = "identityAliCloudAuth";
    type Input = AliCloudAuthInput;
    type Config = AliCloudConfig;

    fn configure(_: Option<AliCloudConfig>, input: AliCloudAuthInput) -> Result<AliCloudConfig, Issue> {
        let entries: Vec<&str> =
            input.allowed_arns.split(',').map(str::trim).filter(|arn| !arn.is_empty()).collect();
        let is_good = !entries.is_empty()
            && input.allowed_arns.len() <= MOST_BYTES
            && entries.iter().all(|arn| account_of(arn, &["user", "role"]).is_some());
        if !is_good {
            let expected =
                "Expected a list of at most 500 bytes of ARNs such as acs:ram::1234567890123456:user/app";
            return Err(Issue::new("allowedArns", expected));
        }
        Ok(AliCloudConfig { kind: Kind::Iam, allowed_arns: entries.join(", ") })
    }
}

/// The account of an ARN, if it is one of these kinds of principals: `acs:ram::{16 digits}:{kind}/{name}`.
fn account_of<'a>(arn: &'a str, kinds: &[&str]) -> Option<&'a str> {
    let parts: Vec<&str> = arn.split(':').collect();
    let &["acs", "ram", "", account, resource] = parts.as_slice() else { return None };
    let (kind, name) = resource.split_once('/')?;
    let is_account = account.len() == 16 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = (1..=256).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@-/".contains(&byte));
    (is_account && is_name && kinds.contains(&kind)).then_some(account)
}

impl Login for AliCloudAuth {
    type Proof = AliCloudProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: AliCloudConfig) -> Result<Ready, Refusal> {
        Ok(Ready { arns: config.allowed_arns.split(", ").map(str::to_owned).collect() })
    }

    async fn verify(context: &Context<'_>, _: &Ready, proof: &AliCloudProof) -> Result<Facts, Refusal> {
        let signed_at = check(proof, context.now)?;
        let mut url = sts(context)?;
        // Nothing but these, which were looked at one by one.
        url.query_pairs_mut().clear().extend_pairs([
            ("AccessKeyId", proof.access_key_id.as_str()),
            ("Action", "GetCallerIdentity"),
            ("Format", "JSON"),
            ("Signature", proof.signature.as_str()),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", proof.signature_nonce.as_str()),
            ("SignatureVersion", "1.0"),
            ("Timestamp", proof.timestamp.as_str()),
            ("Version", VERSION),
        ]);
        let (arn, account) = read(&context.outbound.call(Call::get(url, Trust::Public)).await?)?;
        let once = Once {
            id: format!("{} {}", proof.access_key_id, proof.signature_nonce),
            until: FRESH.until(signed_at),
        };
        Ok(Facts { arn, account, once: Some(once) })
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        findings.check("principal", ready.arns.contains(&facts.arn), Reason::Principal, || {
            format!("the principal is {}", facts.arn)
        });
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, facts: &Facts) -> Proven {
        let shown = json!({ "arn": facts.arn, "accountId": facts.account });
        let auth = Some(Map::from_iter([("alicloud".to_owned(), shown)]));
        Proven { auth, once: facts.once.clone(), certificate: None }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let Sample::Arn(text) = sample else { return None };
        let arn = text.trim();
        let odd = || Refusal::new(Reason::Malformed, "expected the ARN of a user or role of Alibaba Cloud");
        let account = account_of(arn, &["user", "role", "assumed-role"]).ok_or_else(odd);
        Some(account.map(|account| Facts { arn: arn.to_owned(), account: account.to_owned(), once: None }))
    }

    async fn probe(context: &Context<'_>, _: &Ready) -> Vec<Finding> {
        let mut findings = Findings::new();
        let reached = match sts(context) {
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

fn sts(context: &Context<'_>) -> Result<Url, Refusal> {
    if let Some(url) = &context.endpoints.alicloud_sts {
        return Ok(url.clone());
    }
    STS.parse().map_err(|_| Refusal::new(Reason::Configuration, "the STS host makes no URL"))
}

/// Whether every parameter is of the one form that is taken, and fresh; answers when it was signed.
fn check(proof: &AliCloudProof, now: Timestamp) -> Result<Timestamp, Refusal> {
    let fixed = [
        ("Action", &proof.action, "GetCallerIdentity"),
        ("Format", &proof.format, "JSON"),
        ("Version", &proof.version, VERSION),
        ("SignatureMethod", &proof.signature_method, "HMAC-SHA1"),
        ("SignatureVersion", &proof.signature_version, "1.0"),
    ];
    for (name, found, expected) in fixed {
        if found != expected {
            return Err(Refusal::new(Reason::Malformed, format!("{name} is not {expected}")));
        }
    }
    let is_of = |text: &str, most: usize, extra: &[u8]| {
        (1..=most).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
    };
    let is_good = is_of(&proof.access_key_id, 128, b".-_")
        && is_of(&proof.signature_nonce, 128, b"-_.")
        && proof.signature.len() == 28
        && is_of(&proof.signature, 28, b"+/=");
    if !is_good {
        let why = "AccessKeyId, SignatureNonce or Signature is not of its usual form";
        return Err(Refusal::new(Reason::Malformed, why));
    }
    let is_time = proof.timestamp.len() == 20 && proof.timestamp.ends_with('Z');
    let signed_at: Timestamp =
        Some(&proof.timestamp).filter(|_| is_time).and_then(|text| text.parse().ok()).ok_or_else(|| {
            Refusal::new(Reason::Malformed, "Timestamp is not of the form 2026-01-31T10:20:30Z")
        })?;
    FRESH.check(signed_at, now)?;
    Ok(signed_at)
}

/// The ARN and the account in an answer.
fn read(reply: &Reply) -> Result<(String, String), Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Caller {
        arn: String,
        account_id: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Error {
        code: String,
    }
    match reply.status {
        200 => {
            let odd = |why: &str| Refusal::new(Reason::ProviderAnswer, why);
            let caller: Caller = serde_json::from_slice(&reply.body)
                .map_err(|_| odd("STS answered something else than the identity of a caller"))?;
            match account_of(&caller.arn, &["user", "role", "assumed-role"]) {
                Some(account) if account == caller.account_id => Ok((caller.arn, caller.account_id)),
                Some(_) => Err(odd("STS names a principal of another account than it says")),
                None => Err(odd("STS names a principal that is no user or role")),
            }
        }
        status @ 400..500 if status != 429 => {
            let code = serde_json::from_slice(&reply.body).map(|error: Error| error.code).unwrap_or_default();
            let is_code =
                code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
            let code = if is_code { code } else { String::new() };
            if code.starts_with("Throttling") {
                return Err(Refusal::new(
                    Reason::Unreachable,
                    "STS answers that there are too many requests",
                ));
            }
            Err(Refusal::new(Reason::Provider, format!("STS refuses the request: {status} {code}")))
        }
        status => Err(Refusal::new(Reason::Unreachable, format!("STS answered {status} instead of 200"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_478_400);

    fn proof() -> AliCloudProof {
        AliCloudProof {
            action: "GetCallerIdentity".to_owned(),
            format: "JSON".to_owned(),
            version: VERSION.to_owned(),
            access_key_id: "LTAI4FakeKeyId".to_owned(),
            signature_method: "HMAC-SHA1".to_owned(),
            timestamp: "2026-11-24T00:00:00Z".to_owned(),
            signature_version: "1.0".to_owned(),
            signature_nonce: "0123-abc".to_owned(),
            signature: "9NaGiOspFP5UPcwX8Iwt2YJXXuk=".to_owned(),
        }
    }

    #[test]
    fn parameters_have_one_form() {
        assert!(check(&proof(), NOW).is_ok());
        let changes: [fn(&mut AliCloudProof); 9] = [
            |proof| proof.action = "AssumeRole".to_owned(),
            |proof| proof.format = "XML".to_owned(),
            |proof| proof.version = "2014-05-26".to_owned(),
            |proof| proof.signature_method = "HMAC-SHA256".to_owned(),
            |proof| proof.signature_version = "2.0".to_owned(),
            |proof| proof.access_key_id = "a&Action=AssumeRole".to_owned(),
            |proof| proof.signature_nonce = String::new(),
            |proof| proof.signature = "short".to_owned(),
            |proof| proof.timestamp = "2026-11-24T00:00:00+00".to_owned(),
        ];
        for change in changes {
            let mut proof = proof();
            change(&mut proof);
            assert_eq!(check(&proof, NOW).unwrap_err().reason, Reason::Malformed);
        }
        assert_eq!(check(&proof(), NOW.plus_seconds(900)).unwrap_err().reason, Reason::Expired);
        assert_eq!(check(&proof(), NOW.plus_seconds(-61)).unwrap_err().reason, Reason::NotYetValid);
    }

    #[test]
    fn only_whole_arns_are_configured() {
        let configure = |list: &str| {
            AliCloudAuth::configure(None, AliCloudAuthInput { allowed_arns: list.to_owned() })
                .map(|config| config.allowed_arns)
        };
        let good = "acs:ram::1234567890123456:user/a,acs:ram::1234567890123456:role/b";
        assert_eq!(configure(good).unwrap(), good.replace(',', ", "));
        for list in [
            "",
            " , ",
            "acs:ram::123:user/a",
            "acs:ram::1234567890123456:user/*",
            "acs:ram::*:user/a",
            "acs:ram::1234567890123456:root",
            "arn:aws:iam::123456789012:user/a",
        ] {
            assert!(configure(list).is_err(), "{list}");
        }
        assert!(configure(&format!("acs:ram::1234567890123456:user/{}", "a".repeat(500))).is_err());
    }
}
