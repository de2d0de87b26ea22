//! One request, one answer.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, Response, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use crate::error::{Error, Refusal};

/// Longest time for a call, from connecting to the last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer, in bytes.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// A client of one server, cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// A client without a token. The address may end in `/api`, as some configurations have it.
    pub fn new(address: &str) -> Result<Self, Error> {
        let base = base(address)?;
        // The first provider of a process stays; ours is the only one there is.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        #[allow(clippy::disallowed_methods, reason = "this is the client; the server's way out is elsewhere")]
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")));
        if is_this_machine(&base) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|source| Error::Broken { url: base.to_string(), source })?;
        Ok(Self { http, base, authorization: None })
    }

    /// The same client, acting with this access token.
    pub fn with_token(mut self, token: &str) -> Result<Self, Error> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| Error::Token)?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(self)
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
        let mut url = self.url(path)?;
        add_query(&mut url, &self.fields(input)?);
        self.send(self.http.get(url)).await
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
        self.send(self.http.request(method, self.url(path)?).json(&self.fields(input)?)).await
    }

    async fn send<O: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<O, Error> {
        let request = match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.failed(error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(Error::Redirect { url: self.address().to_owned() });
        }
        let body = self.body(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| self.unreadable(status.as_u16(), &error));
        }
        let refusal: Refusal =
            serde_json::from_slice(&body).map_err(|error| self.unreadable(status.as_u16(), &error))?;
        Err(Error::Refused(refusal))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Error::TooLarge { url: self.address().to_owned(), limit: LARGEST_ANSWER });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
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

    fn failed(&self, error: reqwest::Error) -> Error {
        // The URL of a request may carry names of secrets; ours is enough.
        let (url, source) = (self.address().to_owned(), error.without_url());
        if source.is_timeout() {
            Error::Timeout { url, seconds: TIMEOUT.as_secs() }
        } else if source.is_connect() {
            Error::Unreachable { url, source }
        } else {
            Error::Broken { url, source }
        }
    }

    /// Says where reading stopped; the text of a serde error may quote a value, so it is left out.
    fn unreadable(&self, status: u16, error: &serde_json::Error) -> Error {
        let what = match error.classify() {
            serde_json::error::Category::Data => "JSON of another shape",
            serde_json::error::Category::Eof => "JSON that is cut off",
            _ => "no JSON",
        };
        Error::Unreadable { url: self.address().to_owned(), status, what: what.to_owned() }
    }
}

fn base(address: &str) -> Result<Url, Error> {
    let wrong = || Error::Address(address.trim().to_owned());
    let plain = address.trim().trim_end_matches('/');
    let mut url = Url::parse(plain.strip_suffix("/api").unwrap_or(plain)).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !url.username().is_empty() {
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
    }

    #[test]
    fn names_in_paths_stay_one_segment() {
        let client = Client::new("http://x/base").unwrap();
        assert_eq!(client.url(&["api", "a b/c"]).unwrap().as_str(), "http://x/base/api/a%20b%2Fc");
        assert!(client.url(&["api", ".."]).is_err());
        assert!(client.url(&["api", ""]).is_err());
    }

    #[test]
    fn queries_leave_out_what_is_not_given() {
        let mut url = Url::parse("http://x/a").unwrap();
        add_query(&mut url, &json!({ "a": "1 2", "b": null, "c": true, "d": 3 }));
        assert_eq!(url.as_str(), "http://x/a?a=1+2&c=true&d=3");
    }

    #[test]
    fn a_token_is_one_header_value() {
        let client = Client::new("http://x").unwrap();
        assert!(matches!(client.with_token("a\nb"), Err(Error::Token)));
    }
}
