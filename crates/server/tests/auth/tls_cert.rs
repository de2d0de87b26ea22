//! TLS Certificate Auth: over our own listener with curl, OpenSSL and rustls as clients, and through a proxy's header.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, SerialNumber, date_time_ymd};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme, SupportedProtocolVersion, version};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use vouchsafe_server::start::{Listening, Running, Timeouts, serve};
use vouchsafe_server::tls::{Tls, TlsFiles};
use vouchsafe_testkit::{Answer, TestServer, both};

use crate::common::{at, attached, is_accepted, last_refusal};
use crate::trees::{Ca, Leaf, authority, client, key, named};

both!(
    a_certificate_logs_in_over_our_listener_for_its_whole_life,
    each_wrong_certificate_is_refused_for_what_it_is,
    both_versions_of_tls_and_other_clients_log_in,
    who_does_not_hold_the_key_gets_nowhere,
    a_bound_token_is_good_with_its_certificate_only,
    a_listed_proxy_forwards_the_certificate,
    a_header_of_anybody_else_is_ignored,
    unusable_authorities_are_refused,
    sources_trust_different_authorities,
    administrators_try_out_and_ask_whom_a_certificate_would_become,
    an_x509_svid_logs_in_by_spiffe_auth,
);

const METHOD: &str = "tls-cert-auth";
const LOGIN: &str = "/api/v1/auth/tls-cert-auth/login";

/// A TLS listener of a test server, beside its plain one.
struct Secure {
    url: String,
    port: u16,
    folder: TempDir,
    running: Running,
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.running.stop_now();
    }
}

/// The authority of a listener, and its certificate for 127.0.0.1; good for curl at any time.
fn listener_certificate() -> (Ca, Leaf) {
    let lasting = |mut params: CertificateParams| {
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2100, 1, 1));
        params
    };
    let ca = Ca::root(lasting(authority("listener ca")), key());
    let mut params = lasting(named("listener", &["IP:127.0.0.1"]));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf = ca.leaf(params);
    (ca, leaf)
}

impl Secure {
    fn start(server: &TestServer) -> Self {
        Self::start_with(server, Timeouts::USUAL, Duration::from_millis(50))
    }

    fn start_with(server: &TestServer, timeouts: Timeouts, check_every: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let (ca, leaf) = listener_certificate();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        put("ca.pem", &ca.pem());
        put("server.pem", &leaf.pem);
        put("server.key", &leaf.key.serialize_pem());
        let path = |name: &str| folder.path().join(name);
        let files = TlsFiles { certificate: path("server.pem"), key: path("server.key") };
        let tls = Tls::load(files).unwrap().checked_every(check_every);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let running = Running::new();
        let listening = Listening { listener, tls: Some(tls), timeouts };
        tokio::spawn(serve(
            server.app.clone(),
            vouchsafe_server::http::service(server.app.clone()),
            listening,
            running.clone(),
        ));
        Self { url: format!("https://127.0.0.1:{port}"), port, folder, running }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A request with curl, showing these certificates (and holding the key of the first).
    async fn curl(&self, chain: &[&Leaf], more: &[&str], path: &str, body: Option<&Value>) -> Answer {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "30", "--write-out", "\n%{http_code}"]);
        command.arg("--cacert").arg(self.folder.path().join("ca.pem"));
        if let Some(leaf) = chain.first() {
            let pems: String = chain.iter().map(|leaf| leaf.pem.as_str()).collect();
            command.arg("--cert").arg(self.put("client.pem", &pems));
            command.arg("--key").arg(self.put("client.key", &leaf.key.serialize_pem()));
        }
        if let Some(body) = body {
            command.args(["--header", "content-type: application/json", "--data", &body.to_string()]);
        }
        let output = command.args(more).arg(format!("{}{path}", self.url)).output().await;
        let output = output.expect("curl is installed (Debian package `curl`)");
        let said = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let (body, status) = said.rsplit_once('\n').expect(&error);
        let status = status.parse().unwrap();
        assert!(status > 0, "curl: {error}");
        Answer { status, headers: HeaderMap::new(), body: serde_json::from_str(body).unwrap_or(Value::Null) }
    }

    async fn log_in(&self, chain: &[&Leaf], identity: &str) -> Answer {
        self.curl(chain, &[], LOGIN, Some(&json!({ "identityId": identity }))).await
    }

    /// Asks who a token is.
    async fn details(&self, chain: &[&Leaf], token: &str) -> u16 {
        let bearer = format!("authorization: Bearer {token}");
        self.curl(chain, &["--header", &bearer], "/api/v1/identities/details", None).await.status
    }
}

