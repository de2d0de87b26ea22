//! GCP: the identity token of a machine, or a JWT that a service account signed.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use vouchsafe_api::concealed::Concealed;

use super::ask::{Place, Question};
use super::given::{Identity, from_file};
use super::signing::rsa_sha256;
use super::{NoProof, Proof, Source, Surroundings, Trail};

const KEY_FILE: [&str; 3] = [
    "VOUCHSAFE_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH",
    "INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH",
    "GOOGLE_APPLICATION_CREDENTIALS",
];
const IAM: &str = "VOUCHSAFE_GCP_IAM_CREDENTIALS_ENDPOINT";
/// How long a signed JWT is valid, in seconds.
const LIFE: u64 = 15 * 60;

/// The identity token of the machine, from its metadata service.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcpIdToken {
    /// Who logs in.
    pub identity: Identity,
}

/// A JWT that a service account signs: with its key file, or by the IAM API as the machine's own account.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GcpIam {
    /// Who logs in.
    pub identity: Identity,
    /// The file with the account's key, in JSON.
    pub key_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "client_email")]
    email: String,
    #[serde(rename = "private_key_id")]
    id: String,
    #[serde(rename = "private_key")]
    pem: Concealed,
}

/// A question to the metadata service.
fn metadata(path: &str, what: &'static str, around: &Surroundings) -> Result<Question, NoProof> {
    let host = around.variable(&["GCE_METADATA_HOST"]).map_or("metadata.google.internal", |(_, host)| host);
    let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/{path}");
    Ok(Question::get(Place::Beside, &url, what)?.header("metadata-flavor", "Google"))
}

/// Asks the metadata service, and sees that it is Google's.
async fn machine(
    path: &str,
    what: &'static str,
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<super::ask::Answer, NoProof> {
    let answer = metadata(path, what, around)?.ask(trail).await?;
    if !answer.is_google {
        return Err(NoProof::new("what answers in place of the metadata service is not Google's"));
    }
    Ok(answer)
}

impl Source for GcpIdToken {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let id = self.identity.resolve(around, &mut Trail::default())?;
        let audience: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let path = format!("identity?audience={audience}&format=full");
        let jwt = machine(&path, "an identity token", around, trail).await?.text()?;
        self.identity.proof("gcp-auth", &json!({ "jwt": jwt }), around, trail)
    }
}

impl GcpIam {
    /// Whether a key file is named.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        around.variable(&KEY_FILE).is_some()
    }

    async fn jwt(&self, id: &str, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
        let now = around.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let named = self.key_file.clone().map(|path| ("--service-account-key-file-path", path));
        let named = named.or_else(|| around.variable(&KEY_FILE).map(|(name, path)| (name, path.into())));
        if let Some((name, path)) = named {
            let text = from_file(&path, name, "the key of a service account", around, trail)?;
            return signed(&text, &path.display().to_string(), id, now);
        }
        trail.passed(KEY_FILE.join(", "), "not set");
        let email = machine("email", "the account of the machine", around, trail).await?.text()?;
        let token = machine("token", "an access token", around, trail).await?.field(&["access_token"])?;
        let iam = around.variable(&[IAM]).map_or("https://iamcredentials.googleapis.com", |(_, url)| url);
        let mut url = Url::parse(iam).map_err(|_| NoProof::new(format!("{IAM} is no URL")))?;
        url.set_path(&format!("v1/projects/-/serviceAccounts/{email}:signJwt"));
        let payload = json!({ "sub": email, "aud": id, "iat": now, "exp": now + LIFE }).to_string();
        let question = Question::new(Place::Elsewhere, Method::POST, url.as_str(), "a signed JWT")?;
        question.bearer(&token).json(&json!({ "payload": payload })).ask(trail).await?.field(&["signedJwt"])
    }
}

/// Signs as the account of a key file.
fn signed(text: &str, path: &str, audience: &str, now: u64) -> Result<String, NoProof> {
    let odd = || NoProof::new(format!("{path} is not the key of a service account in JSON"));
    let key: Key = serde_json::from_str(text).map_err(|_| odd())?;
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key.id });
    let claims =
        json!({ "sub": key.email, "iss": key.email, "aud": audience, "iat": now, "exp": now + LIFE });
    let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = rsa_sha256(key.pem.reveal(), path, message.as_bytes())?;
    Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}

impl Source for GcpIam {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let id = self.identity.resolve(around, &mut Trail::default())?;
        let jwt = self.jwt(&id, around, trail).await?;
        self.identity.proof("gcp-auth", &json!({ "jwt": jwt }), around, trail)
    }
}
