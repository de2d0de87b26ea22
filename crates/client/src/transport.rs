//! One request, one answer.

use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, COOKIE, DATE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER, SET_COOKIE,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};
use vouchsafe_api::concealed::Concealed;

use crate::error::{Error, Refusal};
use crate::platform::Certificate;

/// What one call may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest time, from connecting to the last byte.
    pub time: Duration,
    /// Largest answer, in bytes.
    pub answer: usize,
}

/// Of every call that does not say otherwise.
pub(crate) const USUAL: Limits = Limits { time: Duration::from_secs(10), answer: 8 * 1024 * 1024 };
/// Of lists of secrets, which the API does not page: a server answers with as much as 100,000 secrets and 64 MiB of
/// sealed values, and escapes and the names of fields make that several times larger.
pub(crate) const LIST: Limits = Limits { time: Duration::from_mins(1), answer: 256 * 1024 * 1024 };

/// What a conditional read found.
#[derive(Clone, Debug)]
pub enum Fetched<T> {
    /// The same as when the entity tag was given.
    Unchanged,
    /// Something else than before.
    New {
        /// What there is now.
        value: T,
        /// Its entity tag, for the next read; `None` if the server gives none.
        etag: Option<String>,
    },
}

/// A client of one server, cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: Option<HeaderValue>,
    time_limit: Option<Duration>,
}

impl Client {
    /// A client without a token. The address may end in `/api`, as some configurations have it.
    pub fn new(address: &str) -> Result<Self, Error> {
        let base = base(address)?;
        let http = http(&base, None)?;
        Ok(Self { http, base, authorization: None, time_limit: None })
    }

    /// The same client, presenting this certificate whenever TLS begins.
    pub fn presenting(mut self, certificate: &Certificate) -> Result<Self, Error> {
        self.http = http(&self.base, Some(certificate))?;
        Ok(self)
    }

