//! Alibaba Cloud Auth, against an STS that checks signatures and answers as the real one is documented to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use url::Url;
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};
use crate::counterparts::alibaba::{ACCOUNT, KEY, SECRET, arn, caller, error, signature, sts};
use crate::counterparts::fake::{Asked, Fake, Said};

both!(
    a_user_logs_in_and_each_wrong_request_is_refused,
    answers_of_sts_are_read_strictly,
    settings_are_checked,
);

const METHOD: &str = "alicloud-auth";
/// A proof that is signed for the server's time.
fn signed(server: &TestServer, nonce: &str, secret: &str) -> Value {
    let time = server.app.now().to_string().replace(".000Z", "Z");
    signed_at(&time, nonce, secret)
}

fn signed_at(time: &str, nonce: &str, secret: &str) -> Value {
    let mut parameters: BTreeMap<String, String> = [
        ("Action", "GetCallerIdentity"),
        ("Format", "JSON"),
        ("Version", "2015-04-01"),
        ("AccessKeyId", KEY),
        ("SignatureMethod", "HMAC-SHA1"),
        ("Timestamp", time),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let signature = signature(&parameters, secret);
    parameters.insert("Signature".to_owned(), signature);
    json!(parameters)
}

async fn with_sts(server: TestServer, sts: &Fake) -> TestServer {
    let url: Url = sts.url.parse().unwrap();
    server.restart_with(move |settings| settings.endpoints.alicloud_sts = Some(url)).await
}

async fn a_user_logs_in_and_each_wrong_request_is_refused(server: TestServer) {
    let sts = sts();
    let server = with_sts(server, &sts).await;
    let (identity, reply) = attached(&server, METHOD, json!({ "allowedArns": arn() })).await;
    assert_eq!(reply["identityAliCloudAuth"]["allowedArns"], arn());
    let others =
        json!({ "allowedArns": format!("acs:ram::{ACCOUNT}:user/other, acs:ram::{ACCOUNT}:role/app") });
    let (foreign, _) = attached(&server, METHOD, others).await;

    let good = signed(&server, "one", SECRET);
    log_in(&server, METHOD, &identity, good.clone()).await.ok();
    refused(&server, METHOD, &identity, good.clone(), "provider-refused").await;
    refused(&server, METHOD, &foreign, signed(&server, "two", SECRET), "principal-mismatch").await;
    refused(&server, METHOD, &identity, signed(&server, "three", "wrong"), "provider-refused").await;
    let with = |name: &str, value: &str| {
        let mut proof = signed(&server, "four", SECRET);
        proof[name] = json!(value);
        proof
    };
    for (name, value, reason) in [
        ("AccessKeyId", "LTAI5tFakeKeyIdOfOther", "provider-refused"),
        ("SignatureNonce", "tampered", "provider-refused"),
    ] {
        refused(&server, METHOD, &identity, with(name, value), reason).await;
    }
    let asked = sts.asked().len();
    for (name, value) in [
        ("Action", "AssumeRole"),
        ("Format", "XML"),
        ("Version", "2014-05-26"),
        ("SignatureMethod", "HMAC-SHA256"),
        ("SignatureNonce", "a&Action=AssumeRole"),
        ("Timestamp", "yesterday"),
    ] {
        refused(&server, METHOD, &identity, with(name, value), "malformed-proof").await;
    }
    let (old, early) = ("2026-11-23T23:45:00Z", "2026-11-24T00:01:01Z");
    refused(&server, METHOD, &identity, signed_at(old, "five", SECRET), "expired").await;
    refused(&server, METHOD, &identity, signed_at(early, "six", SECRET), "not-yet-valid").await;
    assert_eq!(sts.asked().len(), asked, "none of these reached STS");

    let mut extra = signed(&server, "seven", SECRET);
    extra["RoleArn"] = json!("acs:ram::1:role/x");
    log_in(&server, METHOD, &identity, extra).await.ok();
    assert!(!sts.last().target.contains("RoleArn"));

    // After its method is removed, this proof fails before anybody is asked.
    let once = signed(&server, "eight", SECRET);
    live(&server, METHOD, &identity, json!({ "allowedArns": arn() }), once).await;
}

async fn answers_of_sts_are_read_strictly(server: TestServer) {
    let said: Arc<Mutex<Said>> = Arc::new(Mutex::new(error(400, "x")));
    let shared = Arc::clone(&said);
    let sts = Fake::plain(move |_: &Asked| shared.lock().unwrap().clone());
    let server = with_sts(server, &sts).await;
    let (identity, _) = attached(&server, METHOD, json!({ "allowedArns": arn() })).await;
    for (place, (answer, reason)) in [
        (error(403, "NoPermission"), "provider-refused"),
        (error(400, "Throttling.User"), "provider-unreachable"),
        (error(503, "ServiceUnavailable"), "provider-unreachable"),
        ((302, "text/html", String::new()), "provider-unreachable"),
        ((200, "text/html", "<html/>".to_owned()), "provider-answer-invalid"),
        ((200, "application/json", "{}".to_owned()), "provider-answer-invalid"),
        (caller("1968132000123457", &arn()), "provider-answer-invalid"),
        (caller(ACCOUNT, &format!("acs:ram::{ACCOUNT}:root")), "provider-answer-invalid"),
        (caller(ACCOUNT, &format!("acs:ram::{ACCOUNT}:assumed-role/app/s")), "principal-mismatch"),
        (caller(ACCOUNT, &format!("acs:ram::{ACCOUNT}:user/app2")), "principal-mismatch"),
    ]
    .into_iter()
    .enumerate()
    {
        *said.lock().unwrap() = answer;
        refused(&server, METHOD, &identity, signed(&server, &format!("n{place}"), SECRET), reason).await;
    }
    // A nonce that STS would take twice is taken once here.
    *said.lock().unwrap() = caller(ACCOUNT, &arn());
    let proof = signed(&server, "again", SECRET);
    log_in(&server, METHOD, &identity, proof.clone()).await.ok();
    refused(&server, METHOD, &identity, proof, "replayed").await;
}

async fn settings_are_checked(server: TestServer) {
    let (identity, _) = attached(&server, METHOD, json!({ "allowedArns": arn() })).await;
    for config in [
        json!({}),
        json!({ "allowedArns": "" }),
        json!({ "allowedArns": "acs:ram::123:user/app" }),
        json!({ "allowedArns": format!("acs:ram::{ACCOUNT}:group/app") }),
    ] {
        server.admin.patch(&at(METHOD, &identity), config).await.refused(422);
    }
}
