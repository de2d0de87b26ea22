//! Settings of `vouchsafe server`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;
use url::Url;
use vouchsafe_domain::time::parse_ms_range;
use vouchsafe_domain::token_settings::TOKEN_AGE_CEILING;
use vouchsafe_store::Database;

use super::log::{LogArgs, LogSettings};
use super::outbound::{OutboundArgs, OutboundSettings};
use super::tls::{TlsArgs, TlsSettings};
use super::{FileSettings, Name, path, text, variable};
use crate::failure::Outcome;

/// The address that `listen` means if nobody says otherwise.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
const DEFAULT_DATA_DIR: &str = "vouchsafe-data";

/// Where to listen and where data lies: flags of every command that serves.
#[derive(Args)]
pub(crate) struct PlaceArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "VOUCHSAFE_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Folder of the SQLite database and the root key [default: ./vouchsafe-data]
    #[arg(long, env = "VOUCHSAFE_DATA_DIR", hide_env_values = true, value_name = "FOLDER")]
    data_dir: Option<OsString>,
}

/// Resolved place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
}

impl PlaceArgs {
    pub(crate) fn resolve(self, file: &FileSettings) -> Outcome<Place> {
        let listen = text(self.listen, file.listen.as_ref()).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let listen = address(Name::new("--listen", "VOUCHSAFE_LISTEN"), &listen)?;
        let data_dir = path(self.data_dir, file.data_dir.as_ref()).unwrap_or_else(|| DEFAULT_DATA_DIR.into());
        Ok(Place { listen, data_dir })
    }
}

/// Flags of `vouchsafe server`.
#[derive(Args)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE` [default: SQLite in the data folder]
    #[arg(long, env = "VOUCHSAFE_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// File with the root key, or `VOUCHSAFE_ROOT_KEY` with the key itself (base64, 32 bytes); made on
    /// the first start for SQLite [default: root.key in the data folder]
    #[arg(long, env = "VOUCHSAFE_ROOT_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    root_key_file: Option<OsString>,
    /// URL at which people and clients reach this server [default: the listen address]
    #[arg(long, env = "VOUCHSAFE_SITE_URL", hide_env_values = true, value_name = "URL")]
    site_url: Option<String>,
    /// Network of proxies whose X-Forwarded-For header is believed; repeat it or separate with commas
    #[arg(
        long = "trusted-proxy",
        visible_alias = "trusted-proxies",
        env = "VOUCHSAFE_TRUSTED_PROXIES",
        hide_env_values = true,
        value_name = "CIDR",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<String>,
    #[command(flatten)]
    tls: TlsArgs,
    /// Longest life of any access token, such as 12h or 90d [default: 90d]
    #[arg(long, env = "VOUCHSAFE_MAX_TOKEN_AGE", hide_env_values = true, value_name = "DURATION")]
    max_token_age: Option<String>,
    /// Address and port of `GET /metrics` for Prometheus [default: none]
    #[arg(long, env = "VOUCHSAFE_METRICS_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    #[command(flatten)]
    outbound: OutboundArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Where the root key comes from.
pub(crate) enum RootKeySource {
    /// The key itself, in `VOUCHSAFE_ROOT_KEY`.
    Variable(String),
    /// A file that must be there.
    File(PathBuf),
    /// The file in the data folder, made if there is no database yet.
    Default(PathBuf),
    /// Nothing was given, and nothing can be made up.
    Missing,
}

/// Resolved settings of `vouchsafe server`.
pub(crate) struct ServerSettings {
    pub(crate) place: Place,
    pub(crate) database: Database,
    pub(crate) root_key: RootKeySource,
    pub(crate) site_url: Option<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) tls: TlsSettings,
    /// In seconds.
    pub(crate) max_token_age: i64,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) outbound: OutboundSettings,
    pub(crate) log: LogSettings,
}

impl ServerArgs {
    /// Merges flags, environment and file.
    pub(crate) fn resolve(self, file: &FileSettings) -> Outcome<ServerSettings> {
        let place = self.place.resolve(file)?;
        let database = match text(self.database_url, file.database_url.as_ref()) {
            None => embedded(&place.data_dir),
            Some(url) => url.trim().parse().map_err(|error: String| {
                Name::new("--database-url", "VOUCHSAFE_DATABASE_URL").refuse(error)
            })?,
        };
        let flags = if self.trusted_proxies.iter().all(|network| network.trim().is_empty()) {
            file.trusted_proxies.clone().unwrap_or_default()
        } else {
            self.trusted_proxies
        };
        let trusted_proxies = networks(Name::new("--trusted-proxy", "VOUCHSAFE_TRUSTED_PROXIES"), &flags)?;
        let tls = self.tls.resolve(file)?;
        if tls.client_certificate_header.is_some() && trusted_proxies.is_empty() {
            return Err(Name::new("--trusted-proxy", "VOUCHSAFE_TRUSTED_PROXIES").refuse(
                "expected the proxies whose header with client certificates is believed (--tls-client-cert-header)",
            ));
        }
        Ok(ServerSettings {
            tls,
            root_key: root_key(self.root_key_file, file, &database, &place.data_dir),
            database,
            site_url: text(self.site_url, file.site_url.as_ref()).map(|url| site_url(&url)).transpose()?,
            trusted_proxies,
            max_token_age: max_token_age(text(self.max_token_age, file.max_token_age.as_ref()))?,
            metrics_listen: text(self.metrics_listen, file.metrics_listen.as_ref())
                .map(|text| address(Name::new("--metrics-listen", "VOUCHSAFE_METRICS_LISTEN"), &text))
                .transpose()?,
            outbound: self.outbound.resolve(file)?,
            log: self.log.resolve(file, "info")?,
            place,
        })
    }
}