    /// The same client, acting with this access token.
    pub fn with_token(mut self, token: &str) -> Result<Self, Error> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| Error::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
    }

    /// The same client, waiting for no call longer than this.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// The server's address, without `/api`.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) async fn get<I: Serialize, O: DeserializeOwned>(
        &self,
        path: &[&str],
        input: &I,
    ) -> Result<O, Error> {
        self.get_within(USUAL, path, input).await
    }

    /// The same with other limits.
    pub(crate) async fn get_within<I: Serialize, O: DeserializeOwned>(
        &self,
        limits: Limits,
        path: &[&str],
        input: &I,
    ) -> Result<O, Error> {
        let answer = self.exchange(self.http.get(self.url_with_query(path, input)?), limits).await?;
        self.read(&answer)
    }

    /// Reads if the answer's entity tag is no longer this one (RFC 9110, section 13.1.2).
    pub(crate) async fn get_unless<I: Serialize, O: DeserializeOwned>(
        &self,
        limits: Limits,
        path: &[&str],
        input: &I,
        known: Option<&str>,
    ) -> Result<Fetched<O>, Error> {
        let mut request = self.http.get(self.url_with_query(path, input)?);
        // A tag that no header can carry is none that a server gave.
        if let Some(tag) = known.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let answer = self.exchange(request, limits).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(Fetched::Unchanged);
        }
        let etag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Fetched::New { value: self.read(&answer)?, etag })
    }

    pub(crate) async fn post<I: Serialize, O: DeserializeOwned>(
        &self,
        path: &[&str],
        input: &I,
    ) -> Result<O, Error> {
        self.call(Method::POST, path, input).await
    }

    /// Sends a body with any method; the API takes one with `DELETE` too.
    pub(crate) async fn call<I: Serialize, O: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        input: &I,
    ) -> Result<O, Error> {
        self.call_within(USUAL, method, path, input).await
    }

    /// Posts with this cookie, if there is one, and answers also what the server sets it to.
    pub(crate) async fn post_with_cookie<I: Serialize, O: DeserializeOwned>(
        &self,
        path: &[&str],
        input: &I,
        name: &str,
        value: Option<&Concealed>,
    ) -> Result<(O, Option<Concealed>), Error> {
        let mut request = self.http.post(self.url(path)?).json(&self.fields(input)?);
        if let Some(value) = value {
            let text = format!("{name}={}", value.reveal());
            let mut header = HeaderValue::from_str(&text).map_err(|_| Error::Token)?;
            header.set_sensitive(true);
            request = request.header(COOKIE, header);
        }
        let answer = self.exchange(request, USUAL).await?;
        Ok((self.read(&answer)?, cookie(&answer.headers, name)))
    }

    /// The same with other limits.
    pub(crate) async fn call_within<I: Serialize, O: DeserializeOwned>(
        &self,
        limits: Limits,
        method: Method,
        path: &[&str],
        input: &I,
    ) -> Result<O, Error> {
        let request = self.http.request(method, self.url(path)?).json(&self.fields(input)?);
        let answer = self.exchange(request, limits).await?;
        self.read(&answer)
    }

    /// Passes on a request that somebody else made, and answers whatever comes back. `target` is its path and query.
    /// Fails if that does not stay below `/api`. The caller's headers go along; the token is this client's.
    pub async fn forward(
        &self,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        limits: Limits,
    ) -> Result<Answer, Error> {
        let url = self.below_api(target).ok_or_else(|| Error::Path("the path".to_owned()))?;
        let mut request = self.http.request(method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        self.exchange(request, limits).await
    }

    /// The URL of a path and query below `/api`; dots in it are resolved before it is looked at.
    fn below_api(&self, target: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{target}", self.address())).ok()?;
        let api = format!("{}/api/", self.base.path().trim_end_matches('/'));
        let is_same = url.origin() == self.base.origin() && url.username().is_empty();
        (target.starts_with("/api/") && is_same && url.path().starts_with(&api)).then_some(url)
    }

    /// Sends a request and waits for the whole answer, whatever its status.
    async fn exchange(&self, request: RequestBuilder, mut limits: Limits) -> Result<Answer, Error> {
        limits.time = self.time_limit.map_or(limits.time, |limit| limit.min(limits.time));
        let request = match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        };
        let mut response =
            request.timeout(limits.time).send().await.map_err(|error| self.failed(error, limits))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        Ok(Answer { status, headers, body: self.body(response, limits).await? })
    }

    /// What an answer holds, or the refusal that it is.
    fn read<O: DeserializeOwned>(&self, answer: &Answer) -> Result<O, Error> {
        let status = answer.status;
        if status.is_redirection() {
            return Err(Error::Redirect { url: self.address().to_owned() });
        }
        if status.is_success() {
            return serde_json::from_slice(&answer.body)
                .map_err(|error| self.unreadable(status.as_u16(), &error));
        }
        let retry_after = retry_after(&answer.headers);
        Err(match serde_json::from_slice::<Refusal>(&answer.body) {
            Ok(refusal) => Error::Refused(Refusal { retry_after, ..refusal }),
            Err(error) => Error::Gateway {
                url: self.address().to_owned(),
                status: status.as_u16(),
                what: misfit(&error).to_owned(),
                retry_after,
            },
        })
    }

    async fn body(&self, mut response: Response, limits: Limits) -> Result<Vec<u8>, Error> {
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
        let mut body = Vec::with_capacity(announced.unwrap_or(0).min(limits.answer));
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error, limits))? {
            if body.len() + chunk.len() > limits.answer {
                return Err(Error::TooLarge { url: self.address().to_owned(), limit: limits.answer });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn url_with_query<I: Serialize>(&self, path: &[&str], input: &I) -> Result<Url, Error> {
        let mut url = self.url(path)?;
        add_query(&mut url, &self.fields(input)?);
        Ok(url)
    }

    fn url(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = self.base.clone();
        // `.` and `..` would be taken out of the path and name another route.
        if let Some(part) = path.iter().find(|part| matches!(**part, "" | "." | "..")) {
            return Err(Error::Path((*part).to_owned()));
        }
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().extend(path);
            }
            Err(()) => return Err(Error::Address(self.address().to_owned())),
        }
        Ok(url)
    }

    fn fields<I: Serialize>(&self, input: &I) -> Result<Value, Error> {
        serde_json::to_value(input).map_err(|error| self.unreadable(0, &error))
    }

    fn failed(&self, error: reqwest::Error, limits: Limits) -> Error {
        // The URL of a request may carry names of secrets; ours is enough.
        let (url, source) = (self.address().to_owned(), error.without_url());
        if source.is_timeout() {
            Error::Timeout { url, seconds: limits.time.as_secs() }
        } else if source.is_connect() {
            Error::Unreachable { url, source }
        } else {
            Error::Broken { url, source }
        }
    }

    fn unreadable(&self, status: u16, error: &serde_json::Error) -> Error {
        Error::Unreadable { url: self.address().to_owned(), status, what: misfit(error).to_owned() }
    }
}

