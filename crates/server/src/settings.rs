//! How an instance is set up, after flags, environment and file have been merged.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::HeaderName;
use ipnet::IpNet;
use vouchsafe_attest::Endpoints;
use vouchsafe_domain::token_settings::TOKEN_AGE_CEILING;

/// Settings that requests look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people and clients reach this instance, without a trailing slash.
    pub site_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Header in which those proxies forward the client's certificate, if they do.
    pub client_certificate_header: Option<HeaderName>,
    /// Longest life of any access token, in seconds.
    pub token_age_ceiling: i64,
    /// Networks that outbound calls may reach though they are private, and without TLS.
    pub allowed_targets: Vec<IpNet>,
    /// Where the clouds are, if not where everybody finds them.
    pub endpoints: Endpoints,
    /// When refused proofs are answered.
    pub refusal_pace: Pace,
}

/// Refusals are answered at multiples of this time after the request, so that when they are tells little of why.
#[derive(Clone, Copy, Debug)]
pub struct Pace(Duration);

impl Pace {
    /// At once; for tests.
    pub const NONE: Self = Self(Duration::ZERO);
    /// Every tenth of a second: what checks take that ask nobody is far below.
    pub const USUAL: Self = Self(Duration::from_millis(100));

    /// Waits until the next multiple.
    pub async fn wait(self, started: Instant) {
        if self.0.is_zero() {
            return;
        }
        let passed = started.elapsed().as_nanos();
        let step = self.0.as_nanos();
        let rest = step - passed % step;
        tokio::time::sleep(Duration::from_nanos(u64::try_from(rest).unwrap_or(0))).await;
    }
}

impl Settings {
    /// Settings of an instance that listens on `listen` and has no proxy in front.
    pub fn local(listen: SocketAddr) -> Self {
        Self {
            site_url: format!("http://{listen}"),
            trusted_proxies: Vec::new(),
            client_certificate_header: None,
            token_age_ceiling: TOKEN_AGE_CEILING,
            allowed_targets: Vec::new(),
            endpoints: Endpoints::default(),
            refusal_pace: Pace::USUAL,
        }
    }
}
