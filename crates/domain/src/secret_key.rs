//! The names of secrets.

/// The name of a secret: 1 to 255 characters, no `:`, no `/`, no control characters; upper and lower case differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretKey(String);

/// The text cannot name a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretKey {
    /// Empty or too long.
    #[error("Secret name must be 1 to 255 characters long.")]
    Length,
    /// A character that does not belong.
    #[error("Secret name must not contain colons, slashes or control characters.")]
    Character,
}

impl SecretKey {
    /// The greatest length in characters.
    pub const MAX_LENGTH: usize = 255;

    /// Trims the text and checks it.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretKey> {
        let key = text.trim();
        if key.is_empty() || key.len() > Self::MAX_LENGTH * 4 || key.chars().count() > Self::MAX_LENGTH {
            return Err(InvalidSecretKey::Length);
        }
        if key.contains(|c: char| c == ':' || c == '/' || c.is_control()) {
            return Err(InvalidSecretKey::Character);
        }
        Ok(Self(key.to_owned()))
    }
}

checked_string!(SecretKey);
parsed_by!(SecretKey, InvalidSecretKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_trimmed_and_keep_their_case() {
        assert_eq!(SecretKey::parse(" Db_Password.1 ").unwrap().as_str(), "Db_Password.1");
        assert!(SecretKey::parse(&"é".repeat(255)).is_ok());
        for text in ["", "  ", &"k".repeat(256)] {
            assert_eq!(SecretKey::parse(text), Err(InvalidSecretKey::Length));
        }
        for text in ["a:b", "a/b", "a\nb", "a\0", "\u{7f}"] {
            assert_eq!(SecretKey::parse(text), Err(InvalidSecretKey::Character), "{text:?}");
        }
        assert!(serde_json::from_str::<SecretKey>("\"a/b\"").is_err());
        assert_eq!(serde_json::to_string(&SecretKey::parse("KEY").unwrap()).unwrap(), "\"KEY\"");
    }
}
