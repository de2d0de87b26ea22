//! Azure, GCP, OCI and Alibaba Cloud.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vouchsafe_client::platform::{AliCloud, Azure, GcpIam, GcpIdToken, Oci};

use crate::service::{Around, IDENTITY, Service};

/// A key and its private half in PEM.
fn rsa() -> (KeyPair, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("DER");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(der.as_ref())
    );
    (pair, pem)
}

fn is_signed(pair: &KeyPair, message: &str, signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    key.verify(message.as_bytes(), signature).is_ok()
}

#[tokio::test]
async fn a_managed_identity_of_azure_is_asked_with_its_header() {
    let imds = Service::start(|asked| {
        let target = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Fvouchsafe";
        match (asked.header("metadata"), asked.target.as_str()) {
            (Some("true"), found) if found == target => {
                (200, json!({ "access_token": "canary-vm" }).to_string())
            }
            _ => (400, "canary".to_owned()),
        }
    })
    .await;
    let around = Around::new(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds.url.as_str())]);
    let azure = Azure { resource: Some("api://vouchsafe".to_owned()), ..Azure::default() };
    assert_eq!(around.fields(&azure).await["jwt"], "canary-vm");
    assert!(around.refused(&Azure::default()).await.contains("status 400"), "another resource");
}