fn trusting(ca: &Ca) -> Value {
    json!({ "caCertificate": ca.pem() })
}

fn token(reply: &Value) -> String {
    reply["accessToken"].as_str().unwrap().to_owned()
}

/// An authority as something to present behind a leaf.
fn presented(ca: &Ca) -> Leaf {
    Leaf { der: ca.der(), pem: ca.pem(), key: key() }
}

async fn a_certificate_logs_in_over_our_listener_for_its_whole_life(server: TestServer) {
    let (secure, ca) = (Secure::start(&server), Ca::new("ca"));
    let config = json!({ "caCertificate": ca.pem(), "allowedCommonNames": "web,api" });
    let (identity, reply) = attached(&server, METHOD, config).await;
    let shown = &reply["identityTlsCertAuth"];
    assert_eq!(shown["caCertificate"], ca.pem());
    assert_eq!(shown["allowedCommonNames"], "web,api");
    assert_eq!(shown["allowedSubjectAltNames"], Value::Null);
    assert_eq!(shown["verifyClientCertificateChain"], false);
    assert!(shown.get("encryptedCaCertificate").is_none());

    let web = ca.client("web");
    let granted = secure.log_in(&[&web], &identity).await.ok();
    assert_eq!(granted["tokenType"], "Bearer");
    let granted = token(&granted);
    assert!(is_accepted(&server, &granted).await, "a token that is not bound is good anywhere");
    let path = at(METHOD, &identity);
    let narrow = json!({ "accessTokenTrustedIps": [{ "ipAddress": "203.0.113.7" }] });
    server.admin.patch(&path, narrow).await.ok();
    assert!(!is_accepted(&server, &granted).await, "an old token obeys the new addresses");
    let wide = json!({ "accessTokenTrustedIps": [{ "ipAddress": "0.0.0.0/0" }], "allowedCommonNames": null });
    let changed = server.admin.patch(&path, wide).await.ok();
    assert_eq!(changed["identityTlsCertAuth"]["allowedCommonNames"], Value::Null);
    assert!(is_accepted(&server, &granted).await);
    secure.log_in(&[&ca.client("anybody")], &identity).await.ok();

    server.admin.delete(&path).await.ok();
    assert!(!is_accepted(&server, &granted).await, "a removed method's tokens are dead");
    assert_eq!(secure.log_in(&[&web], &identity).await.refused(401), "Invalid credentials");
    assert_eq!(server.admin.get(&path).await.status, 404);
}

