//! OCI: a request for a user's own data, signed with the user's API key (draft-cavage-http-signatures).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::given::{Identity, from_file};
use super::ini;
use super::signing::rsa_sha256;
use super::{NoProof, Proof, Source, Surroundings, Trail};

const FILE: [&str; 2] = ["OCI_CLI_CONFIG_FILE", "OCI_CONFIG_FILE"];
const PROFILE: [&str; 2] = ["OCI_CLI_PROFILE", "OCI_CONFIG_PROFILE"];

/// Where the API key of a user comes from: the configuration file of Oracle's own tools.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Oci {
    /// Who logs in.
    pub identity: Identity,
    /// The file; `~/.oci/config` if missing.
    pub config_file: Option<PathBuf>,
    /// Which section of it; `DEFAULT` if missing.
    pub profile: Option<String>,
}

impl Source for Oci {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let (name, path) = self.file(around)?;
        let text = from_file(&path, name, "the configuration of an API key", around, trail)?;
        let profile = self.profile.as_deref().or_else(|| Some(around.variable(&PROFILE)?.1));
        let profile = profile.unwrap_or("DEFAULT");
        let mut values = ini::section(&text, "DEFAULT").unwrap_or_default();
        let own = ini::section(&text, profile);
        values.extend(
            own.ok_or_else(|| NoProof::new(format!("{} has no profile [{profile}]", path.display())))?,
        );
        let key_file = expanded(value(&values, "key_file", &path)?, around);
        let key = from_file(&key_file, "key_file", "a private key", around, trail)?;
        let fields = signed(&values, &path, &key, around)?;
        self.identity.proof("oci-auth", &fields, around, trail)
    }
}

impl Oci {
    fn file(&self, around: &Surroundings) -> Result<(&'static str, PathBuf), NoProof> {
        if let Some(path) = &self.config_file {
            return Ok(("--oci-config-file", path.clone()));
        }
        if let Some((name, path)) = around.variable(&FILE) {
            return Ok((name, expanded(path, around)));
        }
        let usual = around.below_home(".oci/config");
        usual
            .map(|path| ("usual place", path))
            .ok_or_else(|| NoProof::new("there is no home folder with .oci/config"))
    }
}

fn value<'v>(values: &'v BTreeMap<String, String>, name: &str, path: &Path) -> Result<&'v str, NoProof> {
    let found = values.get(name).map(String::as_str).filter(|value| !value.is_empty());
    found.ok_or_else(|| NoProof::new(format!("{} does not say `{name}`", path.display())))
}

fn expanded(path: &str, around: &Surroundings) -> PathBuf {
    path.strip_prefix("~/").and_then(|rest| around.below_home(rest)).unwrap_or_else(|| path.into())
}

/// The fields of the login: the signed request for the user's data.
fn signed(
    values: &BTreeMap<String, String>,
    path: &Path,
    key: &str,
    around: &Surroundings,
) -> Result<serde_json::Value, NoProof> {
    let [user, tenancy, fingerprint, region] =
        ["user", "tenancy", "fingerprint", "region"].map(|name| value(values, name, path));
    let (user, tenancy, fingerprint, region) = (user?, tenancy?, fingerprint?, region?);
    let host = format!("identity.{region}.oraclecloud.com");
    let date =
        jiff::Timestamp::try_from(around.now()).unwrap_or_default().strftime("%a, %d %b %Y %H:%M:%S GMT");
    let message = format!("date: {date}\n(request-target): get /20160918/users/{user}\nhost: {host}");
    let signature =
        BASE64_STANDARD.encode(rsa_sha256(key, "the file that `key_file` names", message.as_bytes())?);
    let authorization = format!(
        "Signature version=\"1\",headers=\"date (request-target) host\",keyId=\"{tenancy}/{user}/{fingerprint}\",\
         algorithm=\"rsa-sha256\",signature=\"{signature}\""
    );
    Ok(json!({
        "userOcid": user,
        "headers": { "authorization": authorization, "host": host, "date": date.to_string() },
    }))
}