/// Where reading stopped; the text of a serde error may quote a value, so it is left out.
fn misfit(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "JSON of another shape",
        serde_json::error::Category::Eof => "JSON that is cut off",
        _ => "no JSON",
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3), which is compared with the answer's own `Date`, since our clock may
/// be another.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let answered = headers.get(DATE).and_then(|value| date(value.to_str().ok()?));
    date(text)?.duration_since(answered?).ok()
}

/// An answer that arrived whole.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// What it says; it may hold secrets.
    pub body: Vec<u8>,
}

/// What an answer sets a cookie to, unless it takes the cookie away (RFC 6265, section 4.1).
fn cookie(headers: &HeaderMap, name: &str) -> Option<Concealed> {
    let values = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.filter_map(|text| text.split(';').next()?.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    (!value.is_empty()).then(|| Concealed::new(value))
}

/// What speaks HTTP with the server.
fn http(base: &Url, certificate: Option<&Certificate>) -> Result<reqwest::Client, Error> {
    let broken = |source| Error::Broken { url: base.to_string(), source };
    // The first provider of a process stays; ours is the only one there is.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    #[allow(clippy::disallowed_methods, reason = "this is the client; the server's way out is elsewhere")]
    let mut builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")));
    if is_this_machine(base) {
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        // Reading the machine's certificates takes longer than a call. There are no redirects to https.
        builder = builder.tls_certs_only([]);
    }
    if let Some(certificate) = certificate {
        builder = builder.identity(reqwest::Identity::from_pem(certificate.pem()).map_err(broken)?);
    }
    builder.build().map_err(broken)
}

fn base(address: &str) -> Result<Url, Error> {
    // What is before an `@` may be a password.
    let shown = address.trim().rsplit_once('@').map(|(_, host)| format!("…@{host}"));
    let wrong = || Error::Address(shown.clone().unwrap_or_else(|| address.trim().to_owned()));
    let plain = address.trim().trim_end_matches('/');
    let mut url = Url::parse(plain.strip_suffix("/api").unwrap_or(plain)).map_err(|_| wrong())?;
    let names_somebody = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || names_somebody {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether the address is on this machine, where a proxy of the environment has no business.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Fields that are not given are left out; lists go comma-separated.
fn add_query(url: &mut Url, fields: &Value) {
    let Some(fields) = fields.as_object().filter(|fields| !fields.is_empty()) else { return };
    let mut query = url.query_pairs_mut();
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::String(text) => {
                query.append_pair(name, text);
            }
            other => {
                query.append_pair(name, &other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, want) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            (" https://v.example.com/api/ ", "https://v.example.com"),
            ("https://v.example.com/base/api", "https://v.example.com/base"),
        ] {
            assert_eq!(Client::new(text).unwrap().address(), want);
        }
        for text in ["", "v.example.com", "ftp://x", "https://u:p@x", "unix:/x"] {
            assert!(matches!(Client::new(text), Err(Error::Address(_))), "{text}");
        }
        // A password is not repeated.
        for text in ["https://u:canary@x", "https://:canary@x/api", "https://canary@x", "u:canary@x"] {
            let said = Client::new(text).err().unwrap().to_string();
            assert!(said.starts_with("`…@x") && !said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn names_in_paths_stay_one_segment() {
        let client = Client::new("http://x/base").unwrap();
        assert_eq!(client.url(&["api", "a b/c"]).unwrap().as_str(), "http://x/base/api/a%20b%2Fc");
        assert!(client.url(&["api", ".."]).is_err());
        assert!(client.url(&["api", ""]).is_err());
    }

    #[test]
    fn what_is_passed_on_stays_below_the_api() {
        let client = Client::new("http://x/base").unwrap();
        let url = |target: &str| client.below_api(target).map(String::from);
        assert_eq!(url("/api/v4/secrets?a=%2F").as_deref(), Some("http://x/base/api/v4/secrets?a=%2F"));
        for target in
            ["/metrics", "/apiv4", "@y/api/", "/api/../metrics", "/api/%2e%2e/x", "/api/..%5c..", ".y/api/"]
        {
            assert!(url(target).is_none_or(|url| url.starts_with("http://x/base/api/")), "{target}");
        }
        assert_eq!(url("/api/../metrics"), None);
        assert_eq!(url("/api/v4/%2e%2e/%2E./metrics"), None);
    }

    #[test]
    fn queries_leave_out_what_is_not_given() {
        let mut url = Url::parse("http://x/a").unwrap();
        add_query(&mut url, &json!({ "a": "1 2", "b": null, "c": true, "d": 3 }));
        assert_eq!(url.as_str(), "http://x/a?a=1+2&c=true&d=3");
    }

    #[test]
    fn cookies_are_found_by_their_name() {
        let mut headers = HeaderMap::new();
        for text in ["other=1; Path=/", "jid=abc.d=; Path=/; HttpOnly", "gone=; Max-Age=0"] {
            headers.append(SET_COOKIE, HeaderValue::from_static(text));
        }
        let found = |name| cookie(&headers, name).map(Concealed::into_text);
        assert_eq!(found("jid").as_deref(), Some("abc.d="));
        assert_eq!((found("gone"), found("id")), (None, None));
    }

    #[test]
    fn servers_say_when_to_come_back_in_seconds_or_by_date() {
        for (text, seconds) in [
            ("120", Some(120)),
            ("Fri, 31 Dec 1999 23:59:59 GMT", Some(9)),
            ("Fri, 31 Dec 1999 23:59:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            headers.insert(DATE, HeaderValue::from_static("Fri, 31 Dec 1999 23:59:50 GMT"));
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_token_is_one_header_value() {
        let client = Client::new("http://x").unwrap();
        assert!(matches!(client.with_token("a\nb"), Err(Error::Token)));
    }

    /// Answers every request: one that names the tag `"t1"` with status 304, others with the length that the path says.
    fn peer() -> String {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                let path = head[0].split(' ').nth(1).unwrap();
                let length: usize = path.trim_start_matches('/').parse().unwrap();
                let known = head.iter().any(|line| line == "if-none-match: \"t1\"");
                let answer = if known {
                    "HTTP/1.1 304 Not Modified\r\nETag: \"t1\"\r\nConnection: close\r\n\r\n".to_owned()
                } else {
                    let body = format!("\"{}\"", "x".repeat(length));
                    let head = "HTTP/1.1 200 OK\r\nETag: \"t1\"\r\nConnection: close\r\n";
                    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    #[tokio::test]
    async fn what_has_the_known_tag_is_not_sent_again() {
        let client = Client::new(&peer()).unwrap();
        let read =
            async |known| client.get_unless::<_, String>(USUAL, &["3"], &json!({}), known).await.unwrap();
        let Fetched::New { value, etag } = read(None).await else { panic!("nothing was known") };
        assert_eq!((value.as_str(), etag.as_deref()), ("xxx", Some("\"t1\"")));
        assert!(matches!(read(etag.as_deref()).await, Fetched::Unchanged));
        assert!(matches!(read(Some("\"t2\"")).await, Fetched::New { .. }));
        assert!(matches!(read(Some("no\nheader")).await, Fetched::New { .. }));
    }

    #[tokio::test]
    async fn answers_have_the_limit_of_their_call() {
        let client = Client::new(&peer()).unwrap();
        let longer = (USUAL.answer + 1).to_string();
        let refused = client.get::<_, String>(&[&longer], &json!({})).await;
        assert!(matches!(refused, Err(Error::TooLarge { limit, .. }) if limit == USUAL.answer));
        let list: String = client.get_within(LIST, &[&longer], &json!({})).await.unwrap();
        assert_eq!(list.len(), USUAL.answer + 1);
    }
}
