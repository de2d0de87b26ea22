//! Slugs: short names that stand in addresses.

use std::ops::RangeInclusive;

/// A short name of lower-case ASCII letters, digits and single hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// The text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlug {
    /// A character that does not belong, or a hyphen at an end or after another.
    #[error("expected a slug of letters, digits and single hyphens between them")]
    Malformed,
    /// Too short or too long.
    #[error("expected a slug of {min} to {max} characters")]
    Length {
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
}

impl Slug {
    /// The length of a slug where nothing else is said, in characters.
    pub const USUAL_LENGTH: RangeInclusive<usize> = 1..=32;

    /// Trims and lower-cases the text and checks it; `length` counts characters after trimming. An empty text is
    /// never a slug.
    pub fn parse(text: &str, length: RangeInclusive<usize>) -> Result<Self, InvalidSlug> {
        let slug = text.trim().to_ascii_lowercase();
        if !length.contains(&slug.chars().count()) {
            return Err(InvalidSlug::Length { min: *length.start(), max: *length.end() });
        }
        let well_formed = slug.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if well_formed { Ok(Self(slug)) } else { Err(InvalidSlug::Malformed) }
    }
}

checked_string!(Slug);

/// The base of a slug made from a display name: ASCII letters and digits lower-cased, everything else a single
/// hyphen; `x` when nothing is left. As long as the name at most; cut it and [`Slug::parse`] it.
pub fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if c != '\'' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.is_empty() { "x".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_are_trimmed_and_lower_cased() {
        assert_eq!(Slug::parse(" My-App-2 ", Slug::USUAL_LENGTH).unwrap().as_str(), "my-app-2");
        for text in ["-a", "a-", "a--b", "a b", "a_b", "é", "\u{212a}"] {
            assert_eq!(Slug::parse(text, Slug::USUAL_LENGTH), Err(InvalidSlug::Malformed), "{text}");
        }
        for (text, length) in [("", 1..=32), ("ab", 3..=5), ("abcdef", 3..=5)] {
            assert!(matches!(Slug::parse(text, length), Err(InvalidSlug::Length { .. })), "{text}");
        }
        assert_eq!(Slug::parse("", 0..=5), Err(InvalidSlug::Malformed));
    }

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Payments API", "payments-api"),
            ("  --Ann's  (test) --", "anns-test"),
            ("Zürich", "z-rich"),
            ("日本", "x"),
            ("", "x"),
        ] {
            assert_eq!(slugify(name), slug, "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_slugify_makes_is_a_slug(name in "\\PC{0,60}") {
            let slug = slugify(&name);
            prop_assert_eq!(Slug::parse(&slug, 1..=usize::MAX).unwrap().into_string(), slug.clone());
            prop_assert_eq!(slugify(&slug), slug);
        }
    }
}
