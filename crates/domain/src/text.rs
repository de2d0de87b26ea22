//! Bounded names and e-mail addresses.

/// The text does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Too short or too long after trimming.
    #[error("{field} must be {min} to {max} characters long")]
    Length {
        /// The name of the field.
        field: String,
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
    /// Contains U+0000, which no database stores.
    #[error("{field} must not contain the NUL character")]
    Nul {
        /// The name of the field.
        field: String,
    },
}

/// Trims `value` and checks that it has `min` to `max` characters and no NUL; `field` is named in the error.
pub fn bounded(field: &str, value: &str, min: usize, max: usize) -> Result<String, InvalidText> {
    let value = value.trim();
    // More bytes than any text of `max` characters has need not be counted.
    let too_long = value.len() > max.saturating_mul(4);
    if too_long || !(min..=max).contains(&value.chars().count()) {
        return Err(InvalidText::Length { field: field.to_owned(), min, max });
    }
    if value.contains('\0') {
        return Err(InvalidText::Nul { field: field.to_owned() });
    }
    Ok(value.to_owned())
}

/// An e-mail address: trimmed, lower-cased, ASCII, at most 254 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address such as name@example.com")]
pub struct InvalidEmail;

impl Email {
    /// The greatest length in characters.
    pub const MAX_LENGTH: usize = 254;

    /// Reads an address of the plain form `local@domain` (RFC 5321 without quoted and literal forms).
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let address = text.trim().to_ascii_lowercase();
        let (local, domain) = address.split_once('@').ok_or(InvalidEmail)?;
        let local_ok =
            local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
        let domain_ok = domain.split('.').all(is_label);
        if local_ok && domain_ok && address.len() <= Self::MAX_LENGTH {
            Ok(Self(address))
        } else {
            Err(InvalidEmail)
        }
    }
}

checked_string!(Email);
parsed_by!(Email, InvalidEmail);

fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_counts_characters_after_trimming() {
        assert_eq!(bounded("name", "  Grüße ", 1, 5).unwrap(), "Grüße");
        assert_eq!(bounded("name", "🦀🦀", 1, 2).unwrap(), "🦀🦀");
        assert_eq!(bounded("name", "   ", 0, 5).unwrap(), "");
        for text in ["", "  ", "Grüßen"] {
            let error = bounded("name", text, 1, 5).unwrap_err();
            assert_eq!(error.to_string(), "name must be 1 to 5 characters long");
        }
        assert!(matches!(bounded("name", "a\0b", 1, 5), Err(InvalidText::Nul { .. })));
    }

    #[test]
    fn addresses_are_trimmed_and_lower_cased() {
        assert_eq!(Email::parse(" Ann.Lee+x@Example.COM ").unwrap().as_str(), "ann.lee+x@example.com");
        assert!(Email::parse("admin@localhost").is_ok());
        let long = format!("{}@example.com", "a".repeat(65));
        let too_long = format!("a@{}com", "abcdefghi.".repeat(26));
        for text in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "a@b@c",
            "a b@c.d",
            ".a@c.d",
            "a.@c.d",
            "a..b@c.d",
            "a@-c.d",
            "a@c..d",
            "a@c.d.",
            "a\0@c.d",
            "ä@c.d",
            "<a@c.d>",
            "a@c.d\r\nBcc: x@y.z",
            &long,
            &too_long,
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text:?}");
        }
    }
}
