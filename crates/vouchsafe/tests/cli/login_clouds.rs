//! `vouchsafe login --method` with what clouds give, against a server whose clouds are on loopback: from the metadata
//! service, the variable or the file to a secret that is read.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::counterparts::fake::{Asked, Fake, Said};
use crate::counterparts::mint_rsa::RsaMint;
use crate::counterparts::moto::{self, Moto};
use crate::counterparts::{alibaba, entra, google, oracle};
use crate::workload::{Workload, calling_here, now};

/// What counterparts run on.
fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

fn seconds() -> i64 {
    now().try_into().expect("a time before the year 292277026596")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn said(body: &Value) -> Said {
    (200, "application/json", body.to_string())
}

const NOBODY: Said = (404, "text/plain", String::new());

#[test]
fn a_user_of_aws_logs_in_and_so_does_whoever_assumes_a_role() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let moto = Moto::start();
    let (user, assumed) = (&moto.keys["user"], &moto.keys["assumed"]);
    let settings = json!({ "allowedPrincipalArns": format!(
        "arn:aws:iam::{account}:user/bob,arn:aws:iam::{account}:role/App", account = moto::ACCOUNT) });
    let workload = Workload::of(calling_here(&["--aws-sts-endpoint", &moto.url]), "aws-auth", &settings);

    let (id, secret) = (text(&user["accessKeyId"]), text(&user["secretAccessKey"]));
    let keys = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret), ("AWS_REGION", "eu-west-1")];
    let workload = workload.on("aws-iam", &keys);
    workload.reads(&[], &[]);
    let wrong = "w".repeat(40);
    let workload = workload.on("aws-iam", &[keys[0], ("AWS_SECRET_ACCESS_KEY", &wrong), keys[2]]);
    workload.is_refused(&[], &wrong);

    let profile = format!(
        "[default]\naws_access_key_id = {id}\naws_secret_access_key = {wrong}\n[work]\n\
                 aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    );
    workload.write(".aws/credentials", &profile);
    let workload = workload.on("aws-iam", &[("AWS_EC2_METADATA_DISABLED", "true")]);
    workload.reads(&["--aws-profile", "work"], &[("VOUCHSAFE_AWS_PROFILE", "work")]);
    std::fs::remove_file(workload.world.folder.path().join(".aws/credentials")).expect("removed");

    // A task of ECS has the keys of its role from an agent.
    let answer = json!({
        "RoleArn": "arn:aws:iam::123456789012:role/App", "AccessKeyId": assumed["accessKeyId"],
        "SecretAccessKey": assumed["secretAccessKey"], "Token": assumed["sessionToken"],
        "Expiration": "2036-01-31T16:20:30Z",
    });
    let agent = Fake::plain(move |asked: &Asked| match asked.header("authorization") {
        "a-task" => said(&answer),
        _ => NOBODY,
    });
    let url = format!("{}/v1/credentials", agent.url);
    let task = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a-task"),
    ];
    let workload = workload.on("aws-iam", &task);
    workload.reads(&["--aws-region", "us-east-1"], &[("AWS_REGION", "us-east-1")]);

    // A pod of EKS exchanges its token for keys of the role. moto, once it checks signatures, takes no request without one,
    // so the exchange is ours; the keys are moto's.
    let keys = json!({ "AccessKeyId": assumed["accessKeyId"], "SecretAccessKey": assumed["secretAccessKey"],
        "SessionToken": assumed["sessionToken"], "Expiration": 2_085_560_430 });
    let exchange = Fake::plain(move |asked: &Asked| {
        let form: Vec<&str> = asked.text().split('&').collect();
        let wanted = ["Action=AssumeRoleWithWebIdentity", "WebIdentityToken=a.web.identity"];
        if wanted.iter().any(|field| !form.contains(field)) {
            return NOBODY;
        }
        said(&json!({ "AssumeRoleWithWebIdentityResponse": {
            "AssumeRoleWithWebIdentityResult": { "Credentials": keys } } }))
    });
    workload.write("token", "a.web.identity");
    let role = format!("arn:aws:iam::{}:role/App", moto::ACCOUNT);
    let pod = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
        ("AWS_ROLE_ARN", role.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_STS", exchange.url.as_str()),
    ];
    workload.on("aws-iam", &pod).reads(&[], &[]);
}

#[test]
fn a_managed_identity_of_azure_logs_in() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (entra, mint) = runtime.block_on(entra::start());
    let token = Arc::new(Mutex::new(mint.token(&entra::claims(seconds()))));
    let shown = Arc::clone(&token);
    let machine = Fake::plain(move |asked: &Asked| {
        let path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F";
        match (asked.header("metadata"), asked.target.as_str()) {
            ("true", target) if target == path => {
                let token = shown.lock().expect("not poisoned").clone();
                said(&json!({ "access_token": token, "token_type": "Bearer" }))
            }
            _ => NOBODY,
        }
    });
    let authority = entra.url("/");
    let world = calling_here(&["--azure-authority", authority.as_str()]);
    let workload = Workload::of(world, "azure-auth", &entra::config());
    let workload = workload.on("azure", &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &machine.url)]);
    workload.reads(&[], &[]);
    let mut other = entra::claims(seconds());
    other["oid"] = entra::CLIENT.into();
    let bad = mint.token(&other);
    token.lock().expect("not poisoned").clone_from(&bad);
    workload.is_refused(&[], &bad);
}

/// A server whose Google this is.
fn serving_google(google: &crate::counterparts::fake_keys::FakeKeys) -> crate::harness::World {
    let (certs, accounts) = (google.url(google::CERTS), google.url(google::ACCOUNTS));
    calling_here(&["--gcp-certs-url", certs.as_str(), "--gcp-service-account-certs-url", accounts.as_str()])
}

