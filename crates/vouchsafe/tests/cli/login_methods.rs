//! `vouchsafe login --method`, from a platform's proof to a secret that is read, against a real server.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};
use serde_json::json;

use crate::counterparts::directory;
use crate::counterparts::mint::Mint;
use crate::harness::{AUTHORITY, World};
use crate::trees::{Ca, authority, client, key, named};
use crate::workload::{Workload, calling_here, now};

#[test]
fn a_jwt_in_a_file_logs_in() {
    let mint = Mint::new("one");
    let settings = json!({
        "configurationType": "static", "publicKeys": [mint.pem()], "boundIssuer": "https://issuer.example",
        "boundSubject": "job", "boundAudiences": "vouchsafe", "boundClaims": {},
    });
    let workload = Workload::new("jwt-auth", &settings);
    let claims = |subject: &str| json!({ "iss": "https://issuer.example", "sub": subject, "aud": "vouchsafe", "iat": now(), "exp": now() + 300 });
    workload.write("good", &mint.token(&claims("job")));
    workload.reads(&["--jwt-file", "good"], &[("VOUCHSAFE_JWT_FILE", "good")]);
    for bad in [mint.token(&claims("other")), Mint::new("one").token(&claims("job"))] {
        workload.write("bad", &bad);
        workload.is_refused(&["--jwt-file", "bad"], &bad);
    }
}

#[test]
fn a_token_of_an_issuer_with_a_discovery_document_logs_in() {
    let mint = Mint::new("one");
    let issuer = issuer(&mint);
    let settings = json!({
        "oidcDiscoveryUrl": issuer, "boundIssuer": issuer, "boundAudiences": "vouchsafe", "boundSubject": "job",
        "boundClaims": { "ref": "refs/heads/*" },
    });
    let workload = Workload::of(calling_here(&[]), "oidc-auth", &settings);
    let token = |branch: &str| {
        mint.token(&json!({
            "iss": issuer, "sub": "job", "aud": "vouchsafe", "ref": branch, "iat": now(), "exp": now() + 300,
        }))
    };
    let good = token("refs/heads/main");
    workload.reads(&["--jwt", &good], &[("VOUCHSAFE_ID_TOKEN", &good)]);
    let bad = token("refs/tags/1");
    workload.is_refused(&["--jwt", &bad], &bad);
}

/// An issuer on this machine that publishes its key; its URL. It ends with the tests.
fn issuer(mint: &Mint) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/jwks") }).to_string();
    let keys = json!({ "keys": [mint.jwk()] }).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Who goes away early gets no answer.
            let _ = answer(stream, &discovery, &keys);
        }
    });
    url
}

fn answer(stream: TcpStream, discovery: &str, keys: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line) = (String::new(), String::new());
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let body = if first.starts_with("GET /jwks ") { keys } else { discovery };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
    write!(reader.get_mut(), "{head}\r\nConnection: close\r\n\r\n{body}")
}

#[test]
fn the_token_of_a_service_account_logs_in() {
    let mint = Mint::new("cluster");
    let issuer = "https://kubernetes.default.svc.cluster.local";
    let settings = json!({
        "verification": "issuer", "issuer": issuer, "jwks": json!({ "keys": [mint.jwk()] }).to_string(),
        "allowedNamespaces": "prod", "allowedNames": "app", "allowedAudience": "vouchsafe",
    });
    let workload = Workload::new("kubernetes", &settings);
    let token = |account: &str| {
        mint.token(&json!({
            "aud": ["vouchsafe"], "exp": now() + 3607, "iat": now(), "nbf": now(), "iss": issuer, "jti": "one",
            "kubernetes.io": {
                "namespace": "prod", "pod": { "name": "app-1", "uid": "5e0bd49b" },
                "serviceaccount": { "name": account, "uid": "14ee3fa4" },
            },
            "sub": format!("system:serviceaccount:prod:{account}"),
        }))
    };
    workload.write("token", &token("app"));
    workload.reads(
        &["--service-account-token-path", "token"],
        &[("VOUCHSAFE_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", "token")],
    );
    let bad = token("other");
    workload.write("token", &bad);
    workload.is_refused(&["--service-account-token-path", "token"], &bad);
}

