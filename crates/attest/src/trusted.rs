//! Lists of trusted addresses, as clients send them.

use vouchsafe_api::auth_methods::IpInput;
use vouchsafe_domain::ip::TrustedIps;

/// The list as sent, else as stored, else anywhere. The error is the contract's sentence.
pub fn trusted_ips(stored: Option<TrustedIps>, sent: Option<Vec<IpInput>>) -> Result<TrustedIps, String> {
    match sent {
        Some(list) => TrustedIps::parse(list.iter().map(|one| one.ip_address.as_str()))
            .map_err(|error| error.to_string()),
        None => Ok(stored.unwrap_or_else(TrustedIps::any)),
    }
}
