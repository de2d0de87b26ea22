//! Trust bundles: the keys of a trust domain (SPIFFE Trust Domain and Bundle section 4).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use vouchsafe_api::auth_spiffe::{BundleInput, BundleProfile};

use super::SpiffeId;
use crate::jose::{FRESH, Key, KeySet, KeySource, Refresh, SetAddress, UnverifiedJwt};
use crate::net::{Peer, Trust};
use crate::x509::Authorities;
use crate::x509::svid::{authorities, authorities_of_bundle};
use crate::{Context, Issue, Reason, Refusal};

/// Largest bundle that may be written down, in bytes.
const LARGEST: usize = 256 * 1024;
/// A bundle this old is fetched anew if nothing else is said, seconds.
const REFRESH_HINT: i64 = 3600;
/// Longest hint that is taken, seconds: clients know no limit.
const LONGEST_HINT: i64 = 31_536_000;
/// However long the hint, a bundle this old is fetched anew, seconds.
const LONGEST_FRESH: i64 = 86_400;
/// A bundle that cannot be fetched is used for this long after it should have been, seconds.
const GRACE: i64 = 3600;

/// Where a bundle comes from, as it is stored and shown.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Distribution {
    profile: BundleProfile,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bundle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_cert: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint_spiffe_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_hint_seconds: Option<i64>,
}

/// The same, ready for use.
pub(super) struct Bundle(KeySource);

impl Distribution {
    /// Reads what was sent for a trust domain; fields of other profiles are passed over.
    pub(super) fn new(input: BundleInput, domain: &str) -> Result<Self, Issue> {
        use BundleProfile::{HttpsSpiffeBundle, HttpsWebBundle, Static};
        let profile = input.profile;
        let hint = input.refresh_hint_seconds.unwrap_or(REFRESH_HINT);
        if !(0..=LONGEST_HINT).contains(&hint) {
            return Err(issue("refreshHintSeconds", format!("Expected 0 to {LONGEST_HINT} seconds")));
        }
        let distribution = Self {
            profile,
            bundle: input.bundle.filter(|_| profile != HttpsWebBundle),
            endpoint_url: input.endpoint_url.filter(|_| profile != Static).map(|url| url.trim().to_owned()),
            // Clients read the field even if it is empty.
            ca_cert: (profile == HttpsWebBundle).then(|| input.ca_cert.unwrap_or_default().trim().to_owned()),
            endpoint_spiffe_id: input
                .endpoint_spiffe_id
                .filter(|_| profile == HttpsSpiffeBundle)
                .map(|id| id.trim().to_owned()),
            refresh_hint_seconds: (profile != Static).then_some(hint),
        };
        distribution.ready(domain)?;
        Ok(distribution)
    }

    pub(super) fn ready(&self, domain: &str) -> Result<Bundle, Issue> {
        let trust = match self.profile {
            BundleProfile::Static => {
                let set = KeySet::from_jwks(self.bundle()?.as_bytes());
                return set
                    .map(KeySource::from)
                    .map(Bundle)
                    .map_err(|error| issue("bundle", error.to_string()));
            }
            BundleProfile::HttpsWebBundle => {
                let pem = self.ca_cert.as_deref().unwrap_or_default();
                Trust::from_pem(pem).map_err(|error| issue("caCert", error.to_string()))?
            }
            BundleProfile::HttpsSpiffeBundle => Trust::Svid(Arc::new(self.peer(domain)?)),
        };
        // A hint of 0 says nothing.
        let fresh = self.refresh_hint_seconds.filter(|hint| *hint > 0).unwrap_or(FRESH).min(LONGEST_FRESH);
        let refresh = Refresh { fresh, stale: fresh + GRACE };
        Ok(Bundle(KeySource::Fetched { address: SetAddress::Jwks(self.url()?), trust, refresh }))
    }

