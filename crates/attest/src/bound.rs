//! What a source asks of the claims of a verified JWT: the same for OIDC and JWT Auth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vouchsafe_domain::time::Timestamp;

use crate::jose::{Algorithms, Claims, TimeRules, TokenType, UnverifiedJwt, check_times};
use crate::pattern::{Patterns, Star, normalized};
use crate::{Findings, Issue, Once, Proven, Reason, Refusal, Sample};

/// Most claims that are bound or mapped.
const MOST_CLAIMS: usize = 50;
/// Longest name of a claim or of a mapped key, in bytes.
const LONGEST_NAME: usize = 255;
/// Longest value of a claim that a token remembers, in bytes.
const LONGEST_MAPPED: usize = 1024;
/// Longest issuer, in bytes.
const LONGEST_ISSUER: usize = 2048;

/// What is asked of claims, as it is stored and shown.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the names of the wire")]
pub struct Bound {
    pub(crate) bound_issuer: String,
    bound_audiences: String,
    bound_claims: BTreeMap<String, String>,
    bound_subject: String,
    claim_metadata_mapping: BTreeMap<String, String>,
    allowed_algorithms: Algorithms,
    clock_skew_seconds: i64,
    max_token_age_seconds: i64,
    one_time_tokens: bool,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            bound_issuer: String::new(),
            bound_audiences: String::new(),
            bound_claims: BTreeMap::new(),
            bound_subject: String::new(),
            claim_metadata_mapping: BTreeMap::new(),
            allowed_algorithms: Algorithms::all(),
            clock_skew_seconds: TimeRules::default().skew,
            max_token_age_seconds: 0,
            one_time_tokens: false,
        }
    }
}

/// What was sent of it; what is missing stays.
#[derive(Debug, Default)]
pub struct Sent {
    pub(crate) issuer: Option<String>,
    pub(crate) audiences: Option<String>,
    pub(crate) claims: Option<BTreeMap<String, Value>>,
    pub(crate) subject: Option<String>,
    pub(crate) mapping: Option<BTreeMap<String, String>>,
    pub(crate) algorithms: Option<Vec<String>>,
    pub(crate) skew: Option<i64>,
    pub(crate) max_age: Option<i64>,
    pub(crate) one_time: Option<bool>,
}

/// The claims part of an input with these fields.
macro_rules! sent {
    ($input:expr) => {
        $crate::bound::Sent {
            issuer: $input.bound_issuer,
            audiences: $input.bound_audiences,
            claims: $input.bound_claims,
            subject: $input.bound_subject,
            mapping: $input.claim_metadata_mapping,
            algorithms: $input.allowed_algorithms,
            skew: $input.clock_skew_seconds,
            max_age: $input.max_token_age_seconds,
            one_time: $input.one_time_tokens,
        }
    };
}
pub(crate) use sent;

impl Bound {
    /// What is stored (or the default) with what was sent in its place.
    pub(crate) fn with(stored: Option<Self>, sent: Sent) -> Result<Self, Issue> {
        let mut bound = stored.unwrap_or_default();
        if let Some(issuer) = sent.issuer {
            if issuer.len() > LONGEST_ISSUER {
                return Err(Issue::new("boundIssuer", format!("Expected at most {LONGEST_ISSUER} bytes")));
            }
            issuer.trim().clone_into(&mut bound.bound_issuer);
        }
        if let Some(audiences) = sent.audiences {
            bound.bound_audiences = normalized("boundAudiences", &audiences)?;
        }
        if let Some(subject) = sent.subject {
            subject.trim().clone_into(&mut bound.bound_subject);
        }
        if let Some(claims) = sent.claims {
            bound.bound_claims = bound_claims(claims)?;
        }
        if let Some(mapping) = sent.mapping {
            check_names("claimMetadataMapping", mapping.iter().flat_map(|(key, claim)| [key, claim]))?;
            bound.claim_metadata_mapping = mapping;
        }
        if let Some(names) = sent.algorithms {
            let known = Algorithms::from_names(names.iter().map(|name| name.trim()));
            bound.allowed_algorithms = known.ok_or_else(|| {
                Issue::new("allowedAlgorithms", format!("Expected at least one of {}", Algorithms::all()))
            })?;
        }
        let within = |field: &str, sent: Option<i64>, stored, most| match sent {
            Some(value) if !(0..=most).contains(&value) => {
                Err(Issue::new(field, format!("Expected 0 to {most} seconds")))
            }
            sent => Ok(sent.unwrap_or(stored)),
        };
        bound.clock_skew_seconds = within("clockSkewSeconds", sent.skew, bound.clock_skew_seconds, 300)?;
        bound.max_token_age_seconds =
            within("maxTokenAgeSeconds", sent.max_age, bound.max_token_age_seconds, 31_536_000)?;
        bound.one_time_tokens = sent.one_time.unwrap_or(bound.one_time_tokens);
        Ok(bound)
    }
}

