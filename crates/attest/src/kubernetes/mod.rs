//! Kubernetes Auth: a service-account token, reviewed by its cluster or verified by the cluster's issuer
//! (`auth-methods.md` section 6).

mod cluster;
mod selector;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;
use vouchsafe_api::auth_kubernetes::{KubernetesAuthInput, KubernetesProof, KubernetesVerification};

use self::cluster::Cluster;
use self::selector::Selector;
use crate::jose::{
    Algorithms, Claims, KeySet, KeySource, SetAddress, TimeRules, TokenType, UnverifiedJwt, check_times,
};
use crate::net::Trust;
use crate::pattern::Patterns;
use crate::{Context, Finding, Findings, Issue, Login, Method, Proven, Reason, Refusal, Sample};

/// Longest reviewer token, audience, and set of keys, in bytes.
const MOST_TOKEN: usize = 16 * 1024;
const MOST_TEXT: usize = 1024;
const MOST_JWKS: usize = 64 * 1024;

/// Kubernetes Auth.
pub struct KubernetesAuth;

/// Configuration of Kubernetes Auth.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesConfig {
    token_review_mode: String,
    kubernetes_host: Option<String>,
    ca_cert: String,
    verify_tls_certificate: bool,
    token_reviewer_jwt: String,
    allowed_namespaces: String,
    allowed_names: String,
    allowed_audience: String,
    gateway_id: Option<String>,
    gateway_pool_id: Option<String>,
    template_id: Option<String>,
    is_token_reviewer_jwt_template_sourced: bool,
    verification: KubernetesVerification,
    issuer: Option<String>,
    jwks: Option<String>,
    namespace_label_selector: Option<String>,
}

/// Configuration of Kubernetes Auth, ready for checking.
pub struct Ready {
    check: Check,
    /// The only issuer of tokens that are looked at, if one is set.
    issuer: Option<String>,
    namespaces: Patterns,
    names: Patterns,
    audience: String,
    labels: Option<LabelCheck>,
}

/// How a token is verified.
enum Check {
    Review { cluster: Cluster, reviewer: Option<String> },
    Keys(KeySource),
}

/// Which labels the namespace has to have, and how they are read.
struct LabelCheck {
    selector: Selector,
    cluster: Cluster,
    reviewer: String,
}

/// A service account.
#[derive(Clone, Debug, Eq, PartialEq)]
struct ServiceAccount {
    namespace: String,
    name: String,
}

/// What a token says.
pub struct Facts {
    account: ServiceAccount,
    audiences: Vec<String>,
    issuer: Option<String>,
    /// The namespace's labels, if they were asked for.
    labels: Option<BTreeMap<String, String>>,
}

impl ServiceAccount {
    /// From `system:serviceaccount:NAMESPACE:NAME`.
    fn from_username(username: &str) -> Option<Self> {
        let parts: Vec<&str> = username.split(':').collect();
        let &["system", "serviceaccount", namespace, name] = parts.as_slice() else { return None };
        Self::new(namespace, name)
    }

