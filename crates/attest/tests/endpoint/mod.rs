//! A SPIFFE bundle endpoint that shows an SVID, for tests. Include `trees` beside it.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses some of it")]
#![allow(clippy::disallowed_methods, reason = "a server of a test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::trees::{Ca, authority, key, named};

/// The ID that the endpoint has to have.
pub(crate) const ID: &str = "spiffe://acme.example/spire/server";

/// An endpoint on loopback, until the end of the process.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    shown: Arc<Mutex<(Arc<CertifiedKey>, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Endpoint {
    /// One that shows this chain, leaf first, and answers this bundle.
    pub(crate) fn start(chain: Vec<Vec<u8>>, key: &KeyPair, bundle: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/bundle", listener.local_addr().unwrap());
        let shown = Arc::new(Mutex::new((certified(chain, key), bundle.to_owned())));
        let asked = Arc::new(AtomicUsize::new(0));
        let (ours, count) = (Arc::clone(&shown), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (key, bundle) = ours.lock().unwrap().clone();
                // Whoever does not like the certificate hangs up.
                let _ = serve(stream.unwrap(), key, &bundle, &count);
            }
        });
        Self { url, shown, asked }
    }

    /// Shows and answers something else from now on.
    pub(crate) fn becomes(&self, chain: Vec<Vec<u8>>, key: &KeyPair, bundle: &str) {
        *self.shown.lock().unwrap() = (certified(chain, key), bundle.to_owned());
    }

    /// How often the bundle was handed out.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Shows one certificate, whoever asks.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Nobody looks whether key and certificate belong together.
fn certified(chain: Vec<Vec<u8>>, key: &KeyPair) -> Arc<CertifiedKey> {
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private).unwrap();
    Arc::new(CertifiedKey::new(chain.into_iter().map(CertificateDer::from).collect(), key))
}

fn serve(
    stream: TcpStream,
    key: Arc<CertifiedKey>,
    bundle: &str,
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(key)));
    let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut part)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&part[..read]);
    }
    asked.fetch_add(1, Ordering::SeqCst);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
    write!(stream, "{head} {}\r\n\r\n{bundle}", bundle.len())?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// Valid whenever the tests are run: TLS goes by the real time.
pub(crate) fn lasting(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2200, 1, 1));
    params
}

/// An authority of the trust domain.
pub(crate) fn domain_ca() -> Ca {
    Ca::root(lasting(authority("ca")), key())
}

/// What an endpoint shows that has the right ID.
pub(crate) fn svid() -> CertificateParams {
    let mut params = lasting(named("spire", &[&format!("URI:{ID}")]));
    params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
    params
}

/// A trust bundle of these authorities, and keys for JWT-SVIDs.
pub(crate) fn bundle(authorities: &[&Ca], keys: &[Value]) -> String {
    let entry =
        |ca: &&Ca| json!({ "kty": "EC", "use": "x509-svid", "x5c": [BASE64_STANDARD.encode(ca.der())] });
    let mut all: Vec<_> = authorities.iter().map(entry).collect();
    all.extend_from_slice(keys);
    json!({ "keys": all, "spiffe_sequence": 1 }).to_string()
}
