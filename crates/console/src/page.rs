//! The frame of all pages, and headers that keep them safe.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use vouchsafe_policy::{Need, org};
use vouchsafe_server::App;

use crate::cookies::{self, Stays};
use crate::visit::Visit;

/// Part of the console that a page belongs to: it is marked in the navigation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Machine identities.
    Identities,
    /// Groups of identities and people.
    Groups,
    /// Roles of the organization.
    Roles,
    /// May X do Y on Z?
    Explain,
    /// Projects.
    Projects,
    /// Audit trail and charts.
    Activity,
    /// People and invitations.
    People,
    /// Settings of organization and instance.
    Settings,
    /// The person's own profile.
    Profile,
}

/// Places in the navigation, in its order, with what one needs to see them at all.
const PLACES: [(Place, &str, &str, Option<Need>); 8] = [
    (Place::Identities, "Machine identities", "/identities", Some(org::IDENTITY_READ)),
    (Place::Groups, "Groups", "/groups", Some(org::GROUP_READ)),
    (Place::Roles, "Roles", "/roles", Some(org::ROLE_READ)),
    (Place::Explain, "Explain access", "/explain", Some(org::ACCESS_EXPLAIN)),
    (Place::Projects, "Projects", "/projects", None),
    (Place::Activity, "Activity", "/activity", Some(org::AUDIT_LOGS_READ)),
    (Place::People, "People", "/people", Some(org::MEMBER_READ)),
    (Place::Settings, "Settings", "/settings", Some(org::SETTINGS_READ)),
];

/// An entry of the navigation.
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) is_here: bool,
}

/// The frame of a page: title, navigation, who is signed in, what was just done.
pub(crate) struct Chrome {
    pub(crate) title: String,
    pub(crate) links: Vec<Link>,
    pub(crate) email: String,
    pub(crate) org_name: String,
    pub(crate) may_switch: bool,
    pub(crate) is_profile: bool,
    /// What every form carries.
    pub(crate) form_token: String,
    /// Path and query of this page.
    pub(crate) here: String,
    pub(crate) look: Look,
}

impl Chrome {
    /// The frame for somebody's page.
    pub(crate) fn of(visit: &Visit, title: &str, place: Place) -> Self {
        let links = PLACES
            .into_iter()
            .filter(|(_, _, _, need)| need.is_none_or(|need| visit.may(need)))
            .map(|(one, name, path, _)| Link { name, path, is_here: one == place })
            .collect();
        Self {
            title: title.to_owned(),
            links,
            email: visit.email().to_owned(),
            org_name: visit.org_name().to_owned(),
            may_switch: visit.organizations.len() > 1,
            is_profile: place == Place::Profile,
            form_token: visit.form_token(),
            here: visit.target().to_owned(),
            look: visit.look().clone(),
        }
    }
}

/// The first place that somebody can see.
pub(crate) fn first_place(visit: &Visit) -> &'static str {
    let mut seen = PLACES.into_iter().filter(|(_, _, _, need)| need.is_none_or(|need| visit.may(need)));
    seen.next().map_or("/projects", |(_, _, path, _)| path)
}

const THEME: &str = "vouchsafe-theme";
const NOTICE: &str = "vouchsafe-notice";
/// Longest notice, in bytes.
const LONGEST_NOTICE: usize = 600;

/// What the browser keeps for the console: the theme, and what is to be said of the request before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// `light` or `dark`; empty follows the system.
    pub(crate) theme: &'static str,
    /// What was just done.
    pub(crate) notice: Option<String>,
}

impl Look {
    /// As the browser sent it.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let theme = match cookies::sent(headers, THEME) {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        let notice = cookies::sent(headers, NOTICE).filter(|text| text.len() <= LONGEST_NOTICE);
        let notice = notice.and_then(|text| percent_decode_str(text).decode_utf8().ok());
        Self { theme, notice: notice.map(std::borrow::Cow::into_owned) }
    }
}

/// The cookie of a theme; any other text than `light` and `dark` follows the system.
pub(crate) fn theme_cookie(app: &App, theme: &str) -> Option<HeaderValue> {
    let stays = if matches!(theme, "light" | "dark") { Stays::Seconds(31_536_000) } else { Stays::Gone };
    cookies::set(app, THEME, if matches!(stays, Stays::Gone) { "" } else { theme }, stays)
}

/// Goes to another page, which says what was done. The address must be one of ours.
pub(crate) fn done(app: &App, to: &str, notice: &str) -> Response {
    let notice: String = notice.chars().take(180).collect();
    let text = utf8_percent_encode(&notice, NON_ALPHANUMERIC).to_string();
    let mut response = axum::response::Redirect::to(to).into_response();
    let fits = Some(text).filter(|text| text.len() <= LONGEST_NOTICE);
    if let Some(cookie) = fits.and_then(|text| cookies::set(app, NOTICE, &text, Stays::Seconds(60))) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A page that says what was just done says it once.
fn forget_notice(app: &App, look: &Look, response: &mut Response) {
    if look.notice.is_some()
        && let Some(cookie) = cookies::set(app, NOTICE, "", Stays::Gone)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

impl Visit {
    /// A page for this person.
    pub(crate) fn show(&self, template: &impl Template) -> Response {
        self.show_as(StatusCode::OK, template)
    }

    /// The same with another status: a form that was not accepted.
    pub(crate) fn show_as(&self, status: StatusCode, template: &impl Template) -> Response {
        let mut response = (status, html(template)).into_response();
        forget_notice(&self.console.app, self.look(), &mut response);
        response
    }
}

/// Renders a page. Templates are checked when they are compiled; what can still fail is a bug of ours.
pub(crate) fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Nothing from elsewhere, no script or style inside of a page, no frame around it. Ends with where scripts may connect to.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'";

/// Gives pages the headers that keep them safe; answers of the API stay as they are.
pub(crate) async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let is_page =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let usual: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With `no-referrer`, browsers would not say that a form comes from here.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    if is_page {
        for (name, value) in usual {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
    }
    response
}

/// Bytes as text (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A path of this site to go on to; anything else goes to the start page.
pub(crate) fn onward(next: &str) -> &str {
    let is_ours =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_ours && next.len() < 2000 { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_within_this_site_only() {
        for next in ["/identities?q=a", "/"] {
            assert_eq!(onward(next), next);
        }
        for next in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"] {
            assert_eq!(onward(next), "/", "{next}");
        }
    }
}
