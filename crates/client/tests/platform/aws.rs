//! Credentials of AWS in the order of its own SDKs, and what is signed with them.

use serde_json::{Value, json};
use vouchsafe_client::platform::Aws;

use crate::service::{Around, Service, decoded};

/// Whose key signed, for which region and host.
async fn signer(around: &Around) -> (String, Value) {
    let fields = around.fields(&Aws::default()).await;
    assert_eq!(decoded(&fields["iamRequestBody"]), "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(fields["iamHttpRequestMethod"], "POST");
    let headers: Value = serde_json::from_str(&decoded(&fields["iamRequestHeaders"])).expect("JSON");
    let authorization = headers["authorization"].as_str().expect("signed");
    let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next());
    (scope.expect("a scope").to_owned(), headers)
}

fn credentials(name: &str) -> String {
    json!({ "Code": "Success", "AccessKeyId": name, "SecretAccessKey": "canary-secret", "Token": "a-session",
        "Expiration": "2026-01-31T16:20:30Z" })
    .to_string()
}

#[tokio::test]
async fn variables_come_first_and_say_the_region() {
    let around = Around::new(&[
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "canary-secret"),
        ("AWS_REGION", "cn-north-1"),
    ]);
    around.file(
        ".aws/credentials",
        "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = canary\n",
    );
    let (scope, headers) = signer(&around).await;
    assert_eq!(scope, "AKIDENV/20260131/cn-north-1/sts/aws4_request");
    assert_eq!(headers["host"], "sts.cn-north-1.amazonaws.com.cn");
    assert_eq!(headers["x-amz-date"], "20260131T102030Z");
    assert!(headers.get("x-amz-security-token").is_none());
    let half = Around::new(&[("AWS_ACCESS_KEY_ID", "AKIDENV")]);
    assert!(half.refused(&Aws::default()).await.contains("AWS_SECRET_ACCESS_KEY is not"));
}

#[tokio::test]
async fn a_server_id_is_signed() {
    let around = Around::new(&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "canary")]);
    let aws = Aws { server_id: Some("vouchsafe.example.com".to_owned()), ..Aws::default() };
    let fields = around.fields(&aws).await;
    let headers: Value = serde_json::from_str(&decoded(&fields["iamRequestHeaders"])).expect("JSON");
    assert_eq!(headers["x-vouchsafe-server-id"], "vouchsafe.example.com");
    let signed = headers["authorization"].as_str().expect("text");
    assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date;x-vouchsafe-server-id,"), "{signed}");
}

#[tokio::test]
async fn shared_files_have_profiles() {
    let around = Around::new(&[("AWS_PROFILE", "work")]);
    around.file(
        ".aws/credentials",
        "[default]\naws_access_key_id=A\naws_secret_access_key=canary\n[work]\naws_access_key_id = AKIDWORK\n\
         aws_secret_access_key = canary-secret\naws_session_token = a-session\n",
    );
    around.file(".aws/config", "[profile work]\nregion = eu-central-1\n");
    let (scope, headers) = signer(&around).await;
    assert_eq!(scope, "AKIDWORK/20260131/eu-central-1/sts/aws4_request");
    assert_eq!(headers["x-amz-security-token"], "a-session");

    let around = Around::new(&[]);
    around.file(".aws/config", "[default]\nsso_session = corp\n");
    let why = around.refused(&Aws::default()).await;
    assert!(why.contains("IAM Identity Center") && why.contains("`sso_session`"), "{why}");
}

#[tokio::test]
async fn a_web_identity_is_exchanged_for_a_role() {
    let sts = Service::start(|asked| {
        let form: Vec<&str> = asked.body.split('&').collect();
        let is_good = asked.method == "POST"
            && asked.header("accept") == Some("application/json")
            && form.contains(&"Action=AssumeRoleWithWebIdentity")
            && form.contains(&"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FApp")
            && form.contains(&"WebIdentityToken=canary-token");
        if !is_good {
            return (400, "no".to_owned());
        }
        let found = json!({ "AccessKeyId": "ASIAWEB", "SecretAccessKey": "canary-secret", "SessionToken": "a-session" });
        let reply = json!({ "AssumeRoleWithWebIdentityResponse": {
            "AssumeRoleWithWebIdentityResult": { "Credentials": found } } });
        (200, reply.to_string())
    })
    .await;
    let around = Around::new(&[
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/App"),
        ("AWS_ENDPOINT_URL_STS", &sts.url),
    ]);
    let file = around.file("token", "canary-token\n").display().to_string();
    let around = around.with(&[("AWS_WEB_IDENTITY_TOKEN_FILE", &file)]);
    let (scope, headers) = signer(&around).await;
    assert_eq!(scope, "ASIAWEB/20260131/us-east-1/sts/aws4_request");
    assert_eq!(headers["x-amz-security-token"], "a-session");
    // The token is read at each login, as EKS rotates it.
    around.file("token", "other");
    assert!(around.refused(&Aws::default()).await.contains("status 400"));
}

#[tokio::test]
async fn a_pod_shows_its_token_to_the_agent() {
    let agent = Service::start(|asked| match asked.header("authorization") {
        Some("canary-pod-token") => (200, credentials("ASIAPOD")),
        _ => (403, "canary".to_owned()),
    })
    .await;
    let url = format!("{}/v1/credentials", agent.url);
    let around =
        Around::new(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_REGION", "eu-west-1")]);
    let file = around.file("pod", "canary-pod-token").display().to_string();
    let around = around.with(&[("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file)]);
    assert_eq!(signer(&around).await.0, "ASIAPOD/20260131/eu-west-1/sts/aws4_request");
    around.file("pod", "wrong");
    let why = around.refused(&Aws::default()).await;
    assert!(why.contains("status 403"), "{why}");
    let far = Around::new(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/")]);
    assert!(far.refused(&Aws::default()).await.contains("https only"));
}

#[tokio::test]
async fn a_machine_is_asked_with_a_session_token() {
    let imds = Service::start(|asked| {
        let has_token = asked.header("x-aws-ec2-metadata-token") == Some("a-token");
        match (asked.method.as_str(), asked.target.as_str()) {
            ("PUT", "/latest/api/token")
                if asked.header("x-aws-ec2-metadata-token-ttl-seconds").is_some() =>
            {
                (200, "a-token".to_owned())
            }
            ("GET", "/latest/meta-data/iam/security-credentials/") if has_token => (200, "App\n".to_owned()),
            ("GET", "/latest/meta-data/iam/security-credentials/App") if has_token => {
                (200, credentials("ASIAVM"))
            }
            ("GET", "/latest/meta-data/placement/region") if has_token => (200, "ap-south-1".to_owned()),
            _ => (401, String::new()),
        }
    })
    .await;
    let around = Around::new(&[
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url.as_str()),
        ("AWS_EC2_METADATA_DISABLED", ""),
    ]);
    assert_eq!(signer(&around).await.0, "ASIAVM/20260131/ap-south-1/sts/aws4_request");
    let asked = imds.asked().len();
    let off = Around::new(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url.as_str())]);
    assert!(off.refused(&Aws::default()).await.contains("no credentials of AWS were found"));
    assert_eq!(imds.asked().len(), asked, "nobody is asked who is switched off");
}
