//! A provider written for a test: answers what it is told to, and remembers what it was asked.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a provider was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// A header, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Status, content type and body.
pub(crate) type Said = (u16, &'static str, String);

/// A provider on loopback; stops when it is dropped.
pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Fake {
    /// Without TLS.
    pub(crate) fn plain(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        let (listener, address) = listen();
        let (router, asked) = router(answer);
        let server = axum_server::from_tcp(listener).unwrap().serve(router.into_make_service());
        let task = tokio::spawn(async move { server.await.unwrap() });
        Self { url: format!("http://{address}"), asked, task }
    }

    /// By TLS, with a certificate of this authority.
    pub(crate) fn tls(
        authority: &Authority,
        answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
    ) -> Self {
        let (listener, address) = listen();
        let (router, asked) = router(answer);
        let config = RustlsConfig::from_config(Arc::new(authority.server()));
        let server =
            axum_server::from_tcp_rustls(listener, config).unwrap().serve(router.into_make_service());
        let task = tokio::spawn(async move { server.await.unwrap() });
        Self { url: format!("https://{address}"), asked, task }
    }

    /// Everything that it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What it was asked last.
    pub(crate) fn last(&self) -> Asked {
        self.asked().pop().unwrap()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn router(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> (Router, Arc<Mutex<Vec<Asked>>>) {
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
    let handle = move |request: Request<Body>| {
        let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
        async move {
            let (parts, body) = request.into_parts();
            let one = Asked {
                method: parts.method.to_string(),
                target: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
                headers: parts.headers,
                body: to_bytes(body, 1 << 20).await.unwrap().to_vec(),
            };
            let (status, media, text) = answer(&one);
            log.lock().unwrap().push(one);
            // Google's metadata service says by this header who it is; others pass over it.
            let response = Response::builder().status(status).header("metadata-flavor", "Google");
            response.header("content-type", media).body(Body::from(text)).unwrap()
        }
    };
    (Router::new().fallback(handle), asked)
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key) }
    }

    /// A server at 127.0.0.1.
    fn server(&self) -> rustls::ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap()
    }
}
