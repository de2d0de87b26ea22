//! All ways to log in, by name.

use super::aws::Aws;
use super::azure::Azure;
use super::certificate::TlsCert;
use super::gcp::{GcpIam, GcpIdToken};
use super::kubernetes::Kubernetes;
use super::ldap::Ldap;
use super::oci::Oci;
use super::oidc::Oidc;
use super::spiffe::{self, Spiffe};
use super::{AliCloud, Jwt, NoProof, Proof, Source, Surroundings, Trail, Universal};

/// One of the ways to log in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is named and described by its type")]
pub enum AnySource {
    Universal(Universal),
    Kubernetes(Kubernetes),
    Azure(Azure),
    GcpIdToken(GcpIdToken),
    GcpIam(GcpIam),
    Aws(Aws),
    Oidc(Oidc),
    Jwt(Jwt),
    Ldap(Ldap),
    TlsCert(TlsCert),
    Spiffe(Spiffe),
    Oci(Oci),
    AliCloud(AliCloud),
}

/// A way to log in, as commands and configurations name it; the first nine as the official client does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is what `Kind::name` says")]
pub enum Kind {
    Universal,
    Kubernetes,
    Azure,
    GcpIdToken,
    GcpIam,
    Aws,
    Oidc,
    Jwt,
    Ldap,
    TlsCert,
    Spiffe,
    Oci,
    AliCloud,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Universal,
        Self::Kubernetes,
        Self::Azure,
        Self::GcpIdToken,
        Self::GcpIam,
        Self::Aws,
        Self::Oidc,
        Self::Jwt,
        Self::Ldap,
        Self::TlsCert,
        Self::Spiffe,
        Self::Oci,
        Self::AliCloud,
    ];

    /// The name, such as `aws-iam`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Universal => "universal-auth",
            Self::Kubernetes => "kubernetes",
            Self::Azure => "azure",
            Self::GcpIdToken => "gcp-id-token",
            Self::GcpIam => "gcp-iam",
            Self::Aws => "aws-iam",
            Self::Oidc => "oidc-auth",
            Self::Jwt => "jwt-auth",
            Self::Ldap => "ldap-auth",
            Self::TlsCert => "tls-cert-auth",
            Self::Spiffe => "spiffe-auth",
            Self::Oci => "oci-auth",
            Self::AliCloud => "alicloud-auth",
        }
    }

    /// The way of this name; the name of the auth method on the server (`aws-auth`) is good too where it names one way.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        let own = |kind: &Self| {
            kind.name() == name || name.strip_suffix("-auth").is_some_and(|stem| stem == kind.name())
        };
        match name {
            "aws-auth" => Some(Self::Aws),
            "gcp-auth" => Some(Self::GcpIdToken),
            _ => Self::ALL.into_iter().find(own),
        }
    }

    /// The first way whose signs are around; notes in the trail which were looked at.
    pub fn found(around: &Surroundings, trail: &mut Trail) -> Option<Self> {
        let signs: [(Self, bool); 8] = [
            (Self::Universal, Universal::is_around(around)),
            (Self::Oidc, Oidc::is_around(around)),
            (Self::Spiffe, around.variable(&[spiffe::SOCKET]).is_some()),
            (Self::Aws, Aws::is_around(around)),
            (Self::Azure, Azure::is_around(around)),
            (Self::GcpIam, GcpIam::is_around(around)),
            (Self::AliCloud, AliCloud::is_around(around)),
            (Self::Kubernetes, Kubernetes::is_around(around)),
        ];
        for (kind, is_around) in signs {
            if is_around {
                trail.took("signs of a platform", kind.name());
                return Some(kind);
            }
            trail.passed("signs of a platform", format!("none of {}", kind.name()));
        }
        None
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Source for AnySource {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        match self {
            Self::Universal(source) => source.proof(around, trail).await,
            Self::Kubernetes(source) => source.proof(around, trail).await,
            Self::Azure(source) => source.proof(around, trail).await,
            Self::GcpIdToken(source) => source.proof(around, trail).await,
            Self::GcpIam(source) => source.proof(around, trail).await,
            Self::Aws(source) => source.proof(around, trail).await,
            Self::Oidc(source) => source.proof(around, trail).await,
            Self::Jwt(source) => source.proof(around, trail).await,
            Self::Ldap(source) => source.proof(around, trail).await,
            Self::TlsCert(source) => source.proof(around, trail).await,
            Self::Spiffe(source) => source.proof(around, trail).await,
            Self::Oci(source) => source.proof(around, trail).await,
            Self::AliCloud(source) => source.proof(around, trail).await,
        }
    }
}