async fn each_wrong_certificate_is_refused_for_what_it_is(server: TestServer) {
    let (secure, root) = (Secure::start(&server), Ca::new("root"));
    let middle = root.below(authority("middle"));
    let config = json!({
        "caCertificate": root.pem(),
        "verifyClientCertificateChain": true,
        "allowedSubjectAltNames": ["URI:spiffe://acme/web"],
        "crl": format!("{}{}", root.revokes(&[], 2027), middle.revokes(&[66], 2027)),
    });
    let (identity, _) = attached(&server, METHOD, config).await;
    let web = || named("web", &["URI:spiffe://acme/web"]);
    let shown = presented(&middle);
    secure.log_in(&[&middle.leaf(web()), &shown], &identity).await.ok();

    let dated = |from, to| {
        let mut params = web();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        middle.leaf(params)
    };
    let mut for_servers = web();
    for_servers.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut revoked = web();
    revoked.serial_number = Some(SerialNumber::from(66));
    let mut an_authority = authority("web");
    an_authority.subject_alt_names = web().subject_alt_names;
    for (leaf, reason) in [
        (Ca::new("middle").leaf(web()), "certificate-path-invalid"),
        (dated(2025, 2026), "expired"),
        (dated(2027, 2028), "not-yet-valid"),
        (middle.leaf(for_servers), "certificate-path-invalid"),
        (middle.leaf(an_authority), "certificate-path-invalid"),
        (middle.leaf(revoked), "certificate-revoked"),
        (middle.leaf(named("web", &["URI:spiffe://acme/api"])), "certificate-name-mismatch"),
    ] {
        let answer = secure.log_in(&[&leaf, &shown], &identity).await;
        assert_eq!(answer.refused(401), "Invalid credentials");
        let event = last_refusal(&server, METHOD).await;
        assert_eq!(event["event"]["metadata"]["reason"], reason, "{event}");
    }
    // Without the intermediate, and without anything.
    assert_eq!(secure.log_in(&[&middle.leaf(web())], &identity).await.refused(401), "Invalid credentials");
    assert_eq!(secure.log_in(&[], &identity).await.refused(400), "Missing TLS certificate in header");
    let plain = server.anonymous().post(LOGIN, json!({ "identityId": identity })).await;
    assert_eq!(plain.refused(400), "Missing TLS certificate in header");
    // The lists are out of date in June 2027; the path is not.
    server.clock.advance_seconds(200 * 86_400);
    let late = secure.log_in(&[&middle.leaf(web()), &shown], &identity).await;
    assert_eq!(late.refused(401), "Invalid credentials");
    // The administrator's token does not live as long.
    server.clock.advance_seconds(-200 * 86_400);
    let event = last_refusal(&server, METHOD).await;
    assert_eq!(event["event"]["metadata"]["reason"], "certificate-revoked", "{event}");
}

async fn an_x509_svid_logs_in_by_spiffe_auth(server: TestServer) {
    let secure = Secure::start(&server);
    let mut domain = authority("spire");
    domain.subject_alt_names = named("", &["URI:spiffe://acme.example"]).subject_alt_names;
    let ca = Ca::root(domain, key());
    let x5c = [BASE64_STANDARD.encode(ca.der())];
    let bundle = json!({ "keys": [{ "kty": "EC", "use": "x509-svid", "x5c": x5c }] });
    let config = json!({
        "trustDomain": "acme.example", "allowedSpiffeIds": "spiffe://acme.example/web/*", "allowedAudiences": "unused",
        "trustBundleDistribution": { "profile": "static", "bundle": bundle.to_string() },
    });
    let (identity, _) = attached(&server, "spiffe-auth", config).await;
    let log_in = async |chain: &[&Leaf]| {
        let body = json!({ "identityId": identity });
        secure.curl(chain, &[], "/api/v1/auth/spiffe-auth/login", Some(&body)).await
    };
    let svid = |id: &str| ca.leaf(named("", &[&format!("URI:{id}")]));
    log_in(&[&svid("spiffe://acme.example/web/a")]).await.ok();
    for (leaf, reason) in [
        (svid("spiffe://acme.example/db/a"), "subject-mismatch"),
        (svid("spiffe://other.example/web/a"), "issuer-mismatch"),
        (Ca::new("spire").leaf(named("", &["URI:spiffe://acme.example/web/a"])), "certificate-path-invalid"),
        (ca.leaf(named("", &["DNS:web.acme.example"])), "malformed-proof"),
    ] {
        assert_eq!(log_in(&[&leaf]).await.refused(401), "Invalid credentials");
        let event = last_refusal(&server, "spiffe-auth").await;
        assert_eq!(event["event"]["metadata"]["reason"], reason, "{event}");
    }
    log_in(&[]).await.refused(400);
}

