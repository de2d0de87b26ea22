//! How an instance is set up, after flags, environment and file have been merged.

use std::net::SocketAddr;

use ipnet::IpNet;
use vouchsafe_domain::token_settings::TOKEN_AGE_CEILING;

/// Settings that requests look at.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people and clients reach this instance, without a trailing slash.
    pub site_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Longest life of any access token, in seconds.
    pub token_age_ceiling: i64,
}

impl Settings {
    /// Settings of an instance that listens on `listen` and has no proxy in front.
    pub fn local(listen: SocketAddr) -> Self {
        Self {
            site_url: format!("http://{listen}"),
            trusted_proxies: Vec::new(),
            token_age_ceiling: TOKEN_AGE_CEILING,
        }
    }
}
