//! How the agent proves who it is. The credential is read again for each login, since platforms rotate them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::platform::{
    AliCloud, AnySource, Aws, Azure, CertificateFiles, GcpIam, GcpIdToken, Given, Identity, Jwt, Kind,
    Kubernetes, Ldap, NoProof, Oci, Oidc, Proof, Source as _, Spiffe, Surroundings, TlsCert, Trail,
    Universal,
};

use crate::config::{dotted, without_values};

/// How to log in.
#[derive(Clone, Debug)]
pub struct Auth {
    kind: Kind,
    settings: Settings,
    /// A secret whose file was removed after reading.
    kept: Arc<Mutex<Option<Concealed>>>,
}

/// What `auth.config` may say; each method uses some of it. What the official agent has is named as there.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", default)]
struct Settings {
    /// Files, as with the official agent: Universal Auth.
    client_id: Option<String>,
    client_secret: Option<PathBuf>,
    #[serde(rename = "remove_client_secret_on_read", alias = "remove-client-secret-on-read")]
    remove_client_secret_on_read: bool,
    /// An id, or the path of a file that holds it, as with the official agent.
    identity_id: Option<String>,
    organization_slug: Option<String>,
    /// Paths of files.
    service_account_token: Option<PathBuf>,
    service_account_key: Option<PathBuf>,
    jwt: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// LDAP: paths of files, as with the official agent.
    username: Option<PathBuf>,
    password: Option<PathBuf>,
    remove_password_on_read: bool,
    /// Ours: see the documentation of each source.
    resource: Option<String>,
    audience: Option<String>,
    region: Option<String>,
    profile: Option<String>,
    server_id: Option<String>,
    config_file: Option<PathBuf>,
    socket: Option<PathBuf>,
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
/// Variables that come before the identity's id.
const IDENTITY_ID: [&str; 2] = ["VOUCHSAFE_MACHINE_IDENTITY_ID", "INFISICAL_MACHINE_IDENTITY_ID"];
/// Variables that come before the files of the user's name and password in a directory.
const USERNAME: [&str; 2] = ["VOUCHSAFE_LDAP_USERNAME", "INFISICAL_LDAP_USERNAME"];
const PASSWORD: [&str; 2] = ["VOUCHSAFE_LDAP_PASSWORD", "INFISICAL_LDAP_PASSWORD"];

/// Variables that hold credentials, which a program beside the agent does not get.
pub(crate) const CREDENTIALS: [&str; 9] = [
    CLIENT_SECRET[0],
    CLIENT_SECRET[1],
    CLIENT_SECRET[2],
    PASSWORD[0],
    PASSWORD[1],
    "VOUCHSAFE_JWT",
    "INFISICAL_JWT",
    "VOUCHSAFE_TOKEN",
    "INFISICAL_TOKEN",
];

impl Auth {
    /// Reads `auth`; keys that nobody knows are added to `unknown`. An error names the key below `auth`.
    pub(crate) fn read(
        kind: &str,
        config: Value,
        unknown: &mut Vec<String>,
    ) -> Result<Self, (&'static str, String)> {
        let known = Kind::named(kind).ok_or_else(|| {
            let names = Kind::ALL.map(Kind::name).join(", ");
            ("type", format!("expected how to log in, one of: {names}"))
        })?;
        let settings = serde_ignored::deserialize(config, |path| unknown.push(dotted(&path.to_string())))
            .map_err(|error: serde_json::Error| ("config", without_values(&error.to_string())))?;
        Ok(Self { kind: known, settings, kept: Arc::default() })
    }

    /// The method, as `auth.type` names it.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// The proof for a login, from what is there now.
    pub(crate) async fn proof(&self, around: &Surroundings) -> Result<Proof, NoProof> {
        self.source(around)?.proof(around, &mut Trail::default()).await
    }