async fn both_versions_of_tls_and_other_clients_log_in(server: TestServer) {
    let (secure, ca) = (Secure::start(&server), Ca::new("ca"));
    let (identity, _) = attached(&server, METHOD, trusting(&ca)).await;
    let keys = [
        KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap(),
        KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(),
        ed25519().await,
    ];
    for key in keys {
        let leaf = ca.leaf_with(client("web"), key);
        for versions in [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3", "--tls-max", "1.3"]] {
            let body = json!({ "identityId": identity });
            secure.curl(&[&leaf], &versions, LOGIN, Some(&body)).await.ok();
        }
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let said = s_client(&secure, &ca.client("web"), version, &identity).await;
        assert!(said.starts_with("HTTP/1.1 200") && said.contains("accessToken"), "{version}: {said}");
    }
    let old = secure_versions(&secure, "-tls1_1").await;
    assert!(!old, "TLS 1.1 is not spoken");
}

/// A key in the form that OpenSSL reads.
async fn ed25519() -> KeyPair {
    let made = Command::new("openssl").args(["genpkey", "-algorithm", "ed25519"]).output().await;
    let made = made.expect("openssl is installed (Debian package `openssl`)");
    KeyPair::from_pem(std::str::from_utf8(&made.stdout).unwrap()).unwrap()
}

/// A login with `openssl s_client`; answers the whole reply.
async fn s_client(secure: &Secure, leaf: &Leaf, version: &str, identity: &str) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", version, "-connect", &format!("127.0.0.1:{}", secure.port)]);
    command.arg("-cert").arg(secure.put("client.pem", &leaf.pem));
    command.arg("-key").arg(secure.put("client.key", &leaf.key.serialize_pem()));
    command.arg("-CAfile").arg(secure.folder.path().join("ca.pem")).arg("-verify_return_error");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().expect("openssl is installed (Debian package `openssl`)");
    let body = json!({ "identityId": identity }).to_string();
    let request = format!(
        "POST {LOGIN} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut input = child.stdin.take().unwrap();
    input.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    let mut output = child.stdout.take().unwrap();
    tokio::time::timeout(Duration::from_secs(20), output.read_to_string(&mut said)).await.unwrap().unwrap();
    said
}

/// Whether a handshake of this version succeeds.
async fn secure_versions(secure: &Secure, version: &str) -> bool {
    let mut command = Command::new("openssl");
    command.args(["s_client", version, "-cipher", "DEFAULT@SECLEVEL=0"]);
    command.args(["-connect", &format!("127.0.0.1:{}", secure.port)]).stdin(Stdio::null());
    command.output().await.expect("openssl is installed (Debian package `openssl`)").status.success()
}

