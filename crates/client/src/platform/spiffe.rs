//! SPIFFE: a JWT-SVID from the Workload API or a file, or an X.509-SVID that is presented when TLS begins.

use std::path::PathBuf;

use serde_json::json;

use super::certificate::CertificateFiles;
use super::given::{Given, Identity, Names};
use super::{NoProof, Proof, Source, Surroundings, Trail, workload_api};

const SVID: Names = Names {
    what: "a JWT-SVID",
    flag: "--jwt",
    variables: &["VOUCHSAFE_JWT"],
    file_flag: "--jwt-file",
    file_variables: &["VOUCHSAFE_JWT_FILE"],
};
/// The variable that the SPIFFE Workload Endpoint specification names (section 4).
pub(super) const SOCKET: &str = "SPIFFE_ENDPOINT_SOCKET";
const AUDIENCE: [&str; 1] = ["VOUCHSAFE_SPIFFE_AUDIENCE"];

/// Where an SVID comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Spiffe {
    /// Who logs in.
    pub identity: Identity,
    /// A JWT-SVID that is there already.
    pub jwt: Given,
    /// An X.509-SVID, which is presented instead of a JWT-SVID.
    pub x509: CertificateFiles,
    /// The socket of the Workload API; from the standard variable if missing.
    pub socket: Option<PathBuf>,
    /// For whom a JWT-SVID is asked for: an audience that the auth method allows.
    pub audience: Option<String>,
}

impl Source for Spiffe {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        if self.x509.is_given(around) {
            let certificate = self.x509.read(around, trail)?;
            return Ok(self
                .identity
                .proof("spiffe-auth", &json!({}), around, trail)?
                .presenting(certificate));
        }
        let jwt = match self.jwt.find(SVID, around, trail)? {
            Some(jwt) => jwt,
            None => self.fetch(around, trail).await?,
        };
        self.identity.proof("spiffe-auth", &json!({ "jwt": jwt }), around, trail)
    }
}

impl Spiffe {
    async fn fetch(&self, around: &Surroundings, trail: &mut Trail) -> Result<String, NoProof> {
        let given = self.socket.clone().map(|path| ("--spiffe-socket", path));
        let Some((name, socket)) =
            given.or_else(|| around.variable(&[SOCKET]).map(|(name, url)| (name, path(url))))
        else {
            trail.passed(format!("--spiffe-socket, {SOCKET}"), "not given");
            return Err(NoProof::new("no SVID was found").hint(format!(
                "set {SOCKET} to the socket of the Workload API, or give an SVID with --jwt-file or --client-cert"
            )));
        };
        let audience = self.audience.as_deref().or_else(|| Some(around.variable(&AUDIENCE)?.1));
        let audience = audience.ok_or_else(|| {
            NoProof::new(format!("no audience was given: expected --spiffe-audience or {}", AUDIENCE[0]))
        })?;
        let place = format!("{name}: {}", socket.display());
        match workload_api::fetch_jwt_svid(&socket, audience).await {
            Ok(svid) => {
                trail.took(place, "a JWT-SVID");
                Ok(svid)
            }
            Err(why) => {
                trail.passed(place, why.clone());
                Err(NoProof::new(format!("the Workload API at {} gave no JWT-SVID: {why}", socket.display())))
            }
        }
    }
}

/// `unix:///path` or `unix:/path`, as the specification has it, or just a path.
fn path(url: &str) -> PathBuf {
    let path = url.strip_prefix("unix:").unwrap_or(url);
    path.strip_prefix("//").unwrap_or(path).into()
}
