//! A browser without scripts: it keeps cookies, follows links and sends forms.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, redirect};
use vouchsafe_testkit::{PASSWORD, TestServer};

/// A browser without scripts.
pub(crate) struct Browser {
    http: Client,
    pub(crate) url: String,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// A page, or whatever else was answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    /// Without cookies.
    pub(crate) fn new(server: &TestServer) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        #[allow(clippy::disallowed_methods, reason = "a test's own client")]
        let builder = Client::builder();
        let http = builder.no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Self { http, url: server.url.clone(), cookies: BTreeMap::new() }
    }

    /// Of a new person with this organization role, signed in.
    pub(crate) async fn of(server: &TestServer, email: &str, role: &str) -> Self {
        server.user(email, role).await;
        let mut browser = Self::new(server);
        let page = browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 303, "{}", page.text);
        browser
    }

    /// Asks for a page.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Asks for a page that must be there.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    /// Sends a form as a page of this site sends it; the token is added if there is a session.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = if self.is_signed_in() { self.form_token().await } else { String::new() };
        let fields = fields.iter().copied().chain([("form_token", token.as_str())]);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let origin = self.url.clone();
        let request = self.request(Method::POST, path).header(ORIGIN, origin);
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }

    /// Sends a form and goes where it leads.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut page = self.post(path, fields).await;
        assert_eq!(page.status, 303, "{path}: {}", page.text);
        while page.status == 303 {
            let to = page.headers[LOCATION].to_str().unwrap().to_owned();
            page = self.get(&to).await;
        }
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    /// The token that forms of this session carry.
    pub(crate) async fn form_token(&mut self) -> String {
        let page = self.get("/organizations").await.text;
        let (_, rest) = page.split_once(r#"name="form_token" value=""#).expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    fn is_signed_in(&self) -> bool {
        self.cookies.contains_key("vouchsafe-session")
    }

    /// A request to shape further.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.url)).header("accept", "text/html");
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies of the answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Page { status, headers, text: response.text().await.unwrap() }
    }
}
