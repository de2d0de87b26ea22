//! Where the clouds are.

use url::Url;

/// Endpoints of clouds, for sovereign clouds, private ways out and tests. None: the public ones.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// `VOUCHSAFE_AWS_STS_ENDPOINT`: takes the place of every STS host.
    pub aws_sts: Option<Url>,
    /// `VOUCHSAFE_AZURE_AUTHORITY`: takes the place of `https://login.microsoftonline.com`.
    pub azure_authority: Option<Url>,
    /// `VOUCHSAFE_GCP_CERTS_URL`: takes the place of Google's key set for id tokens.
    pub gcp_certs: Option<Url>,
    /// `VOUCHSAFE_GCP_SERVICE_ACCOUNT_CERTS_URL`: base to which a service account's address is appended.
    pub gcp_service_account_certs: Option<Url>,
    /// `VOUCHSAFE_OCI_IDENTITY_ENDPOINT`: takes the place of every identity host of Oracle's cloud.
    pub oci_identity: Option<Url>,
    /// `VOUCHSAFE_ALICLOUD_STS_ENDPOINT`: takes the place of `https://sts.aliyuncs.com`.
    pub alicloud_sts: Option<Url>,
}