    fn url(&self) -> Result<Url, Issue> {
        let wrong = |what: &str| issue("endpointUrl", what);
        let text = self.endpoint_url.as_deref().unwrap_or_default();
        let url: Url = text.parse().map_err(|_| wrong("Expected the URL of a bundle endpoint"))?;
        if self.profile == BundleProfile::HttpsSpiffeBundle && url.scheme() != "https" {
            return Err(wrong("Expected an https URL: without TLS the endpoint shows no SVID"));
        }
        Ok(url)
    }

    fn bundle(&self) -> Result<&str, Issue> {
        let text = self.bundle.as_deref().unwrap_or_default();
        if text.len() > LARGEST {
            return Err(issue("bundle", format!("Expected at most {LARGEST} bytes")));
        }
        Ok(text)
    }

    /// Who the endpoint has to be, vouched for by the written down bundle.
    fn peer(&self, domain: &str) -> Result<Peer, Issue> {
        let id = self.endpoint_spiffe_id.as_deref().unwrap_or_default();
        let id = SpiffeId::parse(id)
            .ok()
            .filter(|id| id.trust_domain() == domain && !id.path().is_empty())
            .ok_or_else(|| {
                let expected = "Expected the SPIFFE ID of the endpoint, with a path and in the trust domain, such as \
                                spiffe://prod.example.com/spire/server";
                issue("endpointSpiffeId", expected)
            })?;
        let text = self.bundle()?;
        authorities_of_bundle(text).map_err(|unusable| issue("bundle", unusable.to_string()))?;
        Peer::new(id, text).map_err(|error| issue("bundle", error.to_string()))
    }
}

fn issue(field: &str, message: impl Into<String>) -> Issue {
    Issue::new(format!("trustBundleDistribution.{field}"), message)
}

/// Whether a key may verify JWT-SVIDs: it says so, or does not say what it is for.
fn is_for_jwts(key: &Key) -> bool {
    key.usage.as_deref().is_none_or(|usage| matches!(usage, "jwt-svid" | "sig"))
}

impl Bundle {
    /// The authorities of X.509-SVIDs.
    pub(super) async fn authorities(&self, context: &Context<'_>) -> Result<Authorities, Refusal> {
        let set = self.0.get(context, |_| true).await?;
        authorities(&set).map_err(|unusable| Refusal::new(Reason::CertificatePath, unusable.to_string()))
    }

    /// The keys that may have signed this JWT-SVID: those for JWT-SVIDs, and those that do not say what they are for.
    pub(super) async fn for_token(
        &self,
        context: &Context<'_>,
        token: &UnverifiedJwt,
    ) -> Result<KeySet, Refusal> {
        let for_jwts = |set: &KeySet| set.clone().only(is_for_jwts);
        // The authorities for X.509-SVIDs in the same bundle have no ids; they must not pass for the key named.
        let set = self.0.get(context, |keys| token.has_key_in(&for_jwts(&keys.set))).await?;
        Ok(for_jwts(&set))
    }

    /// Makes sure that there is a bundle: fetches it, unless one is kept that may be used.
    pub(super) async fn usable(&self, context: &Context<'_>) -> Result<(), Refusal> {
        self.0.get(context, |_| true).await.map(|_| ())
    }

    /// Fetches the bundle now, if it is one that is fetched.
    pub(super) async fn refresh(&self, context: &Context<'_>) -> Result<(), Refusal> {
        self.0.refresh(context).await
    }

    /// Adds to what is shown of the distribution when its bundle was fetched.
    pub(super) fn show(&self, context: &Context<'_>, shown: &mut Map<String, Value>) {
        if let (KeySource::Fetched { .. }, Some(Value::Object(distribution))) =
            (&self.0, shown.get_mut("trustBundleDistribution"))
        {
            let at = self.0.fetched_at(context).map_or(Value::Null, |at| Value::from(at.to_string()));
            distribution.insert("cachedBundleLastRefreshedAt".to_owned(), at);
        }
    }
}
