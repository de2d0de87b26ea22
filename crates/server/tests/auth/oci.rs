//! OCI Auth, against an identity service that checks signatures and answers as the real one is documented to.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use url::Url;
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};
use crate::counterparts::fake::{Asked, Fake, Said};
use crate::counterparts::oracle::{
    FINGERPRINT, TENANCY, USER, error, identity_service, not_authenticated, signing_string, user,
};

both!(
    a_user_logs_in_and_each_wrong_request_is_refused,
    answers_of_the_identity_service_are_read_strictly,
    settings_are_checked,
    an_ocid_says_what_it_could_become,
);

const METHOD: &str = "oci-auth";
const HOST: &str = "identity.eu-frankfurt-1.oraclecloud.com";
/// The time at which test servers begin.
const NOW: &str = "Tue, 24 Nov 2026 00:00:00 GMT";

/// What a client signs with, and what it signs.
#[derive(Clone)]
struct Client {
    key: Arc<RsaKeyPair>,
    tenancy: &'static str,
    /// Whose key it is.
    signer: &'static str,
    /// Whose data are asked for.
    user: &'static str,
    host: &'static str,
    date: &'static str,
    date_name: &'static str,
    signed: &'static str,
}

impl Client {
    fn new() -> Self {
        Self {
            key: Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            tenancy: TENANCY,
            signer: USER,
            user: USER,
            host: HOST,
            date: NOW,
            date_name: "date",
            signed: "date (request-target) host",
        }
    }

    fn proof(&self) -> Value {
        let text = signing_string(self.signed, |name| match name {
            "(request-target)" => format!("get /20160918/users/{}", self.user),
            "host" => self.host.to_owned(),
            _ => self.date.to_owned(),
        });
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        let authorization = format!(
            "Signature version=\"1\",keyId=\"{}/{}/{FINGERPRINT}\",algorithm=\"rsa-sha256\",headers=\"{}\",signature=\"{}\"",
            self.tenancy,
            self.signer,
            self.signed,
            BASE64_STANDARD.encode(signature)
        );
        let mut headers = json!({ "authorization": authorization, "host": self.host });
        headers[self.date_name] = json!(self.date);
        json!({ "userOcid": self.user, "headers": headers })
    }
}

async fn with_identity_service(server: TestServer, fake: &Fake) -> TestServer {
    let url: Url = fake.url.parse().unwrap();
    server.restart_with(move |settings| settings.endpoints.oci_identity = Some(url)).await
}

async fn a_user_logs_in_and_each_wrong_request_is_refused(server: TestServer) {
    let client = Client::new();
    let fake = identity_service(&client.key);
    let server = with_identity_service(server, &fake).await;
    let config = json!({ "tenancyOcid": TENANCY, "allowedUsernames": "other,app@example.com" });
    let (identity, reply) = attached(&server, METHOD, config.clone()).await;
    assert_eq!(reply["identityOciAuth"]["type"], "iam");
    assert_eq!(reply["identityOciAuth"]["allowedUsernames"], "other, app@example.com");

    log_in(&server, METHOD, &identity, client.proof()).await.ok();
    let asked = fake.last();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", format!("/20160918/users/{USER}").as_str())
    );
    assert_eq!(asked.header("host"), HOST);
    let by_x_date = Client { date_name: "x-date", signed: "x-date (request-target) host", ..client.clone() };
    log_in(&server, METHOD, &identity, by_x_date.proof()).await.ok();

    let strangers_key = Client::new();
    refused(&server, METHOD, &identity, strangers_key.proof(), "provider-refused").await;
    let mut tampered = client.proof();
    tampered["headers"]["date"] = json!("Tue, 24 Nov 2026 00:00:01 GMT");
    refused(&server, METHOD, &identity, tampered, "provider-refused").await;
    let mut elsewhere = client.proof();
    elsewhere["headers"]["host"] = json!("identity.us-ashburn-1.oraclecloud.com");
    refused(&server, METHOD, &identity, elsewhere, "provider-refused").await;

    let count = fake.asked().len();
    let with = |change: fn(&mut Client)| {
        let mut client = client.clone();
        change(&mut client);
        client.proof()
    };
    for (proof, reason) in [
        (with(|client| client.host = "evil.example"), "place-mismatch"),
        (
            with(|client| client.host = "identity.eu-frankfurt-1.oraclecloud.com.evil.example"),
            "place-mismatch",
        ),
        (with(|client| client.host = "identity.us-gov-ashburn-1.oraclegovcloud.com"), "place-mismatch"),
        (with(|client| client.user = "ocid1.user.oc1..aaaaaaaavictim"), "principal-mismatch"),
        (with(|client| client.tenancy = "ocid1.tenancy.oc1..aaaaaaaaother"), "account-mismatch"),
        (with(|client| client.user = "ocid1.user.oc1..a/../../x"), "malformed-proof"),
        (with(|client| client.signed = "date (request-target)"), "malformed-proof"),
        (with(|client| client.signed = "date (request-target) host x-other"), "malformed-proof"),
        (with(|client| client.date_name = "x-date"), "malformed-proof"),
        (with(|client| client.date = "2026-11-24T00:00:00Z"), "malformed-proof"),
        (with(|client| client.date = "Mon, 23 Nov 2026 23:55:00 GMT"), "expired"),
        (with(|client| client.date = "Tue, 24 Nov 2026 00:05:01 GMT"), "not-yet-valid"),
    ] {
        refused(&server, METHOD, &identity, proof, reason).await;
    }
    assert_eq!(fake.asked().len(), count, "none of these reached the identity service");

    let others = json!({ "tenancyOcid": TENANCY, "allowedUsernames": "other" });
    let (foreign, _) = attached(&server, METHOD, others).await;
    refused(&server, METHOD, &foreign, client.proof(), "principal-mismatch").await;
    live(&server, METHOD, &identity, config, client.proof()).await;
}

