//! Cookies of the console (RFC 6265).

use http::{HeaderMap, HeaderValue, header};
use vouchsafe_server::App;

/// How long a cookie stays.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stays {
    /// So many seconds.
    Seconds(i64),
    /// It goes now.
    Gone,
}

/// The value of a cookie that was sent.
pub(crate) fn sent<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// The value of a `Set-Cookie` header; `None` if the value cannot be one. Never readable by scripts, sent to this site
/// only, and only over TLS if the instance is reached so.
pub(crate) fn set(app: &App, name: &str, value: &str, stays: Stays) -> Option<HeaderValue> {
    let secure = if is_tls(app) { "; Secure" } else { "" };
    let seconds = match stays {
        Stays::Seconds(seconds) => seconds,
        Stays::Gone => 0,
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Whether people reach this instance over TLS.
pub(crate) fn is_tls(app: &App) -> bool {
    app.settings.site_url.starts_with("https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; my-session=0; session=x.y=; gone="));
        headers.append(header::COOKIE, HeaderValue::from_static("late=2"));
        assert_eq!(sent(&headers, "session"), Some("x.y="));
        assert_eq!(sent(&headers, "late"), Some("2"));
        assert_eq!((sent(&headers, "gone"), sent(&headers, "sess")), (None, None));
    }
}
