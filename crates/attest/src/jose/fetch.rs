//! Fetching the key set of an issuer.

use std::sync::Arc;

use url::Url;
use vouchsafe_domain::time::Timestamp;

use super::{InvalidKeys, KeySet, Memory};
use crate::net::{Call, NetError, Outbound, Peer, TIME_LIMIT, Trust};
use crate::reason::{Reason, Refusal};
use crate::x509::svid;

/// Where a set of keys is.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum SetAddress {
    /// At a URL.
    Jwks(Url),
    /// At the URL that a discovery document names (`OpenID` Connect Discovery 1.0 section 4). The document has to be
    /// that of this issuer, compared exactly, if one is given.
    Discovery {
        /// Where the document is, the whole URL.
        url: Url,
        /// Which issuer has to name itself in it.
        issuer: Option<String>,
    },
    /// A map of key ids to certificates at a URL, as Google publishes keys of service accounts.
    Certificates(Url),
}

impl SetAddress {
    /// The discovery document of an issuer: `/.well-known/openid-configuration` below its URL.
    pub fn discovery(issuer_url: &Url, issuer: Option<String>) -> Option<Self> {
        let text = format!("{}/.well-known/openid-configuration", issuer_url.as_str().trim_end_matches('/'));
        Some(Self::Discovery { url: text.parse().ok()?, issuer })
    }

    /// The URL that is asked first.
    fn url(&self) -> &Url {
        match self {
            Self::Jwks(url) | Self::Discovery { url, .. } | Self::Certificates(url) => url,
        }
    }
}

/// All that fetching a set takes.
#[derive(Clone)]
pub(super) struct Errand {
    pub(super) outbound: Outbound,
    pub(super) memory: Arc<dyn Memory>,
    pub(super) address: SetAddress,
    pub(super) trust: Trust,
    pub(super) now: Timestamp,
}

impl Errand {
    /// Fetches the set, in [`TIME_LIMIT`] with all documents that this takes.
    pub(super) async fn run(&self) -> Result<KeySet, Refusal> {
        let fetched = tokio::time::timeout(TIME_LIMIT, self.fetch());
        fetched.await.unwrap_or_else(|_| Err(NetError::Timeout(host(self.address.url())).into()))
    }

    async fn fetch(&self) -> Result<KeySet, Refusal> {
        match (&self.address, &self.trust) {
            (SetAddress::Jwks(url), Trust::Svid(peer)) => self.bundle(url, peer).await,
            (SetAddress::Jwks(url), trust) => read(KeySet::from_jwks(&self.document(url, trust).await?)),
            (SetAddress::Certificates(url), trust) => {
                read(KeySet::from_certificates(&self.document(url, trust).await?))
            }
            (SetAddress::Discovery { url, issuer }, trust) => {
                let found = discovered(&self.document(url, trust).await?, issuer.as_deref())?;
                read(KeySet::from_jwks(&self.document(&found, trust).await?))
            }
        }
    }

    /// A trust bundle whose endpoint shows an SVID: the bundle that was fetched last says who may have signed it, and
    /// the configured one only until then (SPIFFE Federation section 5.2.2).
    async fn bundle(&self, url: &Url, peer: &Peer) -> Result<KeySet, Refusal> {
        let name = peer.name(url);
        let latest = self.memory.recall(&name).await?;
        let trust = match &latest {
            Some(bundle) => Trust::Svid(Arc::new(peer.with_bundle(bundle)?)),
            None => self.trust.clone(),
        };
        let document = self.document(url, &trust).await?;
        let set = read(KeySet::from_jwks(&document))?;
        // Without authorities nobody could be trusted with the next bundle.
        svid::authorities(&set)
            .map_err(|unusable| Refusal::new(Reason::ProviderAnswer, unusable.to_string()))?;
        let text = std::str::from_utf8(&document)
            .map_err(|_| Refusal::new(Reason::ProviderAnswer, "the bundle is not UTF-8"))?;
        self.memory.keep(&name, text, self.now).await?;
        Ok(set)
    }

    async fn document(&self, url: &Url, trust: &Trust) -> Result<Vec<u8>, Refusal> {
        let mut call = Call::get(url.clone(), trust.clone());
        call.headers.insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        let reply = self.outbound.call(call).await?;
        if reply.status != 200 {
            let why = format!("{} answered {} instead of 200", host(url), reply.status);
            return Err(Refusal::new(Reason::ProviderAnswer, why));
        }
        Ok(reply.body)
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn read(parsed: Result<KeySet, InvalidKeys>) -> Result<KeySet, Refusal> {
    parsed.map_err(|error| Refusal::new(Reason::ProviderAnswer, format!("the key set is of no use: {error}")))
}

/// The key set's URL in a discovery document.
fn discovered(document: &[u8], issuer: Option<&str>) -> Result<Url, Refusal> {
    #[derive(serde::Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: Url,
    }
    let odd = |why: &str| Refusal::new(Reason::ProviderAnswer, why);
    let found: Discovery = serde_json::from_slice(document)
        .map_err(|_| odd("the discovery document has no issuer and jwks_uri, or is no JSON"))?;
    if issuer.is_some_and(|issuer| issuer != found.issuer) {
        return Err(Refusal::new(
            Reason::Issuer,
            "the discovery document names another issuer than the one configured",
        ));
    }
    Ok(found.jwks_uri)
}
