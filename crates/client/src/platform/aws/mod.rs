//! AWS: a signed `GetCallerIdentity`, with credentials that are found in the order of AWS's own SDKs.

mod chain;
mod containers;
mod machine;
mod shared;
mod sigv4;
mod web_identity;

use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use vouchsafe_api::concealed::Concealed;

use super::given::Identity;
use super::{NoProof, Proof, Source, Surroundings, Trail};

/// What is signed.
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// Where credentials of AWS come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Aws {
    /// Who logs in.
    pub identity: Identity,
    /// The region to sign for; found as AWS's own SDKs do if missing.
    pub region: Option<String>,
    /// The profile of the shared files; `AWS_PROFILE` or `default` if missing.
    pub profile: Option<String>,
    /// Value of the signed header `X-Vouchsafe-Server-Id`, if the auth method asks for one.
    pub server_id: Option<String>,
}

/// Credentials that sign requests.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) key_id: String,
    pub(super) secret: Concealed,
    pub(super) session_token: Option<Concealed>,
}

impl Aws {
    /// Whether variables of AWS say that credentials are there.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        chain::is_around(around)
    }
}

impl Source for Aws {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let credentials = chain::credentials(self, around, trail).await?;
        let region = chain::region(self, around, trail).await;
        let headers = signed(&credentials, &region, self.server_id.as_deref(), around.now())?;
        let fields = json!({
            "iamHttpRequestMethod": "POST",
            "iamRequestBody": BASE64_STANDARD.encode(BODY),
            "iamRequestHeaders": BASE64_STANDARD.encode(Value::Object(headers).to_string()),
        });
        self.identity.proof("aws-auth", &fields, around, trail)
    }
}

/// The headers of the signed request.
fn signed(
    credentials: &Credentials,
    region: &str,
    server_id: Option<&str>,
    at: SystemTime,
) -> Result<Map<String, Value>, NoProof> {
    let at = jiff::Timestamp::try_from(at).map_err(|_| NoProof::new("the clock shows no time"))?;
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
        ("host", sts_host(region)),
        ("x-amz-date", at.strftime("%Y%m%dT%H%M%SZ").to_string()),
    ];
    headers.extend(
        credentials.session_token.iter().map(|token| ("x-amz-security-token", token.reveal().to_owned())),
    );
    headers.extend(server_id.map(|id| ("x-vouchsafe-server-id", id.to_owned())));
    headers.sort_unstable();
    let request = sigv4::Request { method: "POST", path: "/", headers: &headers, body: BODY.as_bytes() };
    let authorization = sigv4::authorization(&request, credentials, region, "sts", at);
    headers.push(("authorization", authorization));
    Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// The STS host of a region.
fn sts_host(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("sts.{region}.{suffix}")
}