    /// The source of proofs, with what the configuration and the files that it names say now.
    fn source(&self, around: &Surroundings) -> Result<AnySource, NoProof> {
        let settings = &self.settings;
        if self.kind == Kind::Universal {
            return self.universal(around).map(AnySource::Universal);
        }
        let identity = self.identity(around)?;
        let jwt = || Given { text: None, file: settings.jwt.clone() };
        let files =
            || CertificateFiles { certificate: settings.certificate.clone(), key: settings.key.clone() };
        Ok(match self.kind {
            Kind::Universal => AnySource::Universal(self.universal(around)?),
            Kind::Kubernetes => AnySource::Kubernetes(Kubernetes {
                identity,
                token_file: settings.service_account_token.clone(),
            }),
            Kind::Azure => AnySource::Azure(Azure {
                identity,
                resource: settings.resource.clone(),
                client_id: settings.client_id.clone(),
            }),
            Kind::GcpIdToken => AnySource::GcpIdToken(GcpIdToken { identity }),
            Kind::GcpIam => {
                AnySource::GcpIam(GcpIam { identity, key_file: settings.service_account_key.clone() })
            }
            Kind::Aws => AnySource::Aws(Aws {
                identity,
                region: settings.region.clone(),
                profile: settings.profile.clone(),
                server_id: settings.server_id.clone(),
            }),
            Kind::Oidc => AnySource::Oidc(Oidc { identity, jwt: jwt(), audience: settings.audience.clone() }),
            Kind::Jwt => AnySource::Jwt(Jwt { identity, jwt: jwt() }),
            Kind::Ldap => AnySource::Ldap(self.ldap(identity, around)?),
            Kind::TlsCert => AnySource::TlsCert(TlsCert { identity, files: files() }),
            Kind::Spiffe => AnySource::Spiffe(Spiffe {
                identity,
                jwt: jwt(),
                x509: files(),
                socket: settings.socket.clone(),
                audience: settings.audience.clone(),
            }),
            Kind::Oci => AnySource::Oci(Oci {
                identity,
                config_file: settings.config_file.clone(),
                profile: settings.profile.clone(),
            }),
            Kind::AliCloud => AnySource::AliCloud(AliCloud { identity }),
        })
    }

    fn universal(&self, around: &Surroundings) -> Result<Universal, NoProof> {
        let settings = &self.settings;
        let id_file = settings.client_id.as_deref().map(Path::new);
        let secret = self.once(
            around,
            &CLIENT_SECRET,
            "client-secret",
            settings.client_secret.as_deref(),
            settings.remove_client_secret_on_read,
        )?;
        Ok(Universal {
            client_id: Some(text(around, &CLIENT_ID, "client-id", id_file)?),
            client_secret: Some(secret),
            organization_slug: settings.organization_slug.clone(),
        })
    }

    fn ldap(&self, identity: Identity, around: &Surroundings) -> Result<Ldap, NoProof> {
        let settings = &self.settings;
        let username = text(around, &USERNAME, "username", settings.username.as_deref())?;
        let password = settings.password.as_deref();
        let password =
            self.once(around, &PASSWORD, "password", password, settings.remove_password_on_read)?;
        Ok(Ldap { identity, username: Some(username), password: Given { text: Some(password), file: None } })
    }

    /// The identity's id: a variable, the text itself if it is an id, or else the file of that name.
    fn identity(&self, around: &Surroundings) -> Result<Identity, NoProof> {
        let organization_slug = self.settings.organization_slug.clone();
        let given = self.settings.identity_id.as_deref();
        let id = match given.filter(|text| text.trim().parse::<vouchsafe_domain::id::IdentityId>().is_ok()) {
            Some(id) if around.variable(&IDENTITY_ID).is_none() => id.trim().to_owned(),
            _ => text(around, &IDENTITY_ID, "identity-id", given.map(Path::new))?,
        };
        Ok(Identity { id: Some(id), organization_slug })
    }