    /// Names as Kubernetes takes them: an RFC 1123 label and a subdomain.
    fn new(namespace: &str, name: &str) -> Option<Self> {
        let is_name = |text: &str, most: usize, dots: bool| {
            let is_usable = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || (dots && byte == b'.')
            };
            (1..=most).contains(&text.len())
                && text.bytes().all(is_usable)
                && !text.starts_with(['-', '.'])
                && !text.ends_with(['-', '.'])
        };
        let is_good = is_name(namespace, 63, false) && is_name(name, 253, true);
        is_good.then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl Method for KubernetesAuth {
    const ID: &'static str = "kubernetes-auth";
    const NAME: &'static str = "Kubernetes Auth";
    const RESPONSE_KEY: &'static str = "identityKubernetesAuth";
    const SECRETS: &'static [&'static str] = &["tokenReviewerJwt"];
    const HIDDEN_WHEN_REMOVED: &'static [&'static str] = &["caCert", "tokenReviewerJwt"];
    type Input = KubernetesAuthInput;
    type Config = KubernetesConfig;

    fn configure(
        stored: Option<KubernetesConfig>,
        input: KubernetesAuthInput,
    ) -> Result<KubernetesConfig, Issue> {
        if input.verify_tls_certificate == Some(false) {
            let expected = "TLS is always verified: leave this out, and give caCert if the cluster has an authority of its own";
            return Err(Issue::new("verifyTlsCertificate", expected));
        }
        let stored = stored.as_ref();
        let kept = |sent: Option<String>, stored: Option<&String>| {
            sent.or_else(|| stored.cloned()).map(|text| text.trim().to_owned())
        };
        let needed = |field: &str, sent: Option<String>, stored: Option<&String>| {
            kept(sent, stored).ok_or_else(|| Issue::new(field, "Expected a text, which may be empty"))
        };
        let optional = |sent: Option<Option<String>>, stored: Option<&Option<String>>| {
            let found = sent.unwrap_or_else(|| stored.cloned().flatten());
            found.map(|text| text.trim().to_owned())
        };
        let reviewer = match input.token_reviewer_jwt {
            Some(None) => String::new(),
            Some(Some(token)) if !token.trim().is_empty() => token.trim().to_owned(),
            _ => stored.map(|config| config.token_reviewer_jwt.clone()).unwrap_or_default(),
        };
        let config = KubernetesConfig {
            token_review_mode: input.token_review_mode.unwrap_or_else(|| "api".to_owned()),
            kubernetes_host: optional(input.kubernetes_host, stored.map(|config| &config.kubernetes_host)),
            ca_cert: kept(input.ca_cert, stored.map(|config| &config.ca_cert)).unwrap_or_default(),
            verify_tls_certificate: true,
            token_reviewer_jwt: reviewer,
            allowed_namespaces: needed(
                "allowedNamespaces",
                input.allowed_namespaces,
                stored.map(|c| &c.allowed_namespaces),
            )?,
            allowed_names: needed("allowedNames", input.allowed_names, stored.map(|c| &c.allowed_names))?,
            allowed_audience: needed(
                "allowedAudience",
                input.allowed_audience,
                stored.map(|c| &c.allowed_audience),
            )?,
            gateway_id: input.gateway_id,
            gateway_pool_id: input.gateway_pool_id,
            template_id: input.template_id,
            is_token_reviewer_jwt_template_sourced: false,
            verification: input.verification.or_else(|| stored.map(|c| c.verification)).unwrap_or_default(),
            issuer: optional(input.issuer, stored.map(|config| &config.issuer)),
            jwks: optional(input.jwks, stored.map(|config| &config.jwks)),
            namespace_label_selector: optional(
                input.namespace_label_selector,
                stored.map(|config| &config.namespace_label_selector),
            ),
        };
        if config.is_offered() {
            ready(&config)?;
        }
        Ok(config)
    }

    async fn inspect(_: &Context<'_>, config: &KubernetesConfig) -> Result<(), Refusal> {
        if config.is_offered() {
            return Ok(());
        }
        let why = "Gateways and templates are not offered here: use tokenReviewMode api, with a kubernetesHost that this \
                   server can reach, or verification issuer, which needs no call into the cluster";
        Err(Refusal::new(Reason::Configuration, why))
    }
}

impl KubernetesConfig {
    fn is_offered(&self) -> bool {
        let has_none =
            self.gateway_id.is_none() && self.gateway_pool_id.is_none() && self.template_id.is_none();
        self.token_review_mode == "api" && has_none
    }
}

fn ready(config: &KubernetesConfig) -> Result<Ready, Issue> {
    let bounded = |field: &str, text: &str, most: usize| {
        if text.len() > most {
            return Err(Issue::new(field, format!("Expected at most {most} bytes")));
        }
        Ok(())
    };
    bounded("allowedAudience", &config.allowed_audience, MOST_TEXT)?;
    bounded("issuer", config.issuer.as_deref().unwrap_or_default(), MOST_TEXT)?;
    bounded("jwks", config.jwks.as_deref().unwrap_or_default(), MOST_JWKS)?;
    bounded("tokenReviewerJwt", &config.token_reviewer_jwt, MOST_TOKEN)?;
    if !config.token_reviewer_jwt.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Issue::new("tokenReviewerJwt", "Expected a token without blanks"));
    }
    bounded("caCert", &config.ca_cert, MOST_JWKS)?;
    let trust = Trust::from_pem(&config.ca_cert).map_err(|error| Issue::new("caCert", error.to_string()))?;
    Ok(Ready {
        check: check(config, &trust)?,
        issuer: config.issuer.clone(),
        namespaces: Patterns::globs("allowedNamespaces", &config.allowed_namespaces)?,
        names: Patterns::globs("allowedNames", &config.allowed_names)?,
        audience: config.allowed_audience.clone(),
        labels: config
            .namespace_label_selector
            .as_deref()
            .map(|text| label_check(config, &trust, text))
            .transpose()?,
    })
}