/// Values as comma lists; numbers and flags are written as they are in JSON.
fn bound_claims(claims: BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, Issue> {
    check_names("boundClaims", claims.keys())?;
    let one = |(name, value): (String, Value)| {
        let field = format!("boundClaims.{name}");
        let text = match value {
            Value::String(text) => normalized(&field, &text)?,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return Err(Issue::new(field, "Expected a text: a comma list of patterns")),
        };
        if text.is_empty() {
            return Err(Issue::new(field, "Expected at least one value"));
        }
        Ok((name, text))
    };
    claims.into_iter().map(one).collect()
}

fn check_names<'n>(field: &str, names: impl Iterator<Item = &'n String>) -> Result<(), Issue> {
    for (place, name) in names.enumerate() {
        if place >= 2 * MOST_CLAIMS {
            return Err(Issue::new(field, format!("Expected at most {MOST_CLAIMS} claims")));
        }
        if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Issue::new(field, format!("Expected names of 1 to {LONGEST_NAME} bytes")));
        }
    }
    Ok(())
}

/// The same, ready for checking.
#[derive(Debug)]
pub struct Rules {
    issuer: String,
    audiences: Patterns,
    subject: Patterns,
    claims: Vec<(String, Patterns)>,
    mapping: Vec<(String, String)>,
    algorithms: Algorithms,
    times: TimeRules,
    one_time: bool,
    /// Under which kind of proof mapped claims stand in tokens.
    kind: &'static str,
}

/// What a JWT says.
#[derive(Clone, Debug)]
pub struct Facts {
    claims: Claims,
    /// After this it is refused for its age.
    until: Timestamp,
}

impl Rules {
    /// Compiles what is asked. `kind` names the kind of proof in tokens, `star` says what a single star does.
    pub(crate) fn new(bound: &Bound, kind: &'static str, star: Star) -> Result<Self, Issue> {
        let claims = bound.bound_claims.iter().map(|(name, values)| {
            Ok((name.clone(), Patterns::globs_in(star, &format!("boundClaims.{name}"), values)?))
        });
        Ok(Self {
            issuer: bound.bound_issuer.clone(),
            audiences: Patterns::globs_in(star, "boundAudiences", &bound.bound_audiences)?,
            subject: Patterns::one_glob(star, "boundSubject", &bound.bound_subject)?,
            claims: claims.collect::<Result<_, Issue>>()?,
            mapping: bound.claim_metadata_mapping.clone().into_iter().collect(),
            algorithms: bound.allowed_algorithms.clone(),
            times: TimeRules {
                skew: bound.clock_skew_seconds,
                max_age: Some(bound.max_token_age_seconds).filter(|age| *age > 0),
            },
            one_time: bound.one_time_tokens,
            kind,
        })
    }

    /// Takes a token apart, and refuses one of another issuer before anybody is asked for its keys.
    pub(crate) fn parse(&self, text: &str) -> Result<UnverifiedJwt, Refusal> {
        let token = UnverifiedJwt::parse(text.trim())?;
        if !self.algorithms.accept(token.algorithm()) {
            let why =
                format!("the token is signed with {}; accepted: {}", token.algorithm(), self.algorithms);
            return Err(Refusal::new(Reason::Algorithm, why));
        }
        let issuer = token.claimed("iss").unwrap_or_default();
        if !self.issuer.is_empty() && issuer != self.issuer {
            return Err(self.other_issuer(issuer));
        }
        Ok(token)
    }

