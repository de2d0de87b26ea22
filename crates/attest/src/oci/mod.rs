//! OCI Auth: a user's signed request for its own data, which the identity service is asked about
//! (`auth-methods.md` section 14).

mod realms;
mod signature;

use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, HOST, HeaderName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use url::Url;
use vouchsafe_api::auth_oci::{OciAuthInput, OciProof};

use self::realms::{is_realm, serves, some_host};
use self::signature::{Signature, date};
use crate::net::{Call, Reply, Trust};
use crate::signed::Freshness;
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// How old a signed request may be, and how far clocks may differ: as Oracle takes it.
const FRESH: Freshness = Freshness { most_age: 5 * 60, skew: 5 * 60 };
/// Longest list of names, in bytes.
const MOST_BYTES: usize = 500;

/// OCI Auth.
pub struct OciAuth;

/// Configuration of OCI Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OciConfig {
    #[serde(rename = "type")]
    kind: Kind,
    tenancy_ocid: String,
    allowed_usernames: Option<String>,
}

/// The one kind that there is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Iam,
}

/// Configuration of OCI Auth, ready for checking.
pub struct Ready {
    tenancy: String,
    realm: String,
    names: Vec<String>,
}

/// Whose request it is. Of a sample, not all is known.
pub struct Facts {
    tenancy: Option<String>,
    user: String,
    name: Option<String>,
}

impl Method for OciAuth {
    const ID: &'static str = "oci-auth";
    const NAME: &'static str = "OCI Auth";
    const RESPONSE_KEY: &'static str = "identityOciAuth";
    type Input = OciAuthInput;
    type Config = OciConfig;

    fn configure(_: Option<OciConfig>, input: OciAuthInput) -> Result<OciConfig, Issue> {
        let tenancy = input.tenancy_ocid.trim();
        if realm_of(tenancy, "tenancy").is_none() {
            return Err(Issue::new(
                "tenancyOcid",
                "Expected the OCID of a tenancy, such as ocid1.tenancy.oc1..aaaa",
            ));
        }
        // What an update leaves out is emptied, as the contract has it.
        let sent = input.allowed_usernames.unwrap_or_default();
        let names: Vec<&str> = sent.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        if sent.len() > MOST_BYTES || !names.iter().all(|name| name.bytes().all(is_usable)) {
            let expected = "Expected a list of at most 500 bytes of user names of letters, digits, '.', '_', '@' and '-'";
            return Err(Issue::new("allowedUsernames", expected));
        }
        let allowed_usernames = Some(names.join(", ")).filter(|list| !list.is_empty());
        Ok(OciConfig { kind: Kind::Iam, tenancy_ocid: tenancy.to_owned(), allowed_usernames })
    }
}

/// The realm of an OCID of this kind: `ocid1.{kind}.{realm}..{unique id}`.
fn realm_of<'o>(ocid: &'o str, kind: &str) -> Option<&'o str> {
    let parts: Vec<&str> = ocid.split('.').collect();
    let &["ocid1", found, realm, "", id] = parts.as_slice() else { return None };
    let is_id = (1..=200).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (found == kind && is_realm(realm) && is_id).then_some(realm)
}

