//! Settings of a login as an identity: by which method, and where its proof comes from.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::path::PathBuf;

use clap::Args;
use vouchsafe_api::auth_methods::AccessTokenReply;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;
use vouchsafe_client::platform::{
    AliCloud, AnySource, Aws, Azure, CertificateFiles, GcpIam, GcpIdToken, Given, Identity, Jwt, Kind,
    Kubernetes, Ldap, Oci, Oidc, Source as _, Spiffe, Surroundings, TlsCert, Trail, Universal,
};

use super::variable;
use crate::failure::{Failure, NOT_LOGGED_IN, Outcome};

/// Variables that name the method by which commands log in.
const METHOD: [&str; 2] = ["VOUCHSAFE_AUTH_METHOD", "INFISICAL_AUTH_METHOD"];
/// The method that stands for whatever the platform offers.
pub(crate) const AUTO: &str = "auto";

/// Who logs in, and where the proof comes from. What is not given is looked for where each platform has it.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Identities")]
pub(crate) struct MachineArgs {
    /// Id of the identity, for all methods but universal-auth; `INFISICAL_MACHINE_IDENTITY_ID` is read as well
    #[arg(
        long,
        visible_alias = "identity-id",
        env = "VOUCHSAFE_MACHINE_IDENTITY_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    machine_identity_id: Option<String>,
    /// Slug of the organization to act in, if it is not the identity's own
    #[arg(long, env = "VOUCHSAFE_ORGANIZATION_SLUG", hide_env_values = true, value_name = "SLUG")]
    organization_slug: Option<String>,
    /// universal-auth: client id; `INFISICAL_UNIVERSAL_AUTH_CLIENT_ID` is read as well
    #[arg(long, env = "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", hide_env_values = true, value_name = "ID")]
    client_id: Option<String>,
    /// universal-auth: client secret; other users of this machine can see flags, so rather use the variable
    /// (`INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET` is read as well)
    #[arg(
        long,
        env = "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    client_secret: Option<String>,
    /// jwt-auth, oidc-auth, spiffe-auth: the token itself; rather use the file or the variable (`INFISICAL_JWT` is read
    /// as well)
    #[arg(long, env = "VOUCHSAFE_JWT", hide_env_values = true, value_name = "TOKEN")]
    jwt: Option<String>,
    /// jwt-auth, oidc-auth, spiffe-auth: file with the token
    #[arg(long, env = "VOUCHSAFE_JWT_FILE", hide_env_values = true, value_name = "FILE")]
    jwt_file: Option<PathBuf>,
    /// oidc-auth: for whom CI systems that make a token on demand make it
    #[arg(long, env = "VOUCHSAFE_OIDC_AUDIENCE", hide_env_values = true, value_name = "AUDIENCE")]
    oidc_audience: Option<String>,
    /// kubernetes: file with the service account's token [default: where the kubelet puts it]
    #[arg(
        long,
        env = "VOUCHSAFE_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH",
        hide_env_values = true,
        value_name = "FILE"
    )]
    service_account_token_path: Option<PathBuf>,
    /// gcp-iam: file with the service account's key [default: GOOGLE_APPLICATION_CREDENTIALS, or the machine's account]
    #[arg(
        long,
        env = "VOUCHSAFE_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH",
        hide_env_values = true,
        value_name = "FILE"
    )]
    service_account_key_file_path: Option<PathBuf>,
    /// aws-iam: region to sign for [default: as AWS's own tools find it, or us-east-1]
    #[arg(long, env = "VOUCHSAFE_AWS_REGION", hide_env_values = true, value_name = "REGION")]
    aws_region: Option<String>,
    /// aws-iam: profile of the shared files [default: AWS_PROFILE, or default]
    #[arg(long, env = "VOUCHSAFE_AWS_PROFILE", hide_env_values = true, value_name = "NAME")]
    aws_profile: Option<String>,
    /// aws-iam: value of the signed header X-Vouchsafe-Server-Id, if the auth method asks for one
    #[arg(long, env = "VOUCHSAFE_AWS_SERVER_ID", hide_env_values = true, value_name = "TEXT")]
    aws_server_id: Option<String>,
    /// azure: resource (audience) that the auth method expects [default: https://management.azure.com/]
    #[arg(long, env = "VOUCHSAFE_AZURE_RESOURCE", hide_env_values = true, value_name = "URL")]
    azure_resource: Option<String>,
    /// azure: client id of a managed identity that was assigned by a user [default: AZURE_CLIENT_ID]
    #[arg(long, env = "VOUCHSAFE_AZURE_CLIENT_ID", hide_env_values = true, value_name = "ID")]
    azure_client_id: Option<String>,
    /// ldap-auth: user name; the password comes from a file or from VOUCHSAFE_LDAP_PASSWORD
    #[arg(long, env = "VOUCHSAFE_LDAP_USERNAME", hide_env_values = true, value_name = "NAME")]
    ldap_username: Option<String>,
    /// ldap-auth: file with the password
    #[arg(long, env = "VOUCHSAFE_LDAP_PASSWORD_FILE", hide_env_values = true, value_name = "FILE")]
    ldap_password_file: Option<PathBuf>,
    /// tls-cert-auth, spiffe-auth: file with the client certificate and its chain, in PEM
    #[arg(long, env = "VOUCHSAFE_CLIENT_CERT_FILE", hide_env_values = true, value_name = "FILE")]
    client_cert: Option<PathBuf>,
    /// tls-cert-auth, spiffe-auth: file with the certificate's key, in PEM
    #[arg(long, env = "VOUCHSAFE_CLIENT_KEY_FILE", hide_env_values = true, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// spiffe-auth: socket of the Workload API [default: SPIFFE_ENDPOINT_SOCKET]
    #[arg(long, env = "VOUCHSAFE_SPIFFE_SOCKET", hide_env_values = true, value_name = "PATH")]
    spiffe_socket: Option<PathBuf>,
    /// spiffe-auth: audience that the auth method allows
    #[arg(long, env = "VOUCHSAFE_SPIFFE_AUDIENCE", hide_env_values = true, value_name = "AUDIENCE")]
    spiffe_audience: Option<String>,
    /// oci-auth: configuration file of Oracle's tools [default: ~/.oci/config]
    #[arg(long, env = "VOUCHSAFE_OCI_CONFIG_FILE", hide_env_values = true, value_name = "FILE")]
    oci_config_file: Option<PathBuf>,
    /// oci-auth: profile in that file [default: DEFAULT]
    #[arg(long, env = "VOUCHSAFE_OCI_PROFILE", hide_env_values = true, value_name = "NAME")]
    oci_profile: Option<String>,
}