    fn other_issuer(&self, issuer: &str) -> Refusal {
        Refusal::new(Reason::Issuer, format!("iss is {issuer:?}; expected {:?}", self.issuer))
    }

    /// Checks signature and times.
    pub(crate) fn verify(
        &self,
        token: &UnverifiedJwt,
        keys: &crate::jose::KeySet,
        now: Timestamp,
    ) -> Result<Facts, Refusal> {
        let claims = token.verify(keys, &self.algorithms, TokenType::AccessToken)?.clone();
        let until = check_times(&claims, self.times, now)?;
        Ok(Facts { claims, until })
    }

    /// What an unverified sample says.
    pub(crate) fn suppose(sample: &Sample) -> Option<Result<Facts, Refusal>> {
        let claims = UnverifiedJwt::of_sample(sample)?;
        Some(claims.map(|claims| Facts { claims, until: Timestamp::EPOCH }))
    }

    /// Compares claims with everything that is asked.
    pub(crate) fn admit(&self, facts: &Facts) -> Findings {
        let (mut findings, claims) = (Findings::new(), &facts.claims);
        if !self.issuer.is_empty() {
            let issuer = text(claims, "iss");
            let result = if issuer == self.issuer { Ok(()) } else { Err(self.other_issuer(issuer)) };
            findings.note("issuer", result);
        }
        if !self.subject.is_empty() {
            findings.note("subject", self.subject(claims));
        }
        if !self.audiences.is_empty() {
            findings.note("audience", self.audience(claims));
        }
        for (name, wanted) in &self.claims {
            findings.note(format!("claim {name}"), bound_claim(claims, name, wanted));
        }
        for (_, claim) in &self.mapping {
            let is_there = at(claims, claim).and_then(mapped).is_some();
            findings.check(format!("mapped claim {claim}"), is_there, Reason::ClaimMissing, || {
                format!("the token has no claim {claim} that is a text (not empty), number or flag of at most {LONGEST_MAPPED} bytes")
            });
        }
        if self.one_time {
            findings.check("used once", !text(claims, "jti").is_empty(), Reason::ClaimMissing, || {
                "the claim jti is missing, and the source takes each token only once".to_owned()
            });
        }
        findings
    }

    /// A missing subject is none that a pattern could match, not even one that matches everything.
    fn subject(&self, claims: &Claims) -> Result<(), Refusal> {
        match text(claims, "sub") {
            "" => Err(Refusal::new(Reason::Subject, "the token has no sub")),
            subject if self.subject.matches(subject) => Ok(()),
            subject => Err(Refusal::new(Reason::Subject, format!("sub {}", self.subject.miss(subject)))),
        }
    }

    fn audience(&self, claims: &Claims) -> Result<(), Refusal> {
        let found: Vec<&str> = match claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if found.iter().any(|audience| self.audiences.matches(audience)) {
            return Ok(());
        }
        let why = match found.as_slice() {
            [] => "the token has no aud".to_owned(),
            [one] => format!("aud {}", self.audiences.miss(one)),
            all => format!("none of aud {all:?} is allowed"),
        };
        Err(Refusal::new(Reason::Audience, why))
    }

    /// What a token remembers.
    pub(crate) fn proven(&self, facts: &Facts) -> Proven {
        let mut values = Map::new();
        for (key, claim) in &self.mapping {
            if let Some(value) = at(&facts.claims, claim).and_then(mapped) {
                values.insert(key.clone(), value.clone());
            }
        }
        let inner = Map::from_iter([("claims".to_owned(), Value::Object(values))]);
        let auth = Map::from_iter([(self.kind.to_owned(), Value::Object(inner))]);
        Proven {
            auth: (!self.mapping.is_empty()).then_some(auth),
            once: self
                .one_time
                .then(|| Once { id: text(&facts.claims, "jti").to_owned(), until: facts.until }),
            certificate: None,
        }
    }
}