/// Shows one certificate and signs with another's key.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl rustls::client::ResolvesClientCert for Impostor {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A client that shows this certificate and holds that key.
fn rustls_client(
    secure: &Secure,
    shown: &Leaf,
    held: &KeyPair,
    version: &'static SupportedProtocolVersion,
) -> reqwest::Client {
    use rustls::pki_types::pem::PemObject;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::try_from(held.serialize_der()).unwrap();
    let signer = provider.key_provider.load_private_key(key).unwrap();
    let certified = CertifiedKey::new(vec![CertificateDer::from(shown.der.clone())], signer);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(secure.folder.path().join("ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(Impostor(Arc::new(certified))));
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(config).build().unwrap()
}

async fn who_does_not_hold_the_key_gets_nowhere(server: TestServer) {
    let (secure, ca) = (Secure::start(&server), Ca::new("ca"));
    let (identity, _) = attached(&server, METHOD, trusting(&ca)).await;
    let (web, thief) = (ca.client("web"), ca.client("thief"));
    let url = format!("{}{LOGIN}", secure.url);
    for version in [&version::TLS12, &version::TLS13] {
        let post = async |client: reqwest::Client| {
            client.post(&url).json(&json!({ "identityId": identity })).send().await
        };
        let owner = post(rustls_client(&secure, &web, &web.key, version)).await.unwrap();
        assert_eq!(owner.status(), 200, "{:?}", version.version);
        let stolen = post(rustls_client(&secure, &web, &thief.key, version)).await;
        assert!(stolen.is_err(), "{:?}: the handshake fails", version.version);
    }
}

async fn a_bound_token_is_good_with_its_certificate_only(server: TestServer) {
    let (secure, ca) = (Secure::start(&server), Ca::new("ca"));
    let config = json!({ "caCertificate": ca.pem(), "bindToken": true });
    let (identity, _) = attached(&server, METHOD, config).await;
    let (web, other) = (ca.client("web"), ca.client("web"));
    let bound = token(&secure.log_in(&[&web], &identity).await.ok());
    assert_eq!(secure.details(&[&web], &bound).await, 200);
    assert_eq!(secure.details(&[&other], &bound).await, 401);
    assert_eq!(secure.details(&[], &bound).await, 401);
    assert!(!is_accepted(&server, &bound).await, "nor without TLS");

    let body = json!({ "accessToken": bound });
    let renew = "/api/v1/auth/token/renew";
    assert!(
        server
            .anonymous()
            .post(renew, body.clone())
            .await
            .refused(401)
            .contains("bound to a client certificate")
    );
    secure.curl(&[&other], &[], renew, Some(&body)).await.refused(401);
    let renewed = token(&secure.curl(&[&web], &[], renew, Some(&body)).await.ok());
    assert_eq!(secure.details(&[&web], &renewed).await, 200);
    assert_eq!(secure.details(&[&other], &renewed).await, 401);
}

/// A certificate as nginx forwards it.
fn escaped(pem: &str) -> String {
    pem.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

async fn forward(server: &TestServer, values: &[String], identity: &str) -> Answer {
    let nobody = server.anonymous();
    let mut request = nobody.request(Method::POST, LOGIN).json(&json!({ "identityId": identity }));
    for value in values {
        request = request.header("x-client-cert", value);
    }
    nobody.send(request).await
}

async fn with_proxy(server: TestServer, network: &'static str) -> TestServer {
    server
        .restart_with(|settings| {
            settings.trusted_proxies = vec![network.parse().unwrap()];
            settings.client_certificate_header = Some(HeaderName::from_static("x-client-cert"));
        })
        .await
}

async fn a_listed_proxy_forwards_the_certificate(server: TestServer) {
    let server = with_proxy(server, "127.0.0.0/8").await;
    let root = Ca::new("root");
    let middle = root.below(authority("middle"));
    let config =
        json!({ "caCertificate": root.pem(), "verifyClientCertificateChain": true, "bindToken": true });
    let (identity, _) = attached(&server, METHOD, config).await;
    let web = middle.client("web");
    let chain = escaped(&format!("{}{}", web.pem, middle.pem()));
    let granted = token(&forward(&server, std::slice::from_ref(&chain), &identity).await.ok());

    let details = async |value: Option<&str>| {
        let person = server.admin.with_token(&granted);
        let mut request = person.request(Method::GET, "/api/v1/identities/details");
        if let Some(value) = value {
            request = request.header("x-client-cert", value);
        }
        person.send(request).await.status
    };
    assert_eq!(details(Some(&chain)).await, 200);
    assert_eq!(details(Some(&escaped(&web.pem))).await, 200, "the leaf counts");
    assert_eq!(details(Some(&escaped(&middle.client("web").pem))).await, 401);
    assert_eq!(details(None).await, 401);

    let mut tampered = web.der.clone();
    *tampered.last_mut().unwrap() ^= 1;
    let tampered = {
        use base64::Engine;
        let der = |der: &[u8]| base64::prelude::BASE64_STANDARD.encode(der);
        format!("{},{}", der(&tampered), der(&middle.der()))
    };
    let foreign = escaped(&Ca::new("root").client("web").pem);
    for (value, reason) in [
        (escaped(&web.pem), "certificate-path-invalid"),
        (tampered, "certificate-path-invalid"),
        (foreign, "certificate-path-invalid"),
        ("AAEC".to_owned(), "malformed-proof"),
    ] {
        assert_eq!(forward(&server, &[value], &identity).await.refused(401), "Invalid credentials");
        let event = last_refusal(&server, METHOD).await;
        assert_eq!(event["event"]["metadata"]["reason"], reason, "{event}");
    }
    let many = escaped(&web.pem.repeat(11));
    for values in [vec![], vec!["not a certificate".to_owned()], vec![many], vec![chain.clone(), chain]] {
        let answer = forward(&server, &values, &identity).await;
        assert_eq!(answer.refused(400), "Missing TLS certificate in header");
    }
}

async fn a_header_of_anybody_else_is_ignored(server: TestServer) {
    let ca = Ca::new("ca");
    let (identity, _) = attached(&server, METHOD, trusting(&ca)).await;
    let web = escaped(&ca.client("web").pem);
    let missing = "Missing TLS certificate in header";
    assert_eq!(forward(&server, std::slice::from_ref(&web), &identity).await.refused(400), missing);
    let server = with_proxy(server, "192.0.2.0/24").await;
    assert_eq!(forward(&server, std::slice::from_ref(&web), &identity).await.refused(400), missing);
    // Over our own listener, the certificate of the connection counts and the header does not.
    let secure = Secure::start(&server);
    let header = format!("x-client-cert: {web}");
    let body = json!({ "identityId": identity });
    let answer = secure.curl(&[], &["--header", &header], LOGIN, Some(&body)).await;
    assert_eq!(answer.refused(400), missing);
    let stranger = Ca::new("stranger").client("web");
    secure.curl(&[&stranger], &["--header", &header], LOGIN, Some(&body)).await.refused(401);
    drop(secure);
    // What a listed proxy shows of itself is not its client's.
    let server = with_proxy(server, "127.0.0.0/8").await;
    let secure = Secure::start(&server);
    assert_eq!(secure.log_in(&[&ca.client("web")], &identity).await.refused(400), missing);
}

async fn unusable_authorities_are_refused(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    let ca = Ca::new("ca");
    let mut old = authority("old");
    old.not_after = date_time_ymd(2026, 2, 1);
    let old = Ca::root(old, key());
    let unusable = server.admin.post(&path, json!({})).await.refused(422);
    assert!(unusable.contains("caCertificate"), "{unusable}");
    let unusable =
        server.admin.post(&path, json!({ "caCertificate": ca.client("web").pem })).await.refused(422);
    assert!(unusable.contains("do not say CA"), "{unusable}");
    let unusable = server.admin.post(&path, trusting(&old)).await.refused(400);
    assert!(unusable.contains("CN=old has expired"), "{unusable}");
    let stale = json!({ "caCertificate": ca.pem(), "crl": ca.revokes(&[], 2026) });
    let unusable = server.admin.post(&path, stale).await.refused(400);
    assert!(unusable.contains("was to be renewed"), "{unusable}");
    server.admin.post(&path, trusting(&ca)).await.ok();
    server.admin.patch(&path, json!({ "caCertificate": "" })).await.refused(422);
}

async fn sources_trust_different_authorities(server: TestServer) {
    let (secure, first, second) = (Secure::start(&server), Ca::new("first"), Ca::new("second"));
    let (identity, _) = attached(&server, METHOD, trusting(&first)).await;
    let stranger = second.client("web");
    secure.log_in(&[&stranger], &identity).await.refused(401);
    let mut source = trusting(&second);
    source["source"] = json!("second");
    server.admin.post(&format!("{}/sources", at(METHOD, &identity)), source).await.ok();
    secure.log_in(&[&stranger], &identity).await.ok();
    secure.log_in(&[&first.client("web")], &identity).await.ok();
}

async fn administrators_try_out_and_ask_whom_a_certificate_would_become(server: TestServer) {
    let ca = Ca::new("ca");
    let config = |name: &str| json!({ "caCertificate": ca.pem(), "allowedCommonNames": name });
    let (web, _) = attached(&server, METHOD, config("web")).await;
    let (api, _) = attached(&server, METHOD, config("api")).await;
    let sample = json!({ "certificate": ca.client("web").pem });
    let reply = server.admin.post("/api/v1/access/what-if", sample).await.ok();
    assert_eq!(reply["matches"][0]["identityId"], web, "{reply}");
    assert_eq!(reply["misses"][0]["identityId"], api, "{reply}");
    let steps = reply["misses"][0]["steps"].as_array().unwrap();
    let miss = steps.iter().find(|step| step["ok"] == false).unwrap();
    assert_eq!(miss["reason"], "certificate-name-mismatch");

    let test = format!("{}/test", at(METHOD, &web));
    let reply = server.admin.post(&test, json!({})).await.ok().to_string();
    assert!(reply.contains("authority CN=ca, valid from 2026-01-01"), "{reply}");
}

/// Waits until the other side closes; answers how long that took.
async fn closed(mut stream: TcpStream) -> Duration {
    let start = Instant::now();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "a silent connection is kept");
    start.elapsed()
}

/// On one database; nothing here asks it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_clients_are_cut_off() {
    let server = TestServer::start(vouchsafe_testkit::Engine::Sqlite).await;
    let timeouts = Timeouts { handshake: Duration::from_millis(400), headers: Duration::from_millis(800) };
    let least = Duration::from_millis(300);
    let secure = Secure::start_with(&server, timeouts, Duration::from_mins(1));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = listener.local_addr().unwrap();
    let running = Running::new();
    let listening = Listening { timeouts, ..Listening::plain(listener) };
    tokio::spawn(serve(
        server.app.clone(),
        vouchsafe_server::http::service(server.app.clone()),
        listening,
        running.clone(),
    ));

    let connect = async |port: u16, bytes: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    };
    let half = b"GET /healthz HTTP/1.1\r\nhost: lo";
    assert!(closed(connect(secure.port, b"").await).await >= least, "no handshake");
    assert!(closed(connect(secure.port, &[0x16, 3, 1, 1, 0, 1]).await).await >= least, "half a handshake");
    assert!(closed(connect(plain.port(), b"").await).await >= least, "no request");
    assert!(closed(connect(plain.port(), half).await).await >= least, "half the headers");
    let mut again = connect(plain.port(), b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut first = [0; 12];
    again.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    again.write_all(half).await.unwrap();
    assert!(closed(again).await >= least, "half the headers of a second request");

    // Through a handshake, and then silent.
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &format!("127.0.0.1:{}", secure.port)]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let start = Instant::now();
    let mut child = command.spawn().expect("openssl is installed (Debian package `openssl`)");
    let _held = child.stdin.take();
    tokio::time::timeout(Duration::from_secs(20), child.wait())
        .await
        .expect("a silent client is cut off")
        .unwrap();
    assert!(start.elapsed() >= least);
    running.stop_now();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_files_are_taken_over_and_bad_ones_are_not() {
    let server = TestServer::start(vouchsafe_testkit::Engine::Sqlite).await;
    let secure = Secure::start(&server);
    let status = "/api/status";
    assert_eq!(secure.curl(&[], &[], status, None).await.status, 200);
    // A key that does not fit its certificate: the pair before stays.
    secure.put("server.key", &key().serialize_pem());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(secure.curl(&[], &[], status, None).await.status, 200);

    let (ca, leaf) = listener_certificate();
    secure.put("server.pem", &leaf.pem);
    secure.put("server.key", &leaf.key.serialize_pem());
    let new_ca = secure.put("new-ca.pem", &ca.pem());
    for _ in 0..100 {
        let mut command = Command::new("curl");
        command.args(["--silent", "--output", "/dev/null", "--cacert"]).arg(&new_ca);
        if command.arg(format!("{}{status}", secure.url)).status().await.unwrap().success() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the new certificate is not served");
}