fn cluster(config: &KubernetesConfig, trust: &Trust) -> Result<Cluster, Issue> {
    let host = config.kubernetes_host.as_deref().unwrap_or_default();
    let expected = "Expected the address of the cluster's API server, such as https://203.0.113.10:6443";
    Cluster::new(host, trust.clone()).ok_or_else(|| Issue::new("kubernetesHost", expected))
}

fn check(config: &KubernetesConfig, trust: &Trust) -> Result<Check, Issue> {
    if config.verification == KubernetesVerification::Review {
        let reviewer = Some(config.token_reviewer_jwt.clone()).filter(|token| !token.is_empty());
        return Ok(Check::Review { cluster: cluster(config, trust)?, reviewer });
    }
    if config.allowed_audience.is_empty() {
        let expected = "Expected an audience: without asking the cluster, nothing else shows that a token is meant for here";
        return Err(Issue::new("allowedAudience", expected));
    }
    let issuer = config
        .issuer
        .as_deref()
        .ok_or_else(|| Issue::new("issuer", "Expected the issuer of the cluster's tokens"))?;
    if let Some(jwks) = &config.jwks {
        return KeySet::from_jwks(jwks.as_bytes())
            .map(|set| Check::Keys(set.into()))
            .map_err(|error| Issue::new("jwks", error.to_string()));
    }
    let expected = "Expected an https URL, below which is the discovery document; or give jwks";
    let url: Url = issuer.parse().map_err(|_| Issue::new("issuer", expected))?;
    let address =
        SetAddress::discovery(&url, Some(issuer.to_owned())).ok_or_else(|| Issue::new("issuer", expected))?;
    Ok(Check::Keys(KeySource::at(address, trust.clone())))
}

fn label_check(config: &KubernetesConfig, trust: &Trust, text: &str) -> Result<LabelCheck, Issue> {
    let expected = "Expected a label selector such as env=prod,team in (a, b),!legacy";
    let selector = Selector::parse(text).ok_or_else(|| Issue::new("namespaceLabelSelector", expected))?;
    if config.token_reviewer_jwt.is_empty() {
        return Err(Issue::new(
            "tokenReviewerJwt",
            "Expected a token: namespaceLabelSelector reads namespaces with it",
        ));
    }
    Ok(LabelCheck { selector, cluster: cluster(config, trust)?, reviewer: config.token_reviewer_jwt.clone() })
}

impl Login for KubernetesAuth {
    type Proof = KubernetesProof;
    type Ready = Ready;
    type Facts = Facts;

    fn ready(config: KubernetesConfig) -> Result<Ready, Refusal> {
        ready(&config).map_err(|issue| Refusal::new(Reason::Configuration, issue.to_string()))
    }

    async fn verify(context: &Context<'_>, ready: &Ready, proof: &KubernetesProof) -> Result<Facts, Refusal> {
        let text = proof.jwt.trim();
        let token = UnverifiedJwt::parse(text)?;
        // A token of another cluster is not even shown to this one.
        if let Some(issuer) = ready.issuer.as_deref().filter(|issuer| token.claimed("iss") != Some(issuer)) {
            return Err(Refusal::new(
                Reason::Issuer,
                format!("iss is {:?}; expected {issuer:?}", token.claimed("iss")),
            ));
        }
        let mut facts = match &ready.check {
            Check::Review { cluster, reviewer } => {
                let found =
                    cluster.review(context.outbound, reviewer.as_deref(), text, &ready.audience).await?;
                let issuer = token.claimed("iss").map(str::to_owned);
                Facts { account: found.account, audiences: found.audiences, issuer, labels: None }
            }
            Check::Keys(keys) => verified(context, &token, &*keys.for_token(context, &token).await?)?,
        };
        if let Some(LabelCheck { cluster, reviewer, .. }) = &ready.labels {
            facts.labels = Some(cluster.labels(context.outbound, reviewer, &facts.account.namespace).await?);
        }
        Ok(facts)
    }

