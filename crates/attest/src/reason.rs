//! Why a proof is refused.

/// Declares the reasons with their stable codes.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a proof is refused. Codes are stable: audit events and metrics carry them. Callers see none of them.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

reasons! {
    /// The proof is not of the form that the method takes.
    Malformed = "malformed-proof",
    /// The signature algorithm is not one that the source accepts.
    Algorithm = "algorithm-not-allowed",
    /// No key of the source has the key id that the proof names.
    UnknownKey = "unknown-key",
    /// The signature is not valid.
    Signature = "invalid-signature",
    /// The proof has expired.
    Expired = "expired",
    /// The proof is not valid yet.
    NotYetValid = "not-yet-valid",
    /// The proof is older than the source accepts.
    TooOld = "too-old",
    /// The proof was used before, and the source takes each only once.
    Replayed = "replayed",
    /// Issued by another issuer.
    Issuer = "issuer-mismatch",
    /// Another subject than those allowed.
    Subject = "subject-mismatch",
    /// Meant for another audience.
    Audience = "audience-mismatch",
    /// A claim that is asked for is missing.
    ClaimMissing = "claim-missing",
    /// A claim has another value than those allowed.
    Claim = "claim-mismatch",
    /// Another tenant, account or project than those allowed.
    Account = "account-mismatch",
    /// Another principal than those allowed.
    Principal = "principal-mismatch",
    /// Another place (namespace, zone, region) than those allowed.
    Place = "place-mismatch",
    /// The names in the certificate are not among those allowed.
    CertificateName = "certificate-name-mismatch",
    /// No valid path leads from the certificate to a configured authority.
    CertificatePath = "certificate-path-invalid",
    /// The certificate was revoked, or whether it was cannot be told.
    CertificateRevoked = "certificate-revoked",
    /// The user name or password is wrong.
    Credentials = "invalid-credentials",
    /// The user lacks an attribute or group that is asked for.
    Attribute = "attribute-mismatch",
    /// The provider says that the proof is not good.
    Provider = "provider-refused",
    /// The provider could not be reached in time.
    Unreachable = "provider-unreachable",
    /// The provider's answer could not be understood.
    ProviderAnswer = "provider-answer-invalid",
    /// The provider's address may not be called from here.
    Blocked = "target-blocked",
    /// The provider does not accept the credential that this method is configured with.
    Reviewer = "reviewer-refused",
    /// The stored configuration cannot be used.
    Configuration = "configuration-unusable",
}

/// A refused proof: a stable code, and a sentence for administrators.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}: {why}", reason.code())]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What was found and what was expected, without secrets.
    pub why: String,
}

impl Refusal {
    /// A refusal with its sentence, which is cut to 500 characters.
    pub fn new(reason: Reason, why: impl Into<String>) -> Self {
        let why: String = why.into();
        Self { reason, why: if why.len() > 500 { why.chars().take(500).collect() } else { why } }
    }
}
