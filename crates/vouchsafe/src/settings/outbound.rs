//! Where the server may call out to, and where the clouds are.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use clap::Args;
use ipnet::IpNet;
use url::Url;
use vouchsafe_server::Endpoints;

use super::server::networks;
use super::{FileSettings, Name, text};
use crate::failure::Outcome;

/// Flags about outbound calls.
#[derive(Args)]
pub(crate) struct OutboundArgs {
    /// Network that auth methods may call though it is private, and without TLS; repeat it or separate with commas
    #[arg(
        long = "allow-private-targets",
        env = "VOUCHSAFE_ALLOW_PRIVATE_TARGETS",
        hide_env_values = true,
        value_name = "CIDR",
        value_delimiter = ','
    )]
    allow_private_targets: Vec<String>,
    /// STS endpoint in place of those of AWS [default: by region]
    #[arg(long, env = "VOUCHSAFE_AWS_STS_ENDPOINT", hide_env_values = true, value_name = "URL")]
    aws_sts_endpoint: Option<String>,
    /// Authority of Azure tokens [default: https://login.microsoftonline.com]
    #[arg(long, env = "VOUCHSAFE_AZURE_AUTHORITY", hide_env_values = true, value_name = "URL")]
    azure_authority: Option<String>,
    /// Keys of Google's id tokens [default: Google's]
    #[arg(long, env = "VOUCHSAFE_GCP_CERTS_URL", hide_env_values = true, value_name = "URL")]
    gcp_certs_url: Option<String>,
    /// Keys of Google's service accounts; the account's address is appended [default: Google's]
    #[arg(long, env = "VOUCHSAFE_GCP_SERVICE_ACCOUNT_CERTS_URL", hide_env_values = true, value_name = "URL")]
    gcp_service_account_certs_url: Option<String>,
    /// Identity endpoint in place of those of Oracle's cloud [default: by region]
    #[arg(long, env = "VOUCHSAFE_OCI_IDENTITY_ENDPOINT", hide_env_values = true, value_name = "URL")]
    oci_identity_endpoint: Option<String>,
    /// STS endpoint of Alibaba Cloud [default: https://sts.aliyuncs.com]
    #[arg(long, env = "VOUCHSAFE_ALICLOUD_STS_ENDPOINT", hide_env_values = true, value_name = "URL")]
    alicloud_sts_endpoint: Option<String>,
}

/// Resolved settings of outbound calls.
#[derive(Debug, Default)]
pub(crate) struct OutboundSettings {
    pub(crate) allowed: Vec<IpNet>,
    pub(crate) endpoints: Endpoints,
}

impl OutboundArgs {
    /// Merges flags, environment and file.
    pub(crate) fn resolve(self, file: &FileSettings) -> Outcome<OutboundSettings> {
        let allowed = if self.allow_private_targets.iter().all(|network| network.trim().is_empty()) {
            file.allow_private_targets.clone().unwrap_or_default()
        } else {
            self.allow_private_targets
        };
        let name = Name::new("--allow-private-targets", "VOUCHSAFE_ALLOW_PRIVATE_TARGETS");
        let one = |flag, variable, sent, lined: &Option<String>| {
            endpoint(Name::new(flag, variable), text(sent, lined.as_ref()))
        };
        Ok(OutboundSettings {
            allowed: networks(name, &allowed)?,
            endpoints: Endpoints {
                aws_sts: one(
                    "--aws-sts-endpoint",
                    "VOUCHSAFE_AWS_STS_ENDPOINT",
                    self.aws_sts_endpoint,
                    &file.aws_sts_endpoint,
                )?,
                azure_authority: one(
                    "--azure-authority",
                    "VOUCHSAFE_AZURE_AUTHORITY",
                    self.azure_authority,
                    &file.azure_authority,
                )?,
                gcp_certs: one(
                    "--gcp-certs-url",
                    "VOUCHSAFE_GCP_CERTS_URL",
                    self.gcp_certs_url,
                    &file.gcp_certs_url,
                )?,
                gcp_service_account_certs: one(
                    "--gcp-service-account-certs-url",
                    "VOUCHSAFE_GCP_SERVICE_ACCOUNT_CERTS_URL",
                    self.gcp_service_account_certs_url,
                    &file.gcp_service_account_certs_url,
                )?,
                oci_identity: one(
                    "--oci-identity-endpoint",
                    "VOUCHSAFE_OCI_IDENTITY_ENDPOINT",
                    self.oci_identity_endpoint,
                    &file.oci_identity_endpoint,
                )?,
                alicloud_sts: one(
                    "--alicloud-sts-endpoint",
                    "VOUCHSAFE_ALICLOUD_STS_ENDPOINT",
                    self.alicloud_sts_endpoint,
                    &file.alicloud_sts_endpoint,
                )?,
            },
        })
    }
}

fn endpoint(name: Name, text: Option<String>) -> Outcome<Option<Url>> {
    let Some(text) = text else { return Ok(None) };
    let url: Option<Url> = text.trim().parse().ok();
    match url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Some(url) => Ok(Some(url)),
        None => Err(name.refuse("expected an http or https URL such as https://sts.example.com")),
    }
}