    fn admit(_: &Context<'_>, ready: &Ready, facts: &Facts) -> Findings {
        let mut findings = Findings::new();
        let ServiceAccount { namespace, name } = &facts.account;
        if let Some(issuer) = &ready.issuer {
            findings.check("issuer", facts.issuer.as_ref() == Some(issuer), Reason::Issuer, || {
                format!("iss is {:?}; expected {issuer:?}", facts.issuer.as_deref().unwrap_or_default())
            });
        }
        if !ready.namespaces.is_empty() {
            findings.check("namespace", ready.namespaces.matches(namespace), Reason::Place, || {
                format!("the namespace is {namespace:?}")
            });
        }
        if !ready.names.is_empty() {
            findings.check("service account", ready.names.matches(name), Reason::Principal, || {
                format!("the service account is {name:?}")
            });
        }
        if !ready.audience.is_empty() {
            findings.check("audience", facts.audiences.contains(&ready.audience), Reason::Audience, || {
                format!("the token is not for {:?}", ready.audience)
            });
        }
        if let Some(LabelCheck { selector, .. }) = &ready.labels {
            let matches = facts.labels.as_ref().is_some_and(|labels| selector.matches(labels));
            findings.check("labels of the namespace", matches, Reason::Place, || match facts.labels {
                Some(_) => format!("the labels of the namespace {namespace:?} do not match"),
                None => "the labels of the namespace are known only when a real token is reviewed".to_owned(),
            });
        }
        findings
    }

    fn proven(_: &Context<'_>, _: &Ready, facts: &Facts) -> Proven {
        let shown = json!({ "namespace": facts.account.namespace, "name": facts.account.name });
        Proven { auth: Some(Map::from_iter([("kubernetes".to_owned(), shown)])), ..Proven::default() }
    }

    fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        Some(UnverifiedJwt::of_sample(sample)?.and_then(|claims| of_claims(&claims)))
    }

    async fn probe(context: &Context<'_>, ready: &Ready) -> Vec<Finding> {
        let (outbound, mut findings) = (context.outbound, Findings::new());
        match &ready.check {
            Check::Review { cluster, reviewer } => {
                findings.note("reach the cluster", cluster.try_reaching(outbound).await);
                if let Some(reviewer) = reviewer {
                    findings.note("review a token", cluster.try_reviewing(outbound, reviewer).await);
                }
            }
            Check::Keys(keys) => {
                let what = match keys {
                    KeySource::Static(_) => "read the written-down keys",
                    KeySource::Fetched { .. } => "fetch the issuer's keys",
                };
                findings.note(what, keys.refresh(context).await);
            }
        }
        if let Some(LabelCheck { cluster, reviewer, .. }) = &ready.labels {
            let read = cluster.labels(outbound, reviewer, "default").await.map(|_| ());
            findings.note("read the namespace \"default\"", read);
        }
        findings.into_vec()
    }
}

/// What a token says that one of these keys signed, and that is valid now.
fn verified(context: &Context<'_>, token: &UnverifiedJwt, keys: &KeySet) -> Result<Facts, Refusal> {
    let claims = token.verify(keys, &Algorithms::all(), TokenType::Jwt)?;
    check_times(claims, TimeRules::default(), context.now)?;
    of_claims(claims)
}

