//! Settings: each one is a flag, an environment variable and a line in `vouchsafe.toml`; the first
//! of these that is given counts. An empty value counts as not given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::{Failure, Outcome};

pub(crate) mod api;
pub(crate) mod log;
pub(crate) mod machine;
pub(crate) mod outbound;
pub(crate) mod password;
pub(crate) mod project_file;
pub(crate) mod selection;
pub(crate) mod server;
pub(crate) mod tls;

/// The settings file if none is named; it need not exist.
const DEFAULT_FILE: &str = "vouchsafe.toml";
/// A settings file is a few hundred bytes; anything of this size is something else.
const LARGEST_FILE: u64 = 1024 * 1024;

/// What a settings file may say. Names are those of the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FileSettings {
    pub(crate) listen: Option<String>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) database_url: Option<String>,
    pub(crate) root_key_file: Option<PathBuf>,
    pub(crate) site_url: Option<String>,
    pub(crate) trusted_proxies: Option<Vec<String>>,
    pub(crate) tls_cert: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) tls_client_cert_header: Option<String>,
    pub(crate) max_token_age: Option<String>,
    pub(crate) metrics_listen: Option<String>,
    pub(crate) allow_private_targets: Option<Vec<String>>,
    pub(crate) aws_sts_endpoint: Option<String>,
    pub(crate) azure_authority: Option<String>,
    pub(crate) gcp_certs_url: Option<String>,
    pub(crate) gcp_service_account_certs_url: Option<String>,
    pub(crate) oci_identity_endpoint: Option<String>,
    pub(crate) alicloud_sts_endpoint: Option<String>,
    pub(crate) log: Option<String>,
    pub(crate) log_format: Option<String>,
    pub(crate) api_url: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) secret_path: Option<String>,
    /// Whether the file was found rather than named.
    #[serde(skip)]
    pub(crate) found: bool,
}

impl FileSettings {
    /// Reads the named file, or `./vouchsafe.toml` if it is there.
    pub(crate) fn read(named: Option<OsString>) -> Outcome<Self> {
        match path(named, None) {
            Some(path) => Self::parse(&path),
            None if Path::new(DEFAULT_FILE).exists() => {
                Ok(Self { found: true, ..Self::parse(Path::new(DEFAULT_FILE))? })
            }
            None => Ok(Self::default()),
        }
    }

    fn parse(path: &Path) -> Outcome<Self> {
        let name = path.display();
        let unreadable = |error| Failure::usage(format!("cannot read the settings file {name}: {error}"));
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
            return Err(Failure::usage(format!("the settings file {name} is larger than 1 MiB")));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Failure::usage(format!("{name}, line {line}: {}", error.message()))
        })
    }
}

/// The names of a setting, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    flag: &'static str,
    variable: &'static str,
}

impl Name {
    pub(crate) const fn new(flag: &'static str, variable: &'static str) -> Self {
        Self { flag, variable }
    }

    /// A usage error about this setting.
    pub(crate) fn refuse(self, why: impl std::fmt::Display) -> Failure {
        Failure::usage(format!("`{}` ({}): {why}", self.flag, self.variable))
    }
}

/// The first text that is given.
pub(crate) fn text(given: Option<String>, file: Option<&String>) -> Option<String> {
    given.filter(|value| !value.trim().is_empty()).or_else(|| file.cloned())
}

/// The first path that is given.
pub(crate) fn path(given: Option<OsString>, file: Option<&PathBuf>) -> Option<PathBuf> {
    given.filter(|value| !value.is_empty()).map(PathBuf::from).or_else(|| file.cloned())
}

/// The first of these environment variables that is set and not empty.
pub(crate) fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_shows_every_line_and_nothing_else() {
        let sample = include_str!("../../../docs/vouchsafe.toml");
        let is_setting = |line: &&str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let lines: Vec<&str> =
            sample.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_setting).collect();
        let settings: FileSettings = toml::from_str(&lines.join("\n")).unwrap();
        let missing = format!("{settings:?}").matches("None").count();
        assert_eq!(missing, 0, "{settings:?}");
    }

    #[test]
    fn empty_values_count_as_not_given() {
        let file = "file".to_owned();
        assert_eq!(text(Some("flag".to_owned()), Some(&file)).as_deref(), Some("flag"));
        assert_eq!(text(Some(" ".to_owned()), Some(&file)).as_deref(), Some("file"));
        assert_eq!(text(None, None), None);
    }
}