impl MachineArgs {
    /// Whether a client id is given, by whatever way.
    pub(crate) fn has_client_id(&self) -> bool {
        let given = self.client_id.as_ref().is_some_and(|id| !id.trim().is_empty());
        given || variable(&["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"]).is_some()
    }

    /// Where the proof of this kind comes from.
    pub(crate) fn source(self, kind: Kind) -> AnySource {
        let identity = Identity { id: self.machine_identity_id, organization_slug: self.organization_slug };
        let jwt = Given { text: self.jwt.map(Concealed::new), file: self.jwt_file };
        let files = CertificateFiles { certificate: self.client_cert, key: self.client_key };
        match kind {
            Kind::Universal => AnySource::Universal(Universal {
                client_id: self.client_id,
                client_secret: self.client_secret.map(Concealed::new),
                organization_slug: identity.organization_slug,
            }),
            Kind::Kubernetes => {
                AnySource::Kubernetes(Kubernetes { identity, token_file: self.service_account_token_path })
            }
            Kind::Azure => AnySource::Azure(Azure {
                identity,
                resource: self.azure_resource,
                client_id: self.azure_client_id,
            }),
            Kind::GcpIdToken => AnySource::GcpIdToken(GcpIdToken { identity }),
            Kind::GcpIam => {
                AnySource::GcpIam(GcpIam { identity, key_file: self.service_account_key_file_path })
            }
            Kind::Aws => AnySource::Aws(Aws {
                identity,
                region: self.aws_region,
                profile: self.aws_profile,
                server_id: self.aws_server_id,
            }),
            Kind::Oidc => AnySource::Oidc(Oidc { identity, jwt, audience: self.oidc_audience }),
            Kind::Jwt => AnySource::Jwt(Jwt { identity, jwt }),
            Kind::Ldap => AnySource::Ldap(Ldap {
                identity,
                username: self.ldap_username,
                password: Given { text: None, file: self.ldap_password_file },
            }),
            Kind::TlsCert => AnySource::TlsCert(TlsCert { identity, files }),
            Kind::Spiffe => AnySource::Spiffe(Spiffe {
                identity,
                jwt,
                x509: files,
                socket: self.spiffe_socket,
                audience: self.spiffe_audience,
            }),
            Kind::Oci => {
                AnySource::Oci(Oci { identity, config_file: self.oci_config_file, profile: self.oci_profile })
            }
            Kind::AliCloud => AnySource::AliCloud(AliCloud { identity }),
        }
    }
}

