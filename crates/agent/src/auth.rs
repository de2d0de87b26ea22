//! How the agent proves who it is. The credential is read again for each login, since platforms rotate them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::platform::{NoProof, Proof, Source as _, Surroundings, Trail, Universal};

use crate::config::{dotted, without_values};

/// How to log in.
#[derive(Clone, Debug)]
pub struct Auth {
    kind: &'static str,
    settings: Settings,
    /// A secret whose file was removed after reading.
    kept: Arc<Mutex<Option<Concealed>>>,
}

/// What `auth.config` may say; each method uses some of it. Names as in the official file.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
struct Settings {
    client_id: Option<PathBuf>,
    client_secret: Option<PathBuf>,
    #[serde(rename = "remove_client_secret_on_read", alias = "remove-client-secret-on-read")]
    remove_client_secret_on_read: bool,
    organization_slug: Option<String>,
}

/// What was removed after reading is no part of the comparison.
impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.settings) == (other.kind, &other.settings)
    }
}

/// Variables that come before the file of the client id.
const CLIENT_ID: [&str; 2] = ["VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"];
/// Variables that come before the file of the client secret; the last is the official agent's own name.
const CLIENT_SECRET: [&str; 3] = [
    "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET",
    "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET",
    "INFISICAL_UNIVERSAL_CLIENT_SECRET",
];

/// Variables that hold credentials, which a program beside the agent does not get.
pub(crate) const CREDENTIALS: [&str; 5] =
    [CLIENT_SECRET[0], CLIENT_SECRET[1], CLIENT_SECRET[2], "VOUCHSAFE_TOKEN", "INFISICAL_TOKEN"];

impl Auth {
    /// The ways to log in, as `auth.type` names them.
    pub const KINDS: [&str; 1] = ["universal-auth"];

    /// Reads `auth`; keys that nobody knows are added to `unknown`. An error names the key below `auth`.
    pub(crate) fn read(
        kind: &str,
        config: Value,
        unknown: &mut Vec<String>,
    ) -> Result<Self, (&'static str, String)> {
        let known = Self::KINDS
            .into_iter()
            .find(|known| *known == kind)
            .ok_or_else(|| ("type", format!("expected how to log in, one of: {}", Self::KINDS.join(", "))))?;
        let settings = serde_ignored::deserialize(config, |path| unknown.push(dotted(&path.to_string())))
            .map_err(|error: serde_json::Error| ("config", without_values(&error.to_string())))?;
        Ok(Self { kind: known, settings, kept: Arc::default() })
    }

    /// The method, as `auth.type` names it.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The proof for a login, from what is there now.
    pub(crate) async fn proof(&self, around: &Surroundings) -> Result<Proof, NoProof> {
        let settings = &self.settings;
        let universal = Universal {
            client_id: Some(text(around, &CLIENT_ID, "client-id", settings.client_id.as_deref())?),
            client_secret: Some(self.client_secret(around)?),
            organization_slug: settings.organization_slug.clone(),
        };
        universal.proof(around, &mut Trail::default()).await
    }

    /// A secret that was removed after reading is kept, as the file is there only once.
    fn client_secret(&self, around: &Surroundings) -> Result<String, NoProof> {
        let path = self.settings.client_secret.as_deref();
        let read = text(around, &CLIENT_SECRET, "client-secret", path);
        if !self.settings.remove_client_secret_on_read {
            return read;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(secret) = &read {
            *kept = Some(Concealed::new(secret.clone()));
            if let Some(path) = path.filter(|_| around.variable(&CLIENT_SECRET).is_none())
                && let Err(error) = std::fs::remove_file(path)
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove the client secret's file");
            }
        }
        kept.as_ref().map_or(read, |secret| Ok(secret.reveal().to_owned()))
    }

    /// Something that differs once a file of the credential was changed.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let settings = &self.settings;
        let files = [&settings.client_id, &settings.client_secret];
        Fingerprint(files.into_iter().flatten().map(|path| stamp(path)).collect())
    }
}

/// What tells whether files of a credential were changed; never what is in them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fingerprint(Vec<Option<(SystemTime, u64)>>);

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// What a variable holds, or else the file.
fn text(around: &Surroundings, names: &[&str], key: &str, path: Option<&Path>) -> Result<String, NoProof> {
    if let Some((_, value)) = around.variable(names) {
        return Ok(value.trim().to_owned());
    }
    let path =
        path.ok_or_else(|| NoProof::new(format!("neither {} nor `auth.config.{key}` is given", names[0])))?;
    let text = around.file(path)?;
    if text.is_empty() {
        return Err(NoProof::new(format!("{} is empty", path.display())));
    }
    Ok(text)
}