#[test]
fn an_instance_of_gcp_logs_in() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (google, mint) = runtime.block_on(google::start());
    let zone = Arc::new(Mutex::new("europe-west1-b"));
    let here = Arc::clone(&zone);
    let machine = Fake::plain(move |asked: &Asked| {
        let path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=";
        let audience = asked.target.strip_prefix(path).and_then(|rest| rest.strip_suffix("&format=full"));
        match (asked.header("metadata-flavor"), audience) {
            ("Google", Some(audience)) => {
                let mut claims = google::instance(seconds(), audience);
                claims["google"]["compute_engine"]["zone"] = (*here.lock().expect("not poisoned")).into();
                (200, "text/html", mint.token(&claims))
            }
            _ => NOBODY,
        }
    });
    let workload = Workload::of(serving_google(&google), "gcp-auth", &google::gce());
    let host = machine.url.trim_start_matches("http://");
    let workload = workload.on("gcp-id-token", &[("GCE_METADATA_HOST", host)]);
    workload.reads(&[], &[]);
    *zone.lock().expect("not poisoned") = "us-central1-a";
    workload.is_refused(&[], "us-central1-a");
}

#[test]
fn a_service_account_of_gcp_logs_in_with_its_key_and_through_the_iam_api() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (google, _) = runtime.block_on(google::start());
    let mint = RsaMint::new("app-1");
    google.publish(&google::account_keys(google::ACCOUNT), json!({ "app-1": mint.certificate() }));
    let settings = json!({ "type": "iam", "allowedServiceAccounts": google::ACCOUNT });
    let workload = Workload::of(serving_google(&google), "gcp-auth", &settings).on("gcp-iam", &[]);
    let key = |mint: &RsaMint| {
        let key = json!({ "type": "service_account", "client_email": google::ACCOUNT, "private_key_id": "app-1",
            "private_key": mint.private_pem() });
        workload.write("key.json", &key.to_string());
    };
    key(&mint);
    let flags = ["--service-account-key-file-path", "key.json"];
    workload.reads(&flags, &[("GOOGLE_APPLICATION_CREDENTIALS", "key.json")]);
    let stranger = RsaMint::new("app-1");
    key(&stranger);
    let secret = stranger.private_pem();
    workload.is_refused(&flags, secret.lines().nth(1).expect("a line"));

    let machine = Fake::plain(move |asked: &Asked| {
        let is_machine = asked.header("metadata-flavor") == "Google";
        match asked.target.strip_prefix("/computeMetadata/v1/instance/service-accounts/default/") {
            Some("email") if is_machine => (200, "text/html", google::ACCOUNT.to_owned()),
            Some("token") if is_machine => said(&json!({ "access_token": "a-machine", "expires_in": 3599 })),
            None if asked.header("authorization") == "Bearer a-machine"
                && asked.target == format!("/v1/projects/-/serviceAccounts/{}:signJwt", google::ACCOUNT) =>
            {
                let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
                let claims = serde_json::from_str(text(&body["payload"])).expect("JSON");
                said(&json!({ "keyId": "app-1", "signedJwt": mint.token(&claims) }))
            }
            _ => NOBODY,
        }
    });
    let host = machine.url.trim_start_matches("http://");
    let iam = ("VOUCHSAFE_GCP_IAM_CREDENTIALS_ENDPOINT", machine.url.as_str());
    workload.on("gcp-iam", &[("GCE_METADATA_HOST", host), iam]).reads(&[], &[]);
}

#[test]
fn a_user_of_oci_logs_in_with_an_api_key() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let mint = RsaMint::new("app");
    let service = oracle::identity_service(mint.key());
    let settings = json!({ "tenancyOcid": oracle::TENANCY, "allowedUsernames": "app@example.com" });
    let world = calling_here(&["--oci-identity-endpoint", &service.url]);
    let workload = Workload::of(world, "oci-auth", &settings);
    let section = |name: &str, key: &str| {
        format!(
            "[{name}]\nuser={}\nfingerprint={}\ntenancy={}\nregion=eu-frankfurt-1\nkey_file=~/.oci/{key}\n",
            oracle::USER,
            oracle::FINGERPRINT,
            oracle::TENANCY
        )
    };
    workload
        .write(".oci/config", &format!("{}{}", section("DEFAULT", "key.pem"), section("OTHER", "other.pem")));
    workload.write(".oci/key.pem", &mint.private_pem());
    workload.reads(&[], &[]);
    let other = RsaMint::new("other").private_pem();
    workload.write(".oci/other.pem", &other);
    workload.is_refused(&["--oci-profile", "OTHER"], other.lines().nth(1).expect("a line"));
}

#[test]
fn a_user_of_alibaba_cloud_logs_in_with_an_access_key() {
    let runtime = runtime();
    let _inside = runtime.enter();
    let sts = alibaba::sts();
    let settings = json!({ "allowedArns": alibaba::arn() });
    let world = calling_here(&["--alicloud-sts-endpoint", &sts.url]);
    let workload = Workload::of(world, "alicloud-auth", &settings);
    let key = ("ALIBABA_CLOUD_ACCESS_KEY_ID", alibaba::KEY);
    let secret = |secret| ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
    let workload = workload.on("alicloud-auth", &[key, secret(alibaba::SECRET)]);
    workload.reads(&[], &[]);
    let workload = workload.on("alicloud-auth", &[key, secret("a-wrong-secret")]);
    workload.is_refused(&[], "a-wrong-secret");
}