#[test]
fn an_svid_in_a_file_logs_in() {
    let mint = Mint::new("one");
    let mut key = mint.jwk();
    key["use"] = "jwt-svid".into();
    let settings = json!({
        "trustDomain": "prod.example", "allowedSpiffeIds": "spiffe://prod.example/web/*",
        "allowedAudiences": "vouchsafe",
        "trustBundleDistribution": { "profile": "static", "bundle": json!({ "keys": [key] }).to_string() },
    });
    let workload = Workload::new("spiffe-auth", &settings);
    let svid = |path: &str| {
        let subject = format!("spiffe://prod.example{path}");
        mint.token(&json!({ "sub": subject, "aud": ["vouchsafe"], "exp": now() + 300, "iat": now() }))
    };
    workload.write("svid", &svid("/web/a"));
    workload.reads(&["--jwt-file", "svid"], &[("VOUCHSAFE_JWT_FILE", "svid")]);
    let bad = svid("/db");
    workload.write("svid", &bad);
    workload.is_refused(&["--jwt-file", "svid"], &bad);
}

#[test]
fn a_user_of_a_directory_logs_in() {
    let settings = directory::config(&format!("ldaps://{}", directory::tls()));
    let workload = Workload::of(calling_here(&[]), "ldap-auth", &settings);
    workload.write("password", "wonderland\n");
    let flags = ["--ldap-username", "alice", "--ldap-password-file", "password"];
    let variables = [("VOUCHSAFE_LDAP_USERNAME", "alice"), ("VOUCHSAFE_LDAP_PASSWORD", "wonderland")];
    workload.reads(&flags, &variables);
    workload.write("password", "looking-glass");
    workload.is_refused(&flags, "looking-glass");
}

/// The same, valid at any time.
fn lasting(mut params: CertificateParams) -> CertificateParams {
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2100, 1, 1));
    params
}

/// A world whose server speaks TLS.
fn secure_world() -> World {
    World::serving(|folder| {
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
        let ca = Ca::root(lasting(authority("of the server")), key());
        let mut params = lasting(named("server", &["IP:127.0.0.1"]));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = ca.leaf(params);
        write(AUTHORITY, &ca.pem());
        write("server.pem", &leaf.pem);
        write("server.key", &leaf.key.serialize_pem());
        ["--tls-cert", "server.pem", "--tls-key", "server.key"].map(str::to_owned).to_vec()
    })
}

#[test]
fn a_client_certificate_logs_in() {
    let ca = Ca::root(lasting(authority("of workloads")), key());
    let settings = json!({ "caCertificate": ca.pem(), "allowedCommonNames": "app" });
    let workload = Workload::of(secure_world(), "tls-cert-auth", &settings);
    assert!(workload.world.server.address.starts_with("https://"), "{}", workload.world.server.address);
    let files = [("VOUCHSAFE_CLIENT_CERT_FILE", "client.pem"), ("VOUCHSAFE_CLIENT_KEY_FILE", "client.key")];
    let flags = ["--client-cert", "client.pem", "--client-key", "client.key"];
    let show = |ca: &Ca, name: &str| {
        let leaf = ca.leaf(lasting(client(name)));
        workload.write("client.pem", &leaf.pem);
        workload.write("client.key", &leaf.key.serialize_pem());
        leaf.pem
    };
    show(&ca, "app");
    workload.reads(&flags, &files);
    let bad = show(&ca, "other");
    workload.is_refused(&flags, &bad);
    let stranger = Ca::root(lasting(authority("of workloads")), key());
    let bad = show(&stranger, "app");
    workload.is_refused(&flags, &bad);
}