/// A login as an identity that went well.
pub(crate) struct LoggedIn {
    /// The client that made it; it presents the client certificate if there is one, but has no token yet.
    pub(crate) client: Client,
    /// What the server answered.
    pub(crate) reply: AccessTokenReply,
}

/// The kind of a method's name; `auto` is what the platform offers.
pub(crate) fn kind(method: &str, around: &Surroundings, trail: &mut Trail) -> Outcome<Kind> {
    if method.trim() == AUTO {
        return Kind::found(around, trail).ok_or_else(|| {
            Failure::message("no signs of a platform were found")
                .hint("name the method with --method")
                .code(NOT_LOGGED_IN)
        });
    }
    Kind::named(method).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
        Failure::usage(format!(
            "`--method`: `{method}` is none; expected {AUTO}, or one of {}",
            known.join(", ")
        ))
    })
}

/// Finds the proof and logs in with it.
pub(crate) async fn log_in(
    client: Client,
    source: &AnySource,
    around: &Surroundings,
    trail: &mut Trail,
) -> Outcome<LoggedIn> {
    let proof = source.proof(around, trail).await?;
    let client = match proof.certificate() {
        Some(certificate) => client.presenting(certificate)?,
        None => client,
    };
    let reply = client.log_in(&proof).await?;
    Ok(LoggedIn { client, reply })
}

/// Where the proof comes from if the environment alone says how to log in: a method that a variable names, or client id
/// and secret of Universal Auth.
pub(crate) fn of_environment(around: &Surroundings) -> Outcome<Option<AnySource>> {
    let kind = match around.variable(&METHOD) {
        // Who is logged in as a person in the official client has this value, too.
        Some((_, "user")) => None,
        Some((_, method)) => Some(kind(method, around, &mut Trail::default())?),
        None => Universal::is_around(around).then_some(Kind::Universal),
    };
    let text = |names: &[&str]| around.variable(names).map(|(_, value)| value.to_owned());
    // What flags would say is read from their variables by the sources themselves, but for these.
    let args = MachineArgs {
        organization_slug: text(&["VOUCHSAFE_ORGANIZATION_SLUG"]),
        aws_region: text(&["VOUCHSAFE_AWS_REGION"]),
        aws_profile: text(&["VOUCHSAFE_AWS_PROFILE"]),
        aws_server_id: text(&["VOUCHSAFE_AWS_SERVER_ID"]),
        azure_client_id: text(&["VOUCHSAFE_AZURE_CLIENT_ID"]),
        spiffe_socket: text(&["VOUCHSAFE_SPIFFE_SOCKET"]).map(PathBuf::from),
        oci_config_file: text(&["VOUCHSAFE_OCI_CONFIG_FILE"]).map(PathBuf::from),
        oci_profile: text(&["VOUCHSAFE_OCI_PROFILE"]),
        ..MachineArgs::default()
    };
    Ok(kind.map(|kind| args.source(kind)))
}
