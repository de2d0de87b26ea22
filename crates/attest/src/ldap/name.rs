//! Names of users: how they get into filters and DNs, and which of them are spellings of one name.

use ldap3::asn1::{PL, StructureTag, TagClass};
use ldap3::{dn_escape, parse_filter};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::Issue;

/// What stands for the name in filters and DNs.
pub(super) const PLACE: &str = "{{username}}";
/// Longest filter or DN, in bytes.
const MOST_BYTES: usize = 1024;
/// Deepest nesting of a filter.
const MOST_DEPTH: usize = 10;
/// Most characters of a folded name that count.
const MOST_COUNTED: usize = 255;

/// Choices of a filter (RFC 4511 section 4.5.1.7).
const NOT: u64 = 2;
const EQUALITY: u64 = 3;

/// A filter with a place for the name of a user.
///
/// The filter is parsed once, without the name. A name takes its place in the parsed form, so there is no text in which
/// it could mean anything: the same as escaping it by RFC 4515 section 3, without a way to forget it.
#[derive(Clone, Debug)]
pub(super) struct NameFilter(StructureTag);

impl NameFilter {
    /// Reads a filter. The name has to be the value of an equality, or a part of it, in one place or more: with wildcards,
    /// orders or negations many names would find one user, and each would have guesses of its own.
    pub(super) fn parse(field: &str, text: &str) -> Result<Self, Issue> {
        let odd =
            |what: &str| Issue::new(field, format!("Expected an LDAP filter such as (uid={PLACE}): {what}"));
        if text.len() > MOST_BYTES {
            return Err(odd(&format!("it may have at most {MOST_BYTES} bytes")));
        }
        // A parser that recurses must not see what is too deep.
        if deepest(text) > MOST_DEPTH {
            return Err(odd(&format!("it may be nested at most {MOST_DEPTH} deep")));
        }
        if !text.starts_with('(') {
            return Err(odd("it has to begin with a parenthesis"));
        }
        let filter = parse_filter(text).map_err(|()| odd("it cannot be read"))?;
        let filter = ldap3::asn1::ASNTag::into_structure(filter);
        match places(&filter, true) {
            None => Err(odd("the name may be compared for equality only, and not below a negation")),
            Some(0) => Err(odd(&format!("it has to contain {PLACE}"))),
            Some(_) => Ok(Self(filter)),
        }
    }

    /// The filter for this name.
    pub(super) fn of(&self, name: &str) -> StructureTag {
        filled(&self.0, name.as_bytes())
    }
}

