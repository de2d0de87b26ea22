//! JWT: a token that something else wrote down.

use serde_json::json;

use super::given::{Given, Identity, Names};
use super::{NoProof, Proof, Source, Surroundings, Trail};

/// How a JWT is named.
pub(super) const JWT: Names = Names {
    what: "a JWT",
    flag: "--jwt",
    variables: &["VOUCHSAFE_JWT", "INFISICAL_JWT"],
    file_flag: "--jwt-file",
    file_variables: &["VOUCHSAFE_JWT_FILE"],
};

/// Where a JWT comes from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Jwt {
    /// Who logs in.
    pub identity: Identity,
    /// The token.
    pub jwt: Given,
}

impl Source for Jwt {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let jwt = self.jwt.find(JWT, around, trail)?;
        let jwt =
            jwt.ok_or_else(|| NoProof::new("no JWT was given: expected --jwt-file or VOUCHSAFE_JWT"))?;
        self.identity.proof("jwt-auth", &json!({ "jwt": jwt }), around, trail)
    }
}