/// What the claims of a bound service-account token say. The subject and the claim `kubernetes.io` have to agree.
fn of_claims(claims: &Claims) -> Result<Facts, Refusal> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let missing = |what: &str| Refusal::new(Reason::ClaimMissing, format!("the token has no {what}"));
    let own = claims.get("kubernetes.io").ok_or_else(|| {
        missing("claim kubernetes.io, so it is no service-account token that expires; use one of the TokenRequest API")
    })?;
    let (namespace, name) = (text(own.get("namespace")), text(own.pointer("/serviceaccount/name")));
    let account =
        ServiceAccount::new(&namespace, &name).ok_or_else(|| missing("namespace and service account"))?;
    if ServiceAccount::from_username(&text(claims.get("sub"))).as_ref() != Some(&account) {
        return Err(Refusal::new(
            Reason::Subject,
            "sub names another service account than the claim kubernetes.io",
        ));
    }
    let audiences = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let issuer = claims.get("iss").and_then(Value::as_str).map(str::to_owned);
    Ok(Facts { account, audiences, issuer, labels: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configure(value: Value) -> Result<KubernetesConfig, Issue> {
        KubernetesAuth::configure(None, serde_json::from_value(value).unwrap())
    }

    fn good() -> Value {
        json!({
            "kubernetesHost": "10.0.0.1:6443", "allowedNamespaces": "default", "allowedNames": "", "allowedAudience": "",
            "tokenReviewerJwt": "a.b.c",
        })
    }

    #[test]
    fn user_names_are_read_strictly() {
        let read = ServiceAccount::from_username;
        assert_eq!(read("system:serviceaccount:default:my.app"), ServiceAccount::new("default", "my.app"));
        assert!(ServiceAccount::new("default", "app").is_some());
        for text in [
            "",
            "system:serviceaccount:default",
            "system:serviceaccount:default:app:x",
            "system:serviceaccount::app",
            "system:serviceaccount:default:",
            "system:serviceaccount:def.ault:app",
            "system:serviceaccount:../x:app",
            "system:serviceaccount:Default:app",
            "system:node:default:app",
            "xsystem:serviceaccount:default:app",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn updates_keep_what_they_do_not_name() {
        let stored = configure(good()).unwrap();
        let update =
            |stored, value| KubernetesAuth::configure(Some(stored), serde_json::from_value(value).unwrap());
        let after = update(stored, json!({ "tokenReviewerJwt": "", "gatewayId": null })).unwrap();
        assert_eq!(after.token_reviewer_jwt, "a.b.c");
        assert_eq!(after.kubernetes_host.as_deref(), Some("10.0.0.1:6443"));
        let after = update(after, json!({ "tokenReviewerJwt": null })).unwrap();
        assert_eq!(after.token_reviewer_jwt, "");
        assert_eq!(after.allowed_namespaces, "default");
    }

    #[test]
    fn configurations_that_cannot_be_meant_are_refused() {
        for (field, value, blamed) in [
            ("kubernetesHost", json!(null), "kubernetesHost"),
            ("kubernetesHost", json!("https://a/?b"), "kubernetesHost"),
            ("kubernetesHost", json!("ftp://a"), "kubernetesHost"),
            ("verifyTlsCertificate", json!(false), "verifyTlsCertificate"),
            ("caCert", json!("nonsense"), "caCert"),
            ("allowedNames", json!(null), "allowedNames"),
            ("verification", json!("issuer"), "allowedAudience"),
            ("namespaceLabelSelector", json!("a in b"), "namespaceLabelSelector"),
            ("tokenReviewerJwt", json!("two words"), "tokenReviewerJwt"),
        ] {
            let mut config = good();
            config[field] = value;
            assert_eq!(configure(config).err().map(|issue| issue.field).as_deref(), Some(blamed), "{field}");
        }
        let mut offline = good();
        offline["verification"] = json!("issuer");
        offline["allowedAudience"] = json!("vouchsafe");
        assert_eq!(configure(offline.clone()).err().unwrap().field, "issuer");
        offline["issuer"] = json!("kubernetes/serviceaccount");
        assert_eq!(configure(offline.clone()).err().unwrap().field, "issuer");
        offline["jwks"] = json!("{}");
        assert_eq!(configure(offline).err().unwrap().field, "jwks");
        let mut selecting = good();
        selecting["namespaceLabelSelector"] = json!("env=prod");
        selecting["tokenReviewerJwt"] = json!(null);
        assert_eq!(configure(selecting).err().unwrap().field, "tokenReviewerJwt");
    }

    #[test]
    fn subject_and_own_claim_have_to_agree() {
        let claims = |sub: &str, name: &str| {
            let claims = json!({
                "sub": sub, "aud": ["a"],
                "kubernetes.io": { "namespace": "ns", "serviceaccount": { "name": name, "uid": "1" } },
            });
            of_claims(claims.as_object().unwrap())
                .map(|facts| facts.account.name)
                .map_err(|refusal| refusal.reason)
        };
        assert_eq!(claims("system:serviceaccount:ns:app", "app"), Ok("app".to_owned()));
        assert_eq!(claims("system:serviceaccount:ns:app", "other"), Err(Reason::Subject));
        assert_eq!(claims("someone", "app"), Err(Reason::Subject));
    }
}