fn text<'c>(claims: &'c Claims, name: &str) -> &'c str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A claim by its name, or inside of others by names with dots between them. A whole name counts first, as issuers put
/// URLs into names.
fn at<'c>(claims: &'c Claims, path: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| match claims.get(&path[..dot]) {
        Some(Value::Object(inner)) => at(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// The value, if a token can remember it. An empty text is as good as missing: a template that is filled in with nothing
/// would widen what its pattern allows.
fn mapped(value: &Value) -> Option<&Value> {
    match value {
        Value::String(text) if (1..=LONGEST_MAPPED).contains(&text.len()) => Some(value),
        Value::Number(_) | Value::Bool(_) => Some(value),
        _ => None,
    }
}

/// Whether a bound claim holds (`auth-methods.md` section 10.2): what is missing, empty, zero or false never does.
fn bound_claim(claims: &Claims, name: &str, wanted: &Patterns) -> Result<(), Refusal> {
    let missing = || Refusal::new(Reason::ClaimMissing, format!("the token has no claim {name}"));
    let value = at(claims, name).ok_or_else(missing)?;
    let (holds, shown) = match value {
        Value::String(text) if text.is_empty() => return Err(missing()),
        Value::String(text) => (wanted.matches(text), wanted.miss(text)),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (texts.iter().any(|text| wanted.matches(text)), format!("is {texts:?}, of which none is allowed"))
        }
        Value::Number(number) if number.as_f64() != Some(0.0) => {
            let text = number.to_string();
            (wanted.matches(&text), wanted.miss(&text))
        }
        Value::Bool(true) => (wanted.matches("true"), "is true".to_owned()),
        Value::Object(_) => (false, "is an object; name what is in it with dots".to_owned()),
        _ => return Err(missing()),
    };
    if holds { Ok(()) } else { Err(Refusal::new(Reason::Claim, format!("{name} {shown}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(bound: Value) -> Rules {
        let mut all = serde_json::to_value(Bound::default()).unwrap();
        all.as_object_mut().unwrap().extend(bound.as_object().unwrap().clone());
        Rules::new(&serde_json::from_value(all).unwrap(), "oidc", Star::Stays).unwrap()
    }

    fn verdict(bound: Value, claims: Value) -> Result<(), Reason> {
        let facts = Facts { claims: serde_json::from_value(claims).unwrap(), until: Timestamp::EPOCH };
        rules(bound).admit(&facts).verdict().map_err(|refusal| refusal.reason)
    }

    fn claim(wanted: &str, value: Value) -> Result<(), Reason> {
        verdict(json!({ "boundClaims": { "c": wanted } }), json!({ "c": value }))
    }

    #[test]
    fn bound_claims_hold_as_the_wire_has_it() {
        assert_eq!(claim("a, b*", json!("bc")), Ok(()));
        assert_eq!(claim("a, b*", json!("c")), Err(Reason::Claim));
        assert_eq!(claim("b", json!(["a", "b"])), Ok(()));
        assert_eq!(claim("c", json!(["a", "b"])), Err(Reason::Claim));
        assert_eq!(claim("3, 4", json!(4)), Ok(()));
        assert_eq!(claim("3", json!(4)), Err(Reason::Claim));
        assert_eq!(claim("true", json!(true)), Ok(()));
        assert_eq!(claim("false", json!(true)), Err(Reason::Claim));
        for nothing in [json!(null), json!(""), json!(0), json!(false)] {
            assert_eq!(claim("false, 0", nothing.clone()), Err(Reason::ClaimMissing), "{nothing}");
        }
        assert_eq!(claim("a", json!({ "a": "a" })), Err(Reason::Claim));
        assert_eq!(verdict(json!({ "boundClaims": { "c": "a" } }), json!({})), Err(Reason::ClaimMissing));
    }

    #[test]
    fn dots_lead_into_objects_and_whole_names_come_first() {
        let claims =
            json!({ "a": { "b": { "c": "x" }, "d.e": "y" }, "https://x.example/role": "z", "a.b": "w" });
        let claims: Claims = serde_json::from_value(claims).unwrap();
        let found = |path| at(&claims, path).and_then(Value::as_str);
        assert_eq!(found("a.b.c"), Some("x"));
        assert_eq!(found("a.d.e"), Some("y"));
        assert_eq!(found("https://x.example/role"), Some("z"));
        assert_eq!(found("a.b"), Some("w"));
        assert_eq!(found("a.x"), None);
    }

    #[test]
    fn a_missing_subject_matches_nothing() {
        for star in [Star::Stays, Star::Crosses] {
            for pattern in ["*", "**", "{,a}"] {
                let bound = Bound { bound_subject: pattern.to_owned(), ..Bound::default() };
                let rules = Rules::new(&bound, "jwt", star).unwrap();
                for claims in [json!({}), json!({ "sub": "" }), json!({ "sub": ["a"] })] {
                    let facts =
                        Facts { claims: serde_json::from_value(claims).unwrap(), until: Timestamp::EPOCH };
                    let refused = rules.admit(&facts).verdict().unwrap_err();
                    assert_eq!(refused.reason, Reason::Subject, "{pattern}");
                }
            }
        }
    }

    #[test]
    fn audiences_are_texts_or_lists() {
        let bound = json!({ "boundAudiences": "vouchsafe, https://v.example/*" });
        assert_eq!(verdict(bound.clone(), json!({ "aud": "vouchsafe" })), Ok(()));
        assert_eq!(verdict(bound.clone(), json!({ "aud": ["x", "https://v.example/a"] })), Ok(()));
        assert_eq!(verdict(bound.clone(), json!({ "aud": ["x"] })), Err(Reason::Audience));
        assert_eq!(verdict(bound, json!({})), Err(Reason::Audience));
    }

    #[test]
    fn mapped_claims_are_remembered_and_missed() {
        let bound = json!({ "claimMetadataMapping": { "team": "groups.main" } });
        for nothing in [json!({}), json!({ "groups": { "main": "" } }), json!({ "groups": { "main": [] } })] {
            assert_eq!(verdict(bound.clone(), nothing), Err(Reason::ClaimMissing));
        }
        let claims = serde_json::from_value(json!({ "groups": { "main": "red" } })).unwrap();
        let proven = rules(bound).proven(&Facts { claims, until: Timestamp::EPOCH });
        assert_eq!(Value::Object(proven.auth.unwrap()), json!({ "oidc": { "claims": { "team": "red" } } }));
    }

    #[test]
    fn one_time_tokens_need_an_id() {
        let bound = json!({ "oneTimeTokens": true });
        assert_eq!(verdict(bound.clone(), json!({})), Err(Reason::ClaimMissing));
        assert_eq!(verdict(bound, json!({ "jti": "1" })), Ok(()));
    }

    #[test]
    fn what_was_sent_is_checked_and_the_rest_stays() {
        let sent = |field: fn(&mut Sent)| {
            let mut sent = Sent::default();
            field(&mut sent);
            Bound::with(None, sent).map_err(|issue| issue.field)
        };
        assert_eq!(sent(|s| s.skew = Some(301)).unwrap_err(), "clockSkewSeconds");
        assert_eq!(sent(|s| s.max_age = Some(-1)).unwrap_err(), "maxTokenAgeSeconds");
        for names in [vec![], vec!["none".to_owned()], vec!["HS256".to_owned()]] {
            let refused = Bound::with(None, Sent { algorithms: Some(names), ..Sent::default() }).unwrap_err();
            assert_eq!(refused.field, "allowedAlgorithms");
        }
        let stored = sent(|s| s.subject = Some("a".to_owned())).unwrap();
        let kept = Bound::with(Some(stored), Sent::default()).unwrap();
        assert_eq!(kept.bound_subject, "a");
    }
}
