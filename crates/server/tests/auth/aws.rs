//! AWS Auth, against moto, which checks signatures, with requests that botocore signed; and against an STS that answers
//! what the real one is documented to answer.

use serde_json::{Value, json};
use url::Url;
use vouchsafe_attest::aws::AwsAuth;
use vouchsafe_attest::{Endpoints, Login, Method, Workshop};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, last_refusal, live, log_in, refused};
use crate::counterparts::fake::{Asked, Fake, Said};
use crate::counterparts::moto::{ACCOUNT, Moto, run};

both!(
    principals_that_moto_knows_log_in_and_others_do_not,
    only_what_was_signed_reaches_sts,
    what_is_not_a_fresh_signed_request_never_reaches_sts,
    answers_of_sts_are_read_strictly,
    a_request_may_be_for_one_server_and_for_one_time,
    settings_are_checked_and_lists_left_out_are_emptied,
);

const METHOD: &str = "aws-auth";
/// Signs by botocore; `more` is laid over the keys.
fn signed(keys: &Value, more: Value) -> Value {
    let mut input = keys.clone();
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run("sign.py", &[], &input)
}

/// The server with STS at this URL.
async fn with_sts(server: TestServer, url: &str) -> TestServer {
    let url: Url = url.parse().unwrap();
    server.restart_with(move |settings| settings.endpoints.aws_sts = Some(url)).await
}

fn keys() -> Value {
    json!({ "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" })
}

/// What signs for the server's time.
fn now(server: &TestServer) -> Value {
    json!({ "at": server.app.now().as_seconds() })
}

/// The answer of STS to a good request (API reference, `GetCallerIdentity`), as JSON.
fn caller(account: &str, arn: &str) -> Said {
    let body = json!({ "GetCallerIdentityResponse": {
        "GetCallerIdentityResult": { "Account": account, "Arn": arn, "UserId": "AROAJQABLZS4A3QDU576Q:i-0abc" },
        "ResponseMetadata": { "RequestId": "01234567-89ab-cdef-0123-456789abcdef" },
    }});
    (200, "application/json", body.to_string())
}

const ASSUMED: &str = "arn:aws:sts::123456789012:assumed-role/App/i-0abc";

/// An STS that knows one assumed role.
fn sts() -> Fake {
    Fake::plain(|_: &Asked| caller(ACCOUNT, ASSUMED))
}

