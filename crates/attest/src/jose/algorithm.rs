//! Signature algorithms with a public key.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the algorithms with their names.
macro_rules! algorithms {
    ($($name:ident = $text:literal,)*) => {
        /// A signature algorithm with a public key (RFC 7518 section 3.1, RFC 8037 section 3.1). There is no `none`
        /// and no HMAC: a public key never is a shared secret.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub enum Algorithm {
            $(#[doc = concat!("`", $text, "`.")] #[serde(rename = $text)] $name,)*
        }

        impl Algorithm {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its registered name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

algorithms! {
    Rs256 = "RS256",
    Rs384 = "RS384",
    Rs512 = "RS512",
    Ps256 = "PS256",
    Ps384 = "PS384",
    Ps512 = "PS512",
    Es256 = "ES256",
    Es384 = "ES384",
    Es512 = "ES512",
    EdDsa = "EdDSA",
}

impl Algorithm {
    /// The algorithm of this name; names are compared exactly. RFC 9864 calls `EdDSA` with this curve `Ed25519`.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The algorithms that a source accepts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Algorithms(Vec<Algorithm>);

impl Algorithms {
    /// All that this crate knows.
    pub fn all() -> Self {
        Self(Algorithm::ALL.to_vec())
    }

    /// These.
    pub fn of(list: &[Algorithm]) -> Self {
        Self(list.to_vec())
    }

    /// Reads names; none when one is unknown, or none is given.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let list: Vec<Algorithm> = names.into_iter().map(Algorithm::from_name).collect::<Option<_>>()?;
        (!list.is_empty()).then_some(Self(list))
    }

    /// Whether this one is accepted.
    pub fn accept(&self, algorithm: Algorithm) -> bool {
        self.0.contains(&algorithm)
    }
}

impl fmt::Display for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|algorithm| algorithm.name()).collect();
        f.write_str(&names.join(", "))
    }
}
