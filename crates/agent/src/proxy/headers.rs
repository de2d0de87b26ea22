//! What goes along. Headers that are about one connection only stay there (RFC 9110, section 7.6.1), whatever could
//! say who the caller is stays here, and a cookie belongs to a person.

use http::header::{self, HeaderMap, HeaderName};

/// About one connection.
const HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];
/// Not passed on to the server: what this proxy says itself, or what only a trusted proxy may say.
const FROM_CALLER: [HeaderName; 17] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::ACCEPT_ENCODING,
    header::EXPECT,
    header::RANGE,
    header::IF_RANGE,
    header::IF_NONE_MATCH,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-api-key"),
];
/// Not passed on to the caller.
const FROM_SERVER: [HeaderName; 5] = [
    header::SET_COOKIE,
    header::CONTENT_LENGTH,
    header::DATE,
    header::STRICT_TRANSPORT_SECURITY,
    header::ALT_SVC,
];

/// What the server gets of the caller's headers.
pub(super) fn to_server(headers: &HeaderMap) -> HeaderMap {
    less(headers, &FROM_CALLER)
}

/// What the caller gets of the server's.
pub(super) fn to_caller(headers: &HeaderMap) -> HeaderMap {
    less(headers, &FROM_SERVER)
}

fn less(headers: &HeaderMap, own: &[HeaderName]) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let stays = |name: &HeaderName| {
        HOP.contains(name) || own.contains(name) || named.iter().any(|text| text == name.as_str())
    };
    let kept = headers.iter().filter(|(name, _)| !stays(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_server_gets_neither_the_callers_login_nor_its_connection() {
        let kept = to_server(&headers(&[
            ("authorization", "Bearer stolen"),
            ("cookie", "jid=x"),
            ("connection", "close, X-Secret-Hop"),
            ("x-secret-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("x-forwarded-for", "203.0.113.7"),
            ("upgrade", "websocket"),
            ("accept", "application/json"),
            ("user-agent", "sdk/1"),
        ]));
        assert_eq!(kept, headers(&[("accept", "application/json"), ("user-agent", "sdk/1")]));
    }

    #[test]
    fn the_caller_gets_no_cookie() {
        let kept = to_caller(&headers(&[
            ("set-cookie", "jid=x"),
            ("connection", "keep-alive"),
            ("keep-alive", "timeout=5"),
            ("content-length", "3"),
            ("etag", "\"a\""),
        ]));
        assert_eq!(kept, headers(&[("etag", "\"a\"")]));
    }
}
