//! Kubernetes: the token of the pod's service account, which the kubelet rotates in its file.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::given::{Identity, from_file};
use super::{NoProof, Proof, Source, Surroundings, Trail};

/// Where the kubelet puts the token unless a volume is projected elsewhere.
const USUAL: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const PATH: [&str; 2] =
    ["VOUCHSAFE_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", "INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH"];

/// Where the token of a service account comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kubernetes {
    /// Who logs in.
    pub identity: Identity,
    /// The file with the token.
    pub token_file: Option<PathBuf>,
}

impl Kubernetes {
    /// Whether a token lies where one is looked for.
    pub(super) fn is_around(around: &Surroundings) -> bool {
        around.variable(&PATH).is_some() || Path::new(USUAL).exists()
    }
}

impl Source for Kubernetes {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let (named_by, path) = match (&self.token_file, around.variable(&PATH)) {
            (Some(path), _) => ("--service-account-token-path", path.clone()),
            (None, Some((name, path))) => (name, PathBuf::from(path)),
            (None, None) => ("usual place", PathBuf::from(USUAL)),
        };
        let jwt = from_file(&path, named_by, "the token of the service account", around, trail).map_err(
            |error| error.hint("in a pod, the token is there unless automountServiceAccountToken is off"),
        )?;
        self.identity.proof("kubernetes-auth", &json!({ "jwt": jwt }), around, trail)
    }
}