async fn principals_that_moto_knows_log_in_and_others_do_not(server: TestServer) {
    let moto = Moto::start();
    let server = with_sts(server, &moto.url).await;
    // Signed for the server's time, however long this test takes.
    let keys_of = |who: &str| {
        let mut keys = moto.keys[who].clone();
        keys["at"] = now(&server)["at"].clone();
        keys
    };
    let (user, assumed) = (&keys_of("user"), &keys_of("assumed"));
    let (by_account, _) = attached(&server, METHOD, json!({ "allowedAccountIds": ACCOUNT })).await;
    let roles = json!({ "allowedPrincipalArns": format!("arn:aws:iam::{ACCOUNT}:role/A*") });
    let (by_role, _) = attached(&server, METHOD, roles).await;
    let users = json!({ "allowedPrincipalArns": format!("arn:aws:iam::{ACCOUNT}:user/bob") });
    let (by_user, _) = attached(&server, METHOD, users).await;
    let (foreign, _) = attached(&server, METHOD, json!({ "allowedAccountIds": "210987654321" })).await;

    log_in(&server, METHOD, &by_account, signed(user, json!({}))).await.ok();
    log_in(&server, METHOD, &by_account, signed(assumed, json!({}))).await.ok();
    log_in(&server, METHOD, &by_user, signed(user, json!({}))).await.ok();
    log_in(&server, METHOD, &by_role, signed(assumed, json!({ "region": "eu-west-1" }))).await.ok();
    let global = json!({ "host": "sts.amazonaws.com" });
    log_in(&server, METHOD, &by_account, signed(user, global)).await.ok();
    let backwards = json!({ "body": "Version=2011-06-15&Action=GetCallerIdentity" });
    log_in(&server, METHOD, &by_account, signed(user, backwards)).await.ok();

    refused(&server, METHOD, &by_role, signed(user, json!({})), "principal-mismatch").await;
    refused(&server, METHOD, &by_user, signed(assumed, json!({})), "principal-mismatch").await;
    refused(&server, METHOD, &foreign, signed(user, json!({})), "account-mismatch").await;
    // moto checks the signature over what we built again.
    let wrong_key = json!({ "secretAccessKey": "x".repeat(40) });
    refused(&server, METHOD, &by_account, signed(user, wrong_key), "provider-refused").await;
    let unknown = json!({ "accessKeyId": "AKIAIOSFODNN7EXAMPLE" });
    refused(&server, METHOD, &by_account, signed(user, unknown), "provider-refused").await;
    let mut tampered = signed(user, json!({}));
    change_headers(&mut tampered, |headers| {
        let text = headers["X-Amz-Date"].as_str().unwrap();
        let other = if text.ends_with("0Z") { "1Z" } else { "0Z" };
        headers["X-Amz-Date"] = json!(format!("{}{other}", &text[..14]));
    });
    refused(&server, METHOD, &by_account, tampered, "provider-refused").await;
    let mut other_region = signed(user, json!({}));
    change_headers(&mut other_region, |headers| {
        headers["Authorization"] =
            json!(headers["Authorization"].as_str().unwrap().replace("us-east-1", "us-west-2"));
        headers["Host"] = json!("sts.us-west-2.amazonaws.com");
    });
    refused(&server, METHOD, &by_account, other_region, "provider-refused").await;

    let update = json!({ "allowedAccountIds": ACCOUNT });
    live(&server, METHOD, &by_account, update, signed(assumed, json!({}))).await;
}

fn change_headers(proof: &mut Value, change: impl FnOnce(&mut Value)) {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    let text = BASE64_STANDARD.decode(proof["iamRequestHeaders"].as_str().unwrap()).unwrap();
    let mut headers: Value = serde_json::from_slice(&text).unwrap();
    change(&mut headers);
    proof["iamRequestHeaders"] = json!(BASE64_STANDARD.encode(headers.to_string()));
}