/// The database in the data folder.
pub(crate) fn embedded(data_dir: &Path) -> Database {
    Database::Sqlite(data_dir.join("vouchsafe.db"))
}

/// A file named by a flag counts before the key in the environment, as flags do.
fn root_key(
    given: Option<OsString>,
    file: &FileSettings,
    database: &Database,
    data_dir: &Path,
) -> RootKeySource {
    if let Some(path) = path(given, None) {
        RootKeySource::File(path)
    } else if let Some(key) = variable(&["VOUCHSAFE_ROOT_KEY"]) {
        RootKeySource::Variable(key)
    } else if let Some(path) = &file.root_key_file {
        RootKeySource::File(path.clone())
    } else if matches!(database, Database::Sqlite(_)) {
        RootKeySource::Default(data_dir.join("root.key"))
    } else {
        RootKeySource::Missing
    }
}

fn address(name: Name, text: &str) -> Outcome<SocketAddr> {
    text.trim()
        .parse()
        .map_err(|_| name.refuse("expected an address and a port, such as 127.0.0.1:8080 or [::]:8080"))
}

fn site_url(text: &str) -> Outcome<String> {
    let name = Name::new("--site-url", "VOUCHSAFE_SITE_URL");
    let wrong = || name.refuse("expected a URL such as https://vouchsafe.example.com");
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
        return Err(wrong());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Networks or single addresses of a list; blank entries are left out.
pub(super) fn networks(name: Name, list: &[String]) -> Outcome<Vec<IpNet>> {
    list.iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(|text| {
            let network =
                text.parse::<IpNet>().or_else(|_| text.parse().map(|ip: std::net::IpAddr| ip.into()));
            network.map_err(|_| {
                name.refuse(format!("`{text}` is no network; expected one such as 10.0.0.0/8 or fd00::/8"))
            })
        })
        .collect()
}

fn max_token_age(text: Option<String>) -> Outcome<i64> {
    let Some(text) = text else { return Ok(TOKEN_AGE_CEILING) };
    let name = Name::new("--max-token-age", "VOUCHSAFE_MAX_TOKEN_AGE");
    // A bare number would be milliseconds, which nobody means here.
    let has_unit = text.trim().ends_with(|last: char| last.is_ascii_alphabetic());
    let millis = has_unit.then(|| parse_ms_range(&text).ok()).flatten();
    match millis.map(|millis| millis / 1000).and_then(|seconds| i64::try_from(seconds).ok()) {
        Some(seconds) if seconds >= 1 => Ok(seconds),
        _ => Err(name.refuse("expected a duration such as 12h or 90d, at most 100 years")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_urls_lose_their_last_slash_and_must_be_plain() {
        assert_eq!(site_url("https://v.example.com/").unwrap(), "https://v.example.com");
        assert_eq!(site_url(" http://10.0.0.1:8080/base/ ").unwrap(), "http://10.0.0.1:8080/base");
        for text in ["v.example.com", "ftp://x", "https://x/?a=1", "https://u:p@x/", "https://x/#a", ""] {
            assert_eq!(site_url(text).unwrap_err().code, 2, "{text}");
        }
    }

    #[test]
    fn a_token_age_needs_a_unit() {
        assert_eq!(max_token_age(None).unwrap(), 90 * 86_400);
        assert_eq!(max_token_age(Some("12h".to_owned())).unwrap(), 43_200);
        for text in ["3600", "0d", "10ms", "soon", "101y"] {
            assert_eq!(max_token_age(Some(text.to_owned())).unwrap_err().code, 2, "{text}");
        }
    }

    #[test]
    fn proxies_are_networks_or_single_addresses() {
        let list = ["10.0.0.0/8".to_owned(), " 192.0.2.1 ".to_owned(), String::new()];
        let name = || Name::new("--trusted-proxy", "VOUCHSAFE_TRUSTED_PROXIES");
        let nets = networks(name(), &list).unwrap();
        assert_eq!(nets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.1/32"]);
        assert!(networks(name(), &["nowhere".to_owned()]).is_err());
    }
}