fn deepest(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// In how many values the name is; none if it is where it may not be.
fn places(filter: &StructureTag, may_be_here: bool) -> Option<usize> {
    let PL::C(parts) = &filter.payload else {
        return match count(filter) {
            0 => Some(0),
            _ => None,
        };
    };
    if filter.class == TagClass::Context && filter.id == EQUALITY {
        let [attribute, value] = parts.as_slice() else { return None };
        let found = count(value);
        return (count(attribute) == 0 && (may_be_here || found == 0)).then_some(found);
    }
    let may_be_here = may_be_here && !(filter.class == TagClass::Context && filter.id == NOT);
    parts.iter().map(|part| places(part, may_be_here)).sum()
}

fn count(leaf: &StructureTag) -> usize {
    match &leaf.payload {
        PL::P(bytes) => usize::from(bytes.windows(PLACE.len()).any(|window| window == PLACE.as_bytes())),
        PL::C(_) => 0,
    }
}

fn filled(filter: &StructureTag, name: &[u8]) -> StructureTag {
    let payload = match &filter.payload {
        PL::C(parts) => PL::C(parts.iter().map(|part| filled(part, name)).collect()),
        PL::P(bytes) => PL::P(replaced(bytes, name)),
    };
    StructureTag { class: filter.class, id: filter.id, payload }
}

fn replaced(bytes: &[u8], name: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(bytes.len() + name.len()), bytes);
    while let Some(at) = rest.windows(PLACE.len()).position(|window| window == PLACE.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(name);
        rest = &rest[at + PLACE.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// `(attribute=value)` for each pair, of which one has to hold.
pub(super) fn any_equal(pairs: &[(&str, &str)]) -> StructureTag {
    let octets = |text: &str| StructureTag {
        class: TagClass::Universal,
        id: 4,
        payload: PL::P(text.as_bytes().to_vec()),
    };
    let equal = |(attribute, value): &(&str, &str)| StructureTag {
        class: TagClass::Context,
        id: EQUALITY,
        payload: PL::C(vec![octets(attribute), octets(value)]),
    };
    StructureTag { class: TagClass::Context, id: 1, payload: PL::C(pairs.iter().map(equal).collect()) }
}

/// Whether there is an entry at all: `(objectClass=*)`.
pub(super) fn present() -> StructureTag {
    StructureTag { class: TagClass::Context, id: 7, payload: PL::P(b"objectClass".to_vec()) }
}

/// A DN whose first value is the name of a user.
#[derive(Clone, Debug)]
pub(super) struct NameDn {
    attribute: String,
    rest: String,
}

impl NameDn {
    /// Reads a DN such as `uid={{username}},ou=people,dc=example`.
    pub(super) fn parse(field: &str, text: &str) -> Result<Self, Issue> {
        let odd =
            || Issue::new(field, format!("Expected a DN such as uid={PLACE},ou=people,dc=example,dc=com"));
        let (attribute, after) = text.split_once('=').ok_or_else(odd)?;
        let rest = after.strip_prefix(PLACE).ok_or_else(odd)?;
        let is_attribute = attribute.starts_with(|c: char| c.is_ascii_alphabetic())
            && attribute.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let is_rest = rest.is_empty() || (rest.starts_with(',') && is_dn(&rest[1..]));
        if text.len() > MOST_BYTES || !is_attribute || !is_rest || rest.contains(PLACE) {
            return Err(odd());
        }
        Ok(Self { attribute: attribute.to_owned(), rest: rest.to_owned() })
    }

    /// The DN of this user: the name is escaped (RFC 4514 section 2.4).
    pub(super) fn of(&self, name: &str) -> String {
        format!("{}={}{}", self.attribute, dn_escape(name), self.rest)
    }
}

/// Whether a text looks like a DN: parts with a name and a value. The directory has the last word.
pub(super) fn is_dn(text: &str) -> bool {
    text.len() <= MOST_BYTES
        && !text.contains('\0')
        && text
            .split(',')
            .next()
            .is_some_and(|first| first.split_once('=').is_some_and(|(name, _)| !name.trim().is_empty()))
}

/// One text for every spelling of a name that a directory might take for the same.
///
/// Directories prepare names before they compare them (RFC 4518): case, compatibility forms and invisible characters make
/// no difference, and spaces hardly any; some also pass over accents. This goes at least as far: two names that are
/// folded into one share a count, which is harmless, but one name with two counts would have guesses to spare.
pub(super) fn folded(name: &str) -> String {
    let lower = |text: String| text.to_uppercase().to_lowercase();
    let plain = |text: &str| -> String {
        text.nfkd()
            .filter(|c| !is_combining_mark(*c) && !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
            .collect()
    };
    // Twice, as changing the case may bring marks about.
    plain(&lower(plain(name))).chars().take(MOST_COUNTED).collect()
}

/// Characters that are mapped to nothing (RFC 4518 section 2.2) and others that are not seen.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{1806}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_value_and_nothing_else() {
        let filter = NameFilter::parse("searchFilter", "(&(objectClass=person)(uid={{username}}))").unwrap();
        let name = "*)(uid=*";
        let PL::C(parts) = filter.of(name).payload else { panic!() };
        let PL::C(pair) = &parts[1].payload else { panic!() };
        assert_eq!(pair[1].payload, PL::P(name.as_bytes().to_vec()));
        assert_eq!(parts.len(), 2);
        let mail = NameFilter::parse("searchFilter", "(mail={{username}}@example.com)").unwrap().of("a");
        let PL::C(pair) = mail.payload else { panic!() };
        assert_eq!(pair[1].payload, PL::P(b"a@example.com".to_vec()));
    }

    #[test]
    fn filters_in_which_many_names_find_one_user_are_refused() {
        for bad in [
            "",
            "uid={{username}}",
            "(uid=alice)",
            "(uid={{username}}*)",
            "(uid=*{{username}}*)",
            "(uid~={{username}})",
            "(uid>={{username}})",
            "(uid<={{username}})",
            "(!(uid={{username}}))",
            "(&(cn=a)(!(uid={{username}})))",
            "({{username}}=a)",
            "(uid:caseExactMatch:={{username}})",
            "(uid={{username}}",
            "(uid={{username}}))",
            "(cn=\\zz)",
        ] {
            assert!(NameFilter::parse("searchFilter", bad).is_err(), "{bad}");
        }
        let deep = format!("{}(uid={{{{username}}}}){}", "(&".repeat(20), ")".repeat(20));
        assert!(NameFilter::parse("searchFilter", &deep).is_err());
        for good in [
            "(uid={{username}})",
            "(|(uid={{username}})(mail={{username}}))",
            "(&(cn=*)(!(a=b))(uid={{username}}))",
        ] {
            assert!(NameFilter::parse("searchFilter", good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_name_in_a_dn_is_escaped() {
        let template = NameDn::parse("userDnTemplate", "uid={{username}},ou=people,dc=example").unwrap();
        for (name, dn) in [
            ("alice", "uid=alice,ou=people,dc=example"),
            ("a,ou=admins", "uid=a\\2cou\\3dadmins,ou=people,dc=example"),
            (" a ", "uid=\\20a\\20,ou=people,dc=example"),
            ("#a+b", "uid=\\23a\\2bb,ou=people,dc=example"),
            ("a\0b\"\\", "uid=a\\00b\\22\\5c,ou=people,dc=example"),
        ] {
            assert_eq!(template.of(name), dn);
        }
        for bad in [
            "",
            "{{username}}",
            "uid=x,ou={{username}}",
            "uid=a{{username}}",
            "uid={{username}}x",
            "u id={{username}}",
            "uid={{username}},people",
            "uid={{username}},uid={{username}}",
        ] {
            assert!(NameDn::parse("userDnTemplate", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        for spelling in [
            "alice",
            "ALICE",
            " Alice\t",
            "a l i c e",
            "\u{ff21}lice",
            "al\u{200b}ice",
            "alic\u{e9}",
            "alice\u{0}",
            "ali\u{ad}ce",
            "\u{212b}lice",
            "al\u{131}ce",
            "al\u{130}ce",
        ] {
            assert_eq!(folded(spelling), "alice", "{spelling:?}");
        }
        assert_eq!(folded("Stra\u{df}e"), folded("STRASSE"));
        assert_eq!(folded("\u{3c2}"), folded("\u{3a3}"));
        assert_ne!(folded("alice"), folded("alice2"));
        assert!(folded(&"\u{fdfa}".repeat(255)).len() < 1100);
        assert!(!folded("a\0b").contains('\0'));
    }
}
