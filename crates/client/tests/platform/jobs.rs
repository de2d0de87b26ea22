//! Tokens of CI jobs, of pods, and from files; and which method is chosen by itself.

use std::path::PathBuf;

use serde_json::json;
use vouchsafe_client::platform::{Given, Jwt, Kind, Kubernetes, Ldap, Oidc, Surroundings, Trail};

use crate::service::{Around, Service};

#[tokio::test]
async fn github_makes_a_token_for_the_audience() {
    let github = Service::start(|asked| {
        let is_good = asked.header("authorization") == Some("Bearer canary-request")
            && asked.target == "/token?api-version=2.0&audience=https%3A%2F%2Fvouchsafe.example.com";
        if is_good {
            (200, json!({ "count": 1, "value": "canary-id" }).to_string())
        } else {
            (403, String::new())
        }
    })
    .await;
    let url = format!("{}/token?api-version=2.0", github.url);
    let around = Around::new(&[
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary-request"),
    ]);
    let oidc = Oidc { audience: Some("https://vouchsafe.example.com".to_owned()), ..Oidc::default() };
    assert_eq!(around.fields(&oidc).await["jwt"], "canary-id");
    assert!(around.refused(&Oidc::default()).await.contains("status 403"), "another audience");
}

#[tokio::test]
async fn azure_devops_makes_a_token_for_the_job() {
    let devops = Service::start(|asked| match asked.header("authorization") {
        Some("Bearer canary-access") if asked.method == "POST" && asked.target == "/oidc?api-version=7.1" => {
            (200, json!({ "oidcToken": "canary-id" }).to_string())
        }
        _ => (401, String::new()),
    })
    .await;
    let url = format!("{}/oidc", devops.url);
    let around = Around::new(&[("SYSTEM_OIDCREQUESTURI", url.as_str())]);
    assert!(around.refused(&Oidc::default()).await.contains("SYSTEM_ACCESSTOKEN is not set"));
    let around = around.with(&[("SYSTEM_ACCESSTOKEN", "canary-access")]);
    assert_eq!(around.fields(&Oidc::default()).await["jwt"], "canary-id");
}

#[tokio::test]
async fn finished_tokens_are_found_and_what_is_given_wins() {
    for name in [
        "CIRCLE_OIDC_TOKEN_V2",
        "BITBUCKET_STEP_OIDC_TOKEN",
        "TFC_WORKLOAD_IDENTITY_TOKEN",
        "VOUCHSAFE_ID_TOKEN",
    ] {
        let around = Around::new(&[(name, "canary-id")]);
        assert_eq!(around.fields(&Oidc::default()).await["jwt"], "canary-id", "{name}");
    }
    let around = Around::new(&[("CIRCLE_OIDC_TOKEN_V2", "canary-id"), ("INFISICAL_JWT", "canary-variable")]);
    assert_eq!(around.fields(&Oidc::default()).await["jwt"], "canary-variable");
    let file = around.file("token", " canary-file\n");
    let given = Given { text: None, file: Some(file) };
    assert_eq!(around.fields(&Oidc { jwt: given.clone(), ..Oidc::default() }).await["jwt"], "canary-file");
    assert_eq!(around.fields(&Jwt { jwt: given, ..Jwt::default() }).await["jwt"], "canary-file");
    let missing = Given { text: None, file: Some(PathBuf::from("/nowhere/token")) };
    let why = around.refused(&Jwt { jwt: missing, ..Jwt::default() }).await;
    assert!(why.contains("cannot read /nowhere/token"), "{why}");
}

#[tokio::test]
async fn files_are_read_again_and_bounded() {
    let around = Around::new(&[]);
    let kubernetes =
        Kubernetes { token_file: Some(around.file("token", "canary-1")), ..Kubernetes::default() };
    assert_eq!(around.fields(&kubernetes).await["jwt"], "canary-1");
    around.file("token", "canary-2");
    assert_eq!(around.fields(&kubernetes).await["jwt"], "canary-2");
    around.file("token", &"x".repeat(64 * 1024 + 1));
    assert!(around.refused(&kubernetes).await.contains("larger than 64 KiB"));
    around.file("token", "\n");
    assert!(around.refused(&kubernetes).await.contains("it is empty"));
}

#[tokio::test]
async fn a_directory_wants_a_name_and_a_password() {
    let around = Around::new(&[("INFISICAL_LDAP_USERNAME", "ann")]);
    assert!(around.refused(&Ldap::default()).await.contains("no password was given"));
    let around = around.with(&[("VOUCHSAFE_LDAP_PASSWORD", "canary")]);
    let fields = around.fields(&Ldap::default()).await;
    assert_eq!((&fields["username"], &fields["password"]), (&json!("ann"), &json!("canary")));
}

#[test]
fn the_platform_is_known_by_its_signs() {
    let found = |name: &str| {
        let around = Surroundings::with_variables([(name.to_owned(), "x".to_owned())]);
        Kind::found(&around, &mut Trail::default())
    };
    for (name, kind) in [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", Kind::Oidc),
        ("SPIFFE_ENDPOINT_SOCKET", Kind::Spiffe),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", Kind::Aws),
        ("AZURE_FEDERATED_TOKEN_FILE", Kind::Azure),
        ("GOOGLE_APPLICATION_CREDENTIALS", Kind::GcpIam),
        ("INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", Kind::Kubernetes),
    ] {
        assert_eq!(found(name), Some(kind), "{name}");
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(kind));
    }
    assert_eq!(
        (Kind::named("kubernetes-auth"), Kind::named("aws-auth")),
        (Some(Kind::Kubernetes), Some(Kind::Aws))
    );
    assert_eq!(Kind::named("nothing"), None);
}