async fn answers_of_the_identity_service_are_read_strictly(server: TestServer) {
    let said: Arc<Mutex<Said>> = Arc::new(Mutex::new(not_authenticated()));
    let shared = Arc::clone(&said);
    let fake = Fake::plain(move |_: &Asked| shared.lock().unwrap().clone());
    let server = with_identity_service(server, &fake).await;
    let (identity, _) = attached(&server, METHOD, json!({ "tenancyOcid": TENANCY })).await;
    let client = Client::new();
    for (answer, reason) in [
        (not_authenticated(), "provider-refused"),
        (
            error(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found."),
            "provider-refused",
        ),
        (error(429, "TooManyRequests", "Too many requests"), "provider-unreachable"),
        (error(500, "InternalServerError", "Internal error"), "provider-unreachable"),
        ((302, "text/html", String::new()), "provider-unreachable"),
        ((200, "application/json", "{}".to_owned()), "provider-answer-invalid"),
        (user(|user| user["id"] = json!("ocid1.user.oc1..aaaaaaaaother")), "provider-answer-invalid"),
        (user(|user| user["lifecycleState"] = json!("INACTIVE")), "provider-refused"),
        (user(|user| user["compartmentId"] = json!("ocid1.tenancy.oc1..aaaaaaaaother")), "account-mismatch"),
    ] {
        *said.lock().unwrap() = answer;
        refused(&server, METHOD, &identity, client.proof(), reason).await;
    }
    *said.lock().unwrap() = user(|_| {});
    log_in(&server, METHOD, &identity, client.proof()).await.ok();
}

async fn settings_are_checked(server: TestServer) {
    let config = json!({ "tenancyOcid": TENANCY, "allowedUsernames": "a" });
    let (identity, _) = attached(&server, METHOD, config).await;
    for config in [
        json!({}),
        json!({ "tenancyOcid": USER }),
        json!({ "tenancyOcid": TENANCY, "allowedUsernames": "a*" }),
    ] {
        server.admin.patch(&at(METHOD, &identity), config).await.refused(422);
    }
    let reply = server.admin.patch(&at(METHOD, &identity), json!({ "tenancyOcid": TENANCY })).await.ok();
    assert_eq!(reply["identityOciAuth"]["allowedUsernames"], Value::Null);
}

async fn an_ocid_says_what_it_could_become(server: TestServer) {
    let (open, _) = attached(&server, METHOD, json!({ "tenancyOcid": TENANCY })).await;
    let (named, _) =
        attached(&server, METHOD, json!({ "tenancyOcid": TENANCY, "allowedUsernames": "app" })).await;
    let other = json!({ "tenancyOcid": "ocid1.tenancy.oc1..aaaaaaaaother" });
    attached(&server, METHOD, other).await;
    let ask =
        async |ocid: &str| server.admin.post("/api/v1/access/what-if", json!({ "ocid": ocid })).await.ok();
    let reply = ask(&format!("{TENANCY}/{USER}/{FINGERPRINT}")).await;
    assert_eq!((&reply["examined"], &reply["matches"][0]["identityId"]), (&json!(3), &json!(open)));
    assert_eq!(reply["matches"].as_array().unwrap().len(), 1, "{reply}");
    let reasons: Vec<_> = reply["misses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|miss| (miss["identityId"] == json!(named), miss["steps"].as_array().unwrap().last().unwrap()))
        .map(|(is_named, step)| (is_named, step["reason"].as_str().unwrap()))
        .collect();
    assert!(reasons.contains(&(true, "principal-mismatch")), "{reply}");
    assert!(reasons.contains(&(false, "account-mismatch")), "{reply}");
    // A user alone does not say its tenancy.
    let reply = ask(USER).await;
    assert_eq!((&reply["matches"], &reply["misses"][0]["steps"][0]["ok"]), (&json!([]), &json!(false)));
    for wrong in ["alice", TENANCY, "a/b/c/d"] {
        assert_eq!(ask(wrong).await["misses"][0]["steps"][0]["reason"], "malformed-proof", "{wrong}");
    }
}