    /// A secret that may be there only once: if its file is removed after reading, it is kept.
    fn once(
        &self,
        around: &Surroundings,
        names: &[&str],
        key: &str,
        path: Option<&Path>,
        removes: bool,
    ) -> Result<Concealed, NoProof> {
        let read = text(around, names, key, path).map(Concealed::new);
        if !removes {
            return read;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(secret) = &read {
            *kept = Some(secret.clone());
            if let Some(path) = path.filter(|_| around.variable(names).is_none())
                && let Err(error) = std::fs::remove_file(path)
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove the file of `auth.config.{key}`");
            }
        }
        kept.clone().map_or(read, Ok)
    }

    /// Something that differs once a file of the credential was changed.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let settings = &self.settings;
        let files = [
            settings.client_id.as_ref().map(PathBuf::from).as_ref(),
            settings.client_secret.as_ref(),
            settings.service_account_token.as_ref(),
            settings.service_account_key.as_ref(),
            settings.jwt.as_ref(),
            settings.certificate.as_ref(),
            settings.key.as_ref(),
            settings.username.as_ref(),
            settings.password.as_ref(),
            settings.config_file.as_ref(),
        ]
        .map(|path| path.and_then(|path| stamp(path)));
        Fingerprint(files.to_vec())
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    const ID: &str = "0190a3a5-0000-7000-8000-000000000001";

    fn auth(kind: &str, config: Value) -> Auth {
        let mut unknown = Vec::new();
        let auth = Auth::read(kind, config, &mut unknown).unwrap();
        assert_eq!(unknown, Vec::<String>::new());
        auth
    }

    fn around(pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::with_variables(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
    }

    #[test]
    fn the_official_names_of_all_methods_are_known() {
        for kind in
            ["universal-auth", "kubernetes", "azure", "gcp-id-token", "gcp-iam", "aws-iam", "ldap-auth"]
        {
            assert_eq!(auth(kind, json!({})).kind(), kind);
        }
        let (key, why) = Auth::read("magic", json!({}), &mut Vec::new()).unwrap_err();
        assert!(key == "type" && why.contains("spiffe-auth"), "{why}");
    }

    #[tokio::test]
    async fn credentials_are_read_anew_and_variables_come_first() {
        let folder = TempDir::new().unwrap();
        let (id, token) = (folder.path().join("id"), folder.path().join("token"));
        std::fs::write(&id, format!("{ID}\n")).unwrap();
        let config = json!({ "identity-id": id, "service-account-token": token });
        let kubernetes = auth("kubernetes", config);
        assert!(kubernetes.proof(&around(&[])).await.is_err(), "no token yet");
        let before = kubernetes.fingerprint();
        std::fs::write(&token, "jwt").unwrap();
        assert_ne!(kubernetes.fingerprint(), before);
        assert_eq!(kubernetes.proof(&around(&[])).await.unwrap().method(), "kubernetes-auth");
        std::fs::remove_file(&id).unwrap();
        assert!(kubernetes.proof(&around(&[])).await.is_err());
        assert!(kubernetes.proof(&around(&[(IDENTITY_ID[1], ID)])).await.is_ok());
        // An id may also stand in the configuration itself.
        let inline = auth("kubernetes", json!({ "identity-id": ID, "service-account-token": token }));
        assert!(inline.proof(&around(&[])).await.is_ok());
    }

    #[tokio::test]
    async fn a_password_that_is_removed_once_read_is_kept() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, content) in [("user", "ann"), ("password", "canary-7")] {
            std::fs::write(path(name), content).unwrap();
        }
        let config = json!({
            "identity-id": ID, "username": path("user"), "password": path("password"), "remove-password-on-read": true,
        });
        let ldap = auth("ldap-auth", config);
        assert_eq!(ldap.proof(&around(&[])).await.unwrap().method(), "ldap-auth");
        assert!(!path("password").exists());
        assert!(ldap.proof(&around(&[])).await.is_ok());
        assert!(!format!("{ldap:?}").contains("canary-7"));
    }
}