impl Login for OciAuth {
    type Proof = OciProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: OciConfig) -> Result<Ready, Refusal> {
        let odd = || Refusal::new(Reason::Configuration, "tenancyOcid is not the OCID of a tenancy");
        let realm = realm_of(&config.tenancy_ocid, "tenancy").ok_or_else(odd)?.to_owned();
        let names = config.allowed_usernames.unwrap_or_default();
        let names = names.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Ready { tenancy: config.tenancy_ocid, realm, names })
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &OciProof) -> Result<Facts, Refusal> {
        let call = call(context, ready, proof)?;
        read(&context.outbound.call(call).await?, proof.user_ocid.trim())
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let (tenancy, name) = (facts.tenancy.as_ref(), facts.name.as_ref());
        findings.check("tenancy", tenancy == Some(&ready.tenancy), Reason::Account, || match tenancy {
            Some(tenancy) => format!("the user is of the tenancy {tenancy}"),
            None => "the OCID of a user does not say of which tenancy it is".to_owned(),
        });
        if !ready.names.is_empty() {
            let is_allowed = name.is_some_and(|name| ready.names.contains(name));
            findings.check("user name", is_allowed, Reason::Principal, || match name {
                Some(name) => format!("the user is {name:?}"),
                None => "only the identity service knows the user's name".to_owned(),
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, facts: &Facts) -> Proven {
        let shown = json!({ "tenancyOcid": facts.tenancy, "userOcid": facts.user, "userName": facts.name });
        Proven { auth: Some(Map::from_iter([("oci".to_owned(), shown)])), ..Proven::default() }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let Sample::Ocid(text) = sample else { return None };
        Some(of_sample(text.trim()).ok_or_else(|| {
            malformed(
                "expected the OCID of a user, or what its requests name as keyId: tenancy/user/fingerprint",
            )
        }))
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let mut findings = Findings::new();
        let host = some_host(&ready.realm).unwrap_or_default();
        let reached = match target(context, &host, "") {
            // Without a signature the service says so, which shows that it is there.
            Ok(url) => {
                context.outbound.call(Call::get(url, Trust::Public)).await.map(|_| ()).map_err(Refusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        findings.note("reach the identity service", reached);
        findings.into_vec()
    }
}

fn malformed(why: &str) -> Refusal {
    Refusal::new(Reason::Malformed, why)
}

/// What the OCID of a user says, or the id of one of its keys: `tenancy/user/fingerprint`.
fn of_sample(text: &str) -> Option<Facts> {
    let parts: Vec<&str> = text.split('/').collect();
    let (tenancy, user) = match *parts.as_slice() {
        [user] => (None, user),
        [tenancy, user] | [tenancy, user, _] => (Some(tenancy), user),
        _ => return None,
    };
    realm_of(user, "user")?;
    if let Some(tenancy) = tenancy {
        realm_of(tenancy, "tenancy")?;
    }
    Some(Facts { tenancy: tenancy.map(str::to_owned), user: user.to_owned(), name: None })
}

/// The request, built again from what was signed.
fn call(context: &Context<'_>, ready: &Ready, proof: &OciProof) -> Result<Call, Refusal> {
    let (user, headers) = (proof.user_ocid.trim(), &proof.headers);
    if realm_of(user, "user").is_none() {
        return Err(malformed("userOcid is not the OCID of a user"));
    }
    if !serves(&headers.host, &ready.realm) {
        let why = "the host is no identity service of a region in the realm of the configured tenancy";
        return Err(Refusal::new(Reason::Place, why));
    }
    // Some clients send both; the one that was signed counts.
    let is_by_x_date = headers.date.is_none() || headers.authorization.contains("x-date");
    let (date_name, signed_at) = match (headers.x_date.as_ref().filter(|_| is_by_x_date), &headers.date) {
        (Some(date), _) => ("x-date", date),
        (None, Some(date)) => ("date", date),
        (None, None) => return Err(malformed("the headers hold neither x-date nor date")),
    };
    let signature = Signature::parse(&headers.authorization, date_name).ok_or_else(|| {
        malformed(
            "authorization is no signature with an API key over exactly the date, (request-target) and host",
        )
    })?;
    // Who may read another user's data could otherwise log in as that user.
    if signature.user != user {
        return Err(Refusal::new(
            Reason::Principal,
            "the request is signed by another user than the one it is about",
        ));
    }
    if signature.tenancy != ready.tenancy {
        return Err(Refusal::new(Reason::Account, "the request is signed with a key of another tenancy"));
    }
    FRESH.check(
        date(signed_at)
            .ok_or_else(|| malformed("the date is not of the form Sun, 06 Nov 1994 08:49:37 GMT"))?,
        context.now,
    )?;
    let mut call = Call::get(target(context, &headers.host, user)?, Trust::Public);
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|_| malformed("a header has no possible value"));
    let mut authorization = value(&signature.text())?;
    authorization.set_sensitive(true);
    call.headers.insert(AUTHORIZATION, authorization);
    call.headers.insert(HeaderName::from_static(date_name), value(signed_at)?);
    call.headers.insert(HOST, value(&headers.host)?);
    call.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(call)
}

/// The URL of a user's data. The path is what was signed, also on another way.
fn target(context: &Context<'_>, host: &str, user: &str) -> Result<Url, Refusal> {
    let odd = || Refusal::new(Reason::Configuration, "the identity host makes no URL");
    let base = match &context.endpoints.oci_identity {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("https://{host}"),
    };
    format!("{base}/20160918/users/{user}").parse().map_err(|_| odd())
}

/// The user in an answer.
fn read(reply: &Reply, asked: &str) -> Result<Facts, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct User {
        id: String,
        compartment_id: String,
        name: String,
        lifecycle_state: String,
    }
    #[derive(Deserialize)]
    struct Error {
        code: String,
    }
    match reply.status {
        200 => {
            let odd = |why: &str| Refusal::new(Reason::ProviderAnswer, why);
            let user: User = serde_json::from_slice(&reply.body)
                .map_err(|_| odd("the identity service answered something else than a user"))?;
            if user.id != asked || user.name.is_empty() || user.name.len() > 512 {
                return Err(odd("the identity service answered something else than the user asked for"));
            }
            if user.lifecycle_state != "ACTIVE" {
                return Err(Refusal::new(Reason::Provider, "the user is not active"));
            }
            Ok(Facts { tenancy: Some(user.compartment_id), user: user.id, name: Some(user.name) })
        }
        status @ 400..500 if status != 429 => {
            let code = serde_json::from_slice(&reply.body).map(|error: Error| error.code).unwrap_or_default();
            let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let code = if is_code { code } else { String::new() };
            Err(Refusal::new(
                Reason::Provider,
                format!("the identity service refuses the request: {status} {code}"),
            ))
        }
        status => Err(Refusal::new(
            Reason::Unreachable,
            format!("the identity service answered {status} instead of 200"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocids_are_read_strictly() {
        assert_eq!(realm_of("ocid1.tenancy.oc1..aaaa1", "tenancy"), Some("oc1"));
        assert_eq!(realm_of("ocid1.user.oc3..aaaa1", "user"), Some("oc3"));
        for text in [
            "",
            "ocid1.user.oc1..aaaa",
            "ocid1.tenancy.oc1..",
            "ocid1.tenancy.oc99..aaaa",
            "ocid1.tenancy.oc1.iad.aaaa",
            "ocid1.tenancy.oc1..aaaa/../x",
            "ocid1.tenancy.oc1..AAAA",
            "ocid1.tenancy.oc1..aaaa.b",
        ] {
            assert_eq!(realm_of(text, "tenancy"), None, "{text}");
        }
    }

    #[test]
    fn names_left_out_are_emptied() {
        let configure = |names: Option<&str>| {
            let input = OciAuthInput {
                tenancy_ocid: " ocid1.tenancy.oc1..aaaa ".to_owned(),
                allowed_usernames: names.map(str::to_owned),
            };
            OciAuth::configure(None, input).map(|config| config.allowed_usernames)
        };
        assert_eq!(configure(Some("a@b.c,d ,")).unwrap().as_deref(), Some("a@b.c, d"));
        assert_eq!(configure(Some(" , ")).unwrap(), None);
        assert_eq!(configure(None).unwrap(), None);
        assert!(configure(Some("a*")).is_err());
        assert!(configure(Some(&"a".repeat(501))).is_err());
    }
}
