//! The signed-in person's cookie, and proof that a form was sent from a page of ours.
//!
//! The cookie holds the access token of the person's session. It is worth nothing once the session has ended, whether
//! by signing out here, by the API, or because the password was changed.

use http::{HeaderMap, HeaderValue, header};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_keys::SecretHasher;
use vouchsafe_server::App;

use crate::cookies::{self, Stays};

/// As long as an access token of a person, in seconds: 10 days.
const LIFE: i64 = 10 * 24 * 60 * 60;

/// Browsers take a cookie with the prefix only over TLS, for this host alone, and for all of its paths.
fn name(app: &App) -> &'static str {
    if cookies::is_tls(app) { "__Host-vouchsafe-session" } else { "vouchsafe-session" }
}

/// The token of the session that was sent.
pub(crate) fn sent(app: &App, headers: &HeaderMap) -> Option<Concealed> {
    cookies::sent(headers, name(app)).map(Concealed::new)
}

/// The cookie of a session.
pub(crate) fn cookie(app: &App, token: &Concealed) -> Option<HeaderValue> {
    cookies::set(app, name(app), token.reveal(), Stays::Seconds(LIFE))
}

/// Takes the cookie away.
pub(crate) fn ended(app: &App) -> Option<HeaderValue> {
    cookies::set(app, name(app), "", Stays::Gone)
}

/// What forms of this session carry, so that no other site can make one.
pub(crate) fn form_token(app: &App, token: &Concealed) -> String {
    hex::encode(app.keys.hasher.form_token(token.reveal()))
}

/// Whether a form carries the token of this session.
pub(crate) fn is_form_token(app: &App, token: &Concealed, given: &str) -> bool {
    let right = form_token(app, token);
    let hash = |text: &str| app.keys.hasher.form_token(text);
    SecretHasher::matches(&hash(&right), &hash(given))
}

/// Whose page sent a form, as the browser says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    /// A page of this site.
    Ours,
    /// A page of another site.
    Foreign,
    /// Browsers say one or the other, so this is a program.
    Unsaid,
}

/// Browsers say by `Sec-Fetch-Site` (Fetch Metadata) or at least by `Origin` (RFC 6454) where a form comes from.
pub(crate) fn sender(app: &App, headers: &HeaderMap) -> Sender {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    if let Some(site) = text("sec-fetch-site") {
        return if site == "same-origin" { Sender::Ours } else { Sender::Foreign };
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return Sender::Unsaid };
    let host = origin.split_once("://").map(|(_, host)| host);
    let is_ours = origin == app.settings.site_url || (host.is_some() && host == text(header::HOST.as_str()));
    if is_ours { Sender::Ours } else { Sender::Foreign }
}
