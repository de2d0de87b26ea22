//! TLS on our own listener, and client certificates from proxies.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::ffi::OsString;

use clap::Args;
use vouchsafe_server::HeaderName;
use vouchsafe_server::tls::TlsFiles;

use super::{FileSettings, Name, path, text, variable};
use crate::failure::Outcome;

/// The name that Infisical has for the setting.
const CONTRACT_VARIABLE: &str = "IDENTITY_TLS_CERT_AUTH_CLIENT_CERTIFICATE_HEADER_KEY";

/// Flags about TLS.
#[derive(Args)]
#[allow(clippy::struct_field_names, reason = "fields are named as their flags are")]
pub(crate) struct TlsArgs {
    /// Certificate chain for TLS on the listen address, PEM, leaf first; read again when it changes [default: plain HTTP]
    #[arg(long, env = "VOUCHSAFE_TLS_CERT_FILE", hide_env_values = true, value_name = "FILE")]
    tls_cert: Option<OsString>,
    /// Private key of that certificate, PEM, not encrypted
    #[arg(long, env = "VOUCHSAFE_TLS_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    tls_key: Option<OsString>,
    /// Header in which trusted proxies forward the client's certificate as URL-encoded PEM; they must strip what
    /// clients send in it [default: none]
    #[arg(long, env = "VOUCHSAFE_TLS_CLIENT_CERT_HEADER", hide_env_values = true, value_name = "NAME")]
    tls_client_cert_header: Option<String>,
}

/// Resolved settings of TLS.
#[derive(Debug, Default)]
pub(crate) struct TlsSettings {
    pub(crate) files: Option<TlsFiles>,
    pub(crate) client_certificate_header: Option<HeaderName>,
}

impl TlsArgs {
    /// Merges flags, environment and file.
    pub(crate) fn resolve(self, file: &FileSettings) -> Outcome<TlsSettings> {
        let certificate = path(self.tls_cert, file.tls_cert.as_ref());
        let key = path(self.tls_key, file.tls_key.as_ref());
        let files = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(Name::new("--tls-key", "VOUCHSAFE_TLS_KEY_FILE").refuse(
                    "expected the private key of the certificate in --tls-cert; give both or neither",
                ));
            }
            (None, Some(_)) => {
                return Err(Name::new("--tls-cert", "VOUCHSAFE_TLS_CERT_FILE")
                    .refuse("expected the certificate of the key in --tls-key; give both or neither"));
            }
        };
        let given = self.tls_client_cert_header.filter(|name| !name.trim().is_empty());
        let header =
            text(given.or_else(|| variable(&[CONTRACT_VARIABLE])), file.tls_client_cert_header.as_ref());
        Ok(TlsSettings {
            files,
            client_certificate_header: header.map(|name| header_name(&name)).transpose()?,
        })
    }
}

fn header_name(text: &str) -> Outcome<HeaderName> {
    text.trim().parse().map_err(|_| {
        Name::new("--tls-client-cert-header", "VOUCHSAFE_TLS_CLIENT_CERT_HEADER")
            .refuse("expected the name of a header, such as x-client-cert")
    })
}