#[tokio::test]
async fn app_service_and_federated_workloads_of_azure_have_ways_of_their_own() {
    let service = Service::start(|asked| {
        let is_token = asked.target == "/tenant/oauth2/v2.0/token" && asked.method == "POST";
        let form: Vec<&str> = asked.body.split('&').collect();
        if is_token && form.contains(&"client_assertion=canary-assertion") && form.contains(&"client_id=app")
        {
            return (200, json!({ "access_token": "canary-federated" }).to_string());
        }
        let is_app = asked.target.starts_with("/msi?api-version=2019-08-01&resource=");
        match asked.header("x-identity-header") {
            Some("canary-header") if is_app => (200, json!({ "access_token": "canary-app" }).to_string()),
            _ => (401, String::new()),
        }
    })
    .await;
    let endpoint = format!("{}/msi", service.url);
    let around =
        Around::new(&[("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "canary-header")]);
    assert_eq!(around.fields(&Azure::default()).await["jwt"], "canary-app");
    let file = around.file("assertion", "canary-assertion").display().to_string();
    let around = around.with(&[
        ("AZURE_FEDERATED_TOKEN_FILE", file.as_str()),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_AUTHORITY_HOST", service.url.as_str()),
    ]);
    assert_eq!(around.fields(&Azure::default()).await["jwt"], "canary-federated", "before App Service");
}

#[tokio::test]
async fn a_machine_of_gcp_says_who_it_is_and_signs_as_its_account() {
    let service = Service::start(|asked| {
        let base = "/computeMetadata/v1/instance/service-accounts/default/";
        let is_machine = asked.header("metadata-flavor") == Some("Google");
        let identity = format!("{base}identity?audience={IDENTITY}&format=full");
        match asked.target.as_str() {
            target if is_machine && target == identity => (200, "canary-id-token".to_owned()),
            target if is_machine && target == format!("{base}email") => (200, "app@p.iam.gserviceaccount.com".to_owned()),
            target if is_machine && target == format!("{base}token") => {
                (200, json!({ "access_token": "canary-access" }).to_string())
            }
            "/v1/projects/-/serviceAccounts/app@p.iam.gserviceaccount.com:signJwt"
                if asked.header("authorization") == Some("Bearer canary-access") =>
            {
                let body: Value = serde_json::from_str(&asked.body).expect("JSON");
                (200, json!({ "keyId": "k", "signedJwt": format!("signed {}", body["payload"].as_str().expect("text")) }).to_string())
            }
            _ => (403, String::new()),
        }
    })
    .await;
    let host = service.url.trim_start_matches("http://");
    let around = Around::new(&[
        ("GCE_METADATA_HOST", host),
        ("VOUCHSAFE_GCP_IAM_CREDENTIALS_ENDPOINT", service.url.as_str()),
    ]);
    assert_eq!(around.fields(&GcpIdToken::default()).await["jwt"], "canary-id-token");
    let fields = around.fields(&GcpIam::default()).await;
    let claims = fields["jwt"].as_str().and_then(|jwt| jwt.strip_prefix("signed ")).expect("signed");
    let claims: Value = serde_json::from_str(claims).expect("JSON");
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("app@p.iam.gserviceaccount.com"), &json!(IDENTITY)));
}

#[tokio::test]
async fn the_key_of_a_service_account_signs_here() {
    let (pair, pem) = rsa();
    let key = json!({ "type": "service_account", "client_email": "app@p.iam.gserviceaccount.com",
        "private_key_id": "k1", "private_key": pem });
    let around = Around::new(&[]);
    let file = around.file("key.json", &key.to_string()).display().to_string();
    let around = around.with(&[("GOOGLE_APPLICATION_CREDENTIALS", file.as_str())]);
    let fields = around.fields(&GcpIam::default()).await;
    let (message, signature) = fields["jwt"].as_str().expect("text").rsplit_once('.').expect("a signature");
    assert!(is_signed(&pair, message, &BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64")));
    let parts: Vec<Value> = message
        .split('.')
        .map(|part| {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
        })
        .collect();
    assert_eq!((&parts[0]["kid"], &parts[1]["aud"]), (&json!("k1"), &json!(IDENTITY)));
    assert_eq!(parts[1]["exp"].as_u64().zip(parts[1]["iat"].as_u64()).map(|(exp, iat)| exp - iat), Some(900));
    around.file("key.json", r#"{"private_key":"canary"}"#);
    assert!(around.refused(&GcpIam::default()).await.contains("is not the key of a service account"));
}

#[tokio::test]
async fn a_user_of_oci_signs_a_request_for_its_own_data() {
    let (pair, pem) = rsa();
    let around = Around::new(&[]);
    around.file(".oci/key.pem", &pem);
    around.file(
        ".oci/config",
        "[DEFAULT]\ntenancy = ocid1.tenancy.oc1..t\nregion = eu-frankfurt-1\n[ci]\nuser=ocid1.user.oc1..u\n\
         fingerprint=20:21\nkey_file=~/.oci/key.pem\n",
    );
    let oci = Oci { profile: Some("ci".to_owned()), ..Oci::default() };
    let fields = around.fields(&oci).await;
    assert_eq!(fields["userOcid"], "ocid1.user.oc1..u");
    assert_eq!(fields["headers"]["date"], "Sat, 31 Jan 2026 10:20:30 GMT");
    let header = fields["headers"]["authorization"].as_str().expect("text");
    assert!(header.contains("keyId=\"ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:21\""), "{header}");
    let signature =
        header.split("signature=\"").nth(1).and_then(|rest| rest.strip_suffix('"')).expect("signed");
    let message = "date: Sat, 31 Jan 2026 10:20:30 GMT\n(request-target): get /20160918/users/ocid1.user.oc1..u\n\
                   host: identity.eu-frankfurt-1.oraclecloud.com";
    assert!(is_signed(&pair, message, &BASE64_STANDARD.decode(signature).expect("base64")));
    let why = around.refused(&Oci { profile: Some("none".to_owned()), ..Oci::default() }).await;
    assert!(why.contains("has no profile [none]"), "{why}");
    assert!(around.refused(&Oci::default()).await.contains("does not say `key_file`"));
}

#[tokio::test]
async fn a_key_of_alibaba_cloud_signs_with_a_fresh_nonce() {
    let around = Around::new(&[
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary"),
    ]);
    let (one, two) = (around.fields(&AliCloud::default()).await, around.fields(&AliCloud::default()).await);
    assert_eq!((&one["Timestamp"], &one["AccessKeyId"]), (&json!("2026-01-31T10:20:30Z"), &json!("LTAI")));
    assert_ne!(one["SignatureNonce"], two["SignatureNonce"]);
    assert_ne!(one["Signature"], two["Signature"]);
}