async fn only_what_was_signed_reaches_sts(server: TestServer) {
    let sts = sts();
    let server = with_sts(server, &sts.url).await;
    let (identity, reply) = attached(&server, METHOD, json!({ "allowedAccountIds": ACCOUNT })).await;
    assert_eq!(reply["identityAwsAuth"]["type"], "iam");
    assert_eq!(reply["identityAwsAuth"]["stsEndpoint"], "https://sts.amazonaws.com/");
    let mut more = now(&server);
    more["region"] = json!("eu-central-1");
    more["sessionToken"] = json!("FwoGZXIvYXdzEXAMPLE/token+==");
    let mut proof = signed(&keys(), more);
    change_headers(&mut proof, |headers| {
        headers["X-Forwarded-Host"] = json!("evil.example");
        headers["Cookie"] = json!("a=b");
        headers["X-Amz-Target"] = json!("Other.Action");
    });
    log_in(&server, METHOD, &identity, proof).await.ok();
    let asked = sts.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/"));
    assert_eq!(asked.text(), "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(asked.header("host"), "sts.eu-central-1.amazonaws.com");
    assert_eq!(asked.header("accept"), "application/json");
    assert_eq!(asked.header("x-amz-security-token"), "FwoGZXIvYXdzEXAMPLE/token+==");
    let mut names: Vec<&str> = asked.headers.keys().map(axum::http::HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-date",
        "x-amz-security-token",
    ];
    assert_eq!(names, expected);
}

async fn what_is_not_a_fresh_signed_request_never_reaches_sts(server: TestServer) {
    let sts = sts();
    let server = with_sts(server, &sts.url).await;
    let (identity, _) = attached(&server, METHOD, json!({ "allowedAccountIds": ACCOUNT })).await;
    let at = server.app.now().as_seconds();
    for (more, reason) in [
        (json!({ "at": at - 900 }), "expired"),
        (json!({ "at": at + 61 }), "not-yet-valid"),
        (json!({ "at": at, "host": "evil.example" }), "place-mismatch"),
        (json!({ "at": at, "host": "sts.us-east-1.amazonaws.com.evil.example" }), "place-mismatch"),
        (json!({ "at": at, "host": "127.0.0.1" }), "place-mismatch"),
        (json!({ "at": at, "host": "sts.eu-west-1.amazonaws.com" }), "place-mismatch"),
        (json!({ "at": at, "region": "us-east-9" }), "place-mismatch"),
        (json!({ "at": at, "headers": { "X-Amz-Target": "Other.Action" } }), "malformed-proof"),
        (json!({ "at": at, "headers": { "Content-Type": "application/json" } }), "malformed-proof"),
        (json!({ "at": at, "method": "GET" }), "malformed-proof"),
        (json!({ "at": at, "body": "Action=AssumeRole&Version=2011-06-15" }), "malformed-proof"),
        (json!({ "at": at, "body": "Action=GetCallerIdentity&Version=2011-06-15&X=1" }), "malformed-proof"),
    ] {
        refused(&server, METHOD, &identity, signed(&keys(), more), reason).await;
    }
    let nothing = json!({ "iamRequestBody": "", "iamRequestHeaders": "e30=" });
    refused(&server, METHOD, &identity, nothing, "malformed-proof").await;
    assert!(sts.asked().is_empty());
    log_in(&server, METHOD, &identity, signed(&keys(), now(&server))).await.ok();
}

async fn answers_of_sts_are_read_strictly(server: TestServer) {
    let error = |code: &str| {
        json!({ "Error": { "Code": code, "Message": "m", "Type": "Sender" }, "RequestId": "r" }).to_string()
    };
    let arn = |kind: &str| format!("arn:aws:{kind}");
    for (said, reason) in [
        ((403, "application/json", error("SignatureDoesNotMatch")), "provider-refused"),
        ((403, "application/json", error("ExpiredToken")), "provider-refused"),
        ((403, "application/json", error("InvalidClientTokenId")), "provider-refused"),
        ((400, "application/json", error("Throttling")), "provider-unreachable"),
        ((503, "text/html", "<html/>".to_owned()), "provider-unreachable"),
        ((302, "text/html", String::new()), "provider-unreachable"),
        ((200, "text/html", "<html/>".to_owned()), "provider-answer-invalid"),
        ((200, "application/json", "{}".to_owned()), "provider-answer-invalid"),
        (caller(ACCOUNT, &arn("iam::123456789012:instance-profile/App")), "provider-answer-invalid"),
        (caller(ACCOUNT, &arn("iam::123456789012:root")), "provider-answer-invalid"),
        (caller(ACCOUNT, &arn("sts::210987654321:assumed-role/App/s")), "provider-answer-invalid"),
        (caller(ACCOUNT, "arn:aws-cn:sts::123456789012:assumed-role/App/s"), "provider-answer-invalid"),
        (caller("210987654321", &arn("sts::210987654321:assumed-role/App/s")), "account-mismatch"),
    ] {
        check_answer(&server, said, reason).await;
    }
}

/// Checks a good request against an STS that says this.
async fn check_answer(server: &TestServer, said: Said, reason: &str) {
    let text = said.2.clone();
    let sts = Fake::plain(move |_: &Asked| said.clone());
    let input = serde_json::from_value(json!({ "allowedAccountIds": ACCOUNT })).unwrap();
    let ready = AwsAuth::ready(AwsAuth::configure(None, input).unwrap()).unwrap();
    let endpoints = Endpoints { aws_sts: Some(sts.url.parse().unwrap()), ..Endpoints::default() };
    let workshop = Workshop::new(vec!["127.0.0.0/8".parse().unwrap()], endpoints);
    let context = workshop.context(server.app.now(), server.admin.id.parse().unwrap(), None);
    let proof = serde_json::from_value(signed(&keys(), now(server))).unwrap();
    let found = AwsAuth::verify(&context, &ready, &proof).await;
    let verdict = found.and_then(|facts| AwsAuth::admit(&context, &ready, &facts).verdict());
    assert_eq!(verdict.unwrap_err().reason.code(), reason, "{text}");
}

async fn a_request_may_be_for_one_server_and_for_one_time(server: TestServer) {
    let sts = sts();
    let server = with_sts(server, &sts.url).await;
    let config = json!({
        "allowedAccountIds": ACCOUNT, "requiredServerId": "vouchsafe.example", "oneTimeRequests": true,
    });
    let (identity, _) = attached(&server, METHOD, config).await;
    let for_server = |id: &str| {
        let mut more = now(&server);
        more["headers"] = json!({ "X-Vouchsafe-Server-Id": id });
        signed(&keys(), more)
    };
    refused(&server, METHOD, &identity, signed(&keys(), now(&server)), "audience-mismatch").await;
    refused(&server, METHOD, &identity, for_server("other.example"), "audience-mismatch").await;
    let mut unsigned = signed(&keys(), now(&server));
    change_headers(&mut unsigned, |headers| headers["X-Vouchsafe-Server-Id"] = json!("vouchsafe.example"));
    refused(&server, METHOD, &identity, unsigned, "audience-mismatch").await;
    let good = for_server("vouchsafe.example");
    log_in(&server, METHOD, &identity, good.clone()).await.ok();
    assert_eq!(sts.last().header("x-vouchsafe-server-id"), "vouchsafe.example");
    refused(&server, METHOD, &identity, good, "replayed").await;
}

async fn settings_are_checked_and_lists_left_out_are_emptied(server: TestServer) {
    let sts = sts();
    let server = with_sts(server, &sts.url).await;
    let config = json!({
        "allowedAccountIds": "123456789012,210987654321",
        "allowedPrincipalArns": "arn:aws:iam::123456789012:role/App",
        "stsEndpoint": "https://sts.eu-west-1.amazonaws.com/",
    });
    let (identity, reply) = attached(&server, METHOD, config).await;
    assert_eq!(reply["identityAwsAuth"]["allowedAccountIds"], "123456789012, 210987654321");
    let mut more = now(&server);
    more["region"] = json!("eu-west-1");
    log_in(&server, METHOD, &identity, signed(&keys(), more.clone())).await.ok();
    refused(&server, METHOD, &identity, signed(&keys(), now(&server)), "place-mismatch").await;

    let reply = server.admin.patch(&at(METHOD, &identity), json!({ "accessTokenTTL": 600 })).await.ok();
    assert_eq!(reply["identityAwsAuth"]["allowedAccountIds"], "");
    assert_eq!(reply["identityAwsAuth"]["allowedPrincipalArns"], "");
    assert_eq!(reply["identityAwsAuth"]["stsEndpoint"], "https://sts.eu-west-1.amazonaws.com/");
    // Nobody is named, so nobody is let in.
    refused(&server, METHOD, &identity, signed(&keys(), more), "account-mismatch").await;
    assert!(!last_refusal(&server, METHOD).await.to_string().contains("AKIAIOSFODNN7EXAMPLE"));

    for (field, value) in [
        ("allowedAccountIds", "123"),
        ("allowedPrincipalArns", "arn:aws:iam::*:role/App"),
        ("stsEndpoint", "https://evil.example/"),
    ] {
        server.admin.patch(&at(METHOD, &identity), json!({ field: value })).await.refused(422);
    }
}
