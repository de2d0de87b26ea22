//! Who may come in. A web page that a person on this machine looks at may not: browsers say who sends them (`Origin`,
//! `Sec-Fetch-Site`), and a page whose name was made to point here names another `Host` (DNS rebinding).

use std::net::IpAddr;

use http::header::{HOST, HeaderMap, ORIGIN};
use http::{HeaderValue, Uri};

/// Why somebody may not come in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// It comes from a web page.
    WebPage,
    /// It asks for another machine.
    OtherHost,
    /// It asks for something else than the API.
    NotTheApi,
    /// The path and query are too long.
    TooLong,
}

/// Longest path and query, in bytes.
const LONGEST_TARGET: usize = 8 * 1024;

/// Whether this request may come in. `is_local` is whether only names of this machine are good as `Host`.
pub(super) fn check(uri: &Uri, headers: &HeaderMap, is_local: bool) -> Result<(), Refused> {
    if headers.contains_key(ORIGIN) || is_from_other_site(headers.get("sec-fetch-site")) {
        return Err(Refused::WebPage);
    }
    if is_local && !is_for_this_machine(uri, headers) {
        return Err(Refused::OtherHost);
    }
    Ok(())
}

/// Whether this path and query may be passed on.
pub(super) fn check_target(target: &str) -> Result<(), Refused> {
    if target.len() > LONGEST_TARGET {
        return Err(Refused::TooLong);
    }
    if target.starts_with("/api/") { Ok(()) } else { Err(Refused::NotTheApi) }
}

fn is_from_other_site(value: Option<&HeaderValue>) -> bool {
    value.is_some_and(|value| value != "same-origin" && value != "none")
}

fn is_for_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (named, second) = (hosts.next(), hosts.next());
    let asked = uri.host().is_none_or(is_loopback);
    let named = match named {
        Some(value) => value.to_str().is_ok_and(|text| is_loopback(without_port(text))),
        // HTTP/2 has the name in the URI instead.
        None => uri.host().is_some(),
    };
    asked && named && second.is_none()
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("localhost"))]);
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn only_names_of_this_machine_are_good() {
        let uri = Uri::from_static("/api/status");
        for host in
            ["localhost", "LOCALHOST:8081", "127.0.0.1", "127.0.0.1:1", "127.8.9.1", "[::1]:80", "[::1]"]
        {
            assert_eq!(check(&uri, &with("host", host), true), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "evil.localhost.",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "localhost:80@evil",
            "",
            "127.0.0.1:80:90",
        ] {
            assert_eq!(check(&uri, &with("host", host), true), Err(Refused::OtherHost), "{host}");
            assert_eq!(check(&uri, &with("host", host), false), Ok(()), "{host}");
        }
        assert_eq!(check(&uri, &HeaderMap::new(), true), Err(Refused::OtherHost));
        let mut two = with("host", "localhost");
        two.append(HOST, HeaderValue::from_static("evil.example"));
        assert_eq!(check(&uri, &two, true), Err(Refused::OtherHost));
        let asked = Uri::from_static("http://evil.example/api/status");
        assert_eq!(check(&asked, &with("host", "localhost"), true), Err(Refused::OtherHost));
    }

    #[test]
    fn web_pages_may_not_come_in() {
        let uri = Uri::from_static("/api/status");
        for (name, value, is_page) in [
            ("origin", "https://evil.example", true),
            ("origin", "null", true),
            ("origin", "http://localhost", true),
            ("sec-fetch-site", "cross-site", true),
            ("sec-fetch-site", "same-site", true),
            ("sec-fetch-site", "none", false),
            ("sec-fetch-mode", "cors", false),
        ] {
            let want = if is_page { Err(Refused::WebPage) } else { Ok(()) };
            assert_eq!(check(&uri, &with(name, value), true), want, "{name}: {value}");
            assert_eq!(check(&uri, &with(name, value), false), want, "{name}: {value}");
        }
    }

    #[test]
    fn only_the_api_is_passed_on() {
        assert_eq!(check_target("/api/v4/secrets?x=1"), Ok(()));
        for target in ["/", "/metrics", "/api", "/apix/", "//api/", "/login?next=/api/"] {
            assert_eq!(check_target(target), Err(Refused::NotTheApi), "{target}");
        }
        assert_eq!(check_target(&format!("/api/{}", "x".repeat(9000))), Err(Refused::TooLong));
    }
}
