//! Messages of LDAP (RFC 4511), as far as they are needed here.
//!
//! What a directory sends is read by this module and not by a general BER parser: messages are bounded before they are
//! read, nothing recurses, and what is odd is an error. A directory is chosen by whoever configures the method, so it is
//! no friend of the server's.

use ldap3::asn1::{StructureTag, write};

/// Longest message that is read, in bytes.
pub(super) const MOST_MESSAGE: usize = 512 * 1024;
/// Most attributes of an entry, and most values of an attribute, that are read.
const MOST_ITEMS: usize = 5_000;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// What a directory says, or what it says is wrong with a message of ours.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// The result of an operation; its code.
    Result(Code),
    /// An entry that was found.
    Entry(Entry),
    /// A hint at another directory, which is not followed.
    Reference,
}

/// An entry that was found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) dn: String,
    /// Names in lower case; values that are no text are left out.
    pub(super) attributes: Vec<(String, Vec<String>)>,
}

impl Entry {
    /// The values of an attribute, whatever the case of its name.
    pub(super) fn values(&self, name: &str) -> &[String] {
        let name = name.to_ascii_lowercase();
        self.attributes.iter().find(|(found, _)| *found == name).map_or(&[], |(_, values)| values)
    }
}

/// A result code (RFC 4511 appendix A).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Code(pub(super) u32);

impl Code {
    pub(super) const SUCCESS: Self = Self(0);
    pub(super) const SIZE_LIMIT: Self = Self(4);
    pub(super) const REFERRAL: Self = Self(10);
    pub(super) const NO_SUCH_OBJECT: Self = Self(32);
    pub(super) const INSUFFICIENT_ACCESS: Self = Self(50);

    /// Whether the directory says that it cannot tell: it is busy, broken, elsewhere, or wants another kind of
    /// connection. Whatever else refuses a bind has to do with the name or the password.
    pub(super) fn says_nothing(self) -> bool {
        matches!(self.0, 1..=3 | 7 | 8 | 10..=14 | 51 | 52 | 80..)
    }

    /// Its name in the standard, or its number.
    pub(super) fn name(self) -> String {
        let name = match self.0 {
            0 => "success",
            1 => "operationsError",
            2 => "protocolError",
            3 => "timeLimitExceeded",
            4 => "sizeLimitExceeded",
            7 => "authMethodNotSupported",
            8 => "strongerAuthRequired",
            10 => "referral",
            11 => "adminLimitExceeded",
            13 => "confidentialityRequired",
            19 => "constraintViolation",
            32 => "noSuchObject",
            34 => "invalidDNSyntax",
            48 => "inappropriateAuthentication",
            49 => "invalidCredentials",
            50 => "insufficientAccessRights",
            51 => "busy",
            52 => "unavailable",
            53 => "unwillingToPerform",
            other => return format!("result {other}"),
        };
        name.to_owned()
    }
}

/// How much of the tree a search looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// The entry itself.
    Base,
    /// The entry and all below it.
    Subtree,
}

/// A search (RFC 4511 section 4.5.1).
pub(super) struct Search<'s> {
    pub(super) base: &'s str,
    pub(super) scope: Scope,
    pub(super) filter: StructureTag,
    pub(super) attributes: &'s [&'s str],
    /// Most entries that are wanted.
    pub(super) limit: u8,
    /// How long the directory may look, seconds.
    pub(super) seconds: u8,
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = content.len().to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0x08));
            out.extend(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

/// In as few bytes as will do, as X.690 section 8.3.2 has it, and with a leading zero where it would look negative.
fn number(tag: u8, number: u32) -> Vec<u8> {
    let bytes = u64::from(number).to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count().min(7);
    let from = if bytes[zeros] >= 0x80 { zeros - 1 } else { zeros };
    tlv(tag, &bytes[from..])
}

fn message(id: u32, operation: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[number(INTEGER, id), operation.to_vec()].concat())
}

/// A simple bind (RFC 4511 section 4.2).
pub(super) fn bind(id: u32, dn: &str, password: &str) -> Vec<u8> {
    let parts = [number(INTEGER, 3), tlv(OCTETS, dn.as_bytes()), tlv(0x80, password.as_bytes())];
    message(id, &tlv(0x60, &parts.concat()))
}

/// The end of a connection (RFC 4511 section 4.3).
pub(super) fn unbind(id: u32) -> Vec<u8> {
    message(id, &[0x42, 0])
}

/// The wish for TLS (RFC 4511 section 4.14).
pub(super) fn start_tls(id: u32) -> Vec<u8> {
    message(id, &tlv(0x77, &tlv(0x80, b"1.3.6.1.4.1.1466.20037")))
}

/// A search. None if the filter cannot be written.
pub(super) fn search(id: u32, search: Search<'_>) -> Option<Vec<u8>> {
    let mut filter = bytes::BytesMut::new();
    write::encode_into(&mut filter, search.filter).ok()?;
    let scope = match search.scope {
        Scope::Base => 0,
        Scope::Subtree => 2,
    };
    let wanted: Vec<u8> = search.attributes.iter().flat_map(|name| tlv(OCTETS, name.as_bytes())).collect();
    let parts = [
        tlv(OCTETS, search.base.as_bytes()),
        tlv(ENUMERATED, &[scope]),
        // Aliases are never followed.
        tlv(ENUMERATED, &[0]),
        number(INTEGER, search.limit.into()),
        number(INTEGER, search.seconds.into()),
        tlv(BOOLEAN, &[0]),
        filter.to_vec(),
        tlv(SEQUENCE, &wanted),
    ];
    Some(message(id, &tlv(0x63, &parts.concat())))
}

/// How long the length field of a message goes on, from its second byte: none if the length is that byte.
pub(super) fn length_bytes(second: u8) -> Option<usize> {
    match second {
        0..=0x7f => Some(0),
        0x81..=0x84 => Some(usize::from(second & 0x7f)),
        _ => None,
    }
}

/// A big-endian number.
pub(super) fn unsigned(bytes: &[u8]) -> Option<u64> {
    let bytes = match bytes {
        [0, rest @ ..] if rest.len() == 8 => rest,
        _ => bytes,
    };
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// The next element: its tag, which has to be of one byte, and its content.
    fn any(&mut self) -> Option<(u8, &'b [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&second, rest) = rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = rest.split_at_checked(length_bytes(second)?)?;
        let length = if length.is_empty() { u64::from(second) } else { unsigned(length)? };
        let (content, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn tagged(&mut self, wanted: u8) -> Option<&'b [u8]> {
        self.any().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads the content of a message: its id, and what it says. None if it is no message that could come here.
pub(super) fn read(content: &[u8]) -> Option<(u64, Answer)> {
    let mut reader = Reader(content);
    let id = unsigned(reader.tagged(INTEGER)?)?;
    let (tag, operation) = reader.any()?;
    let answer = match tag {
        // BindResponse, SearchResultDone, ExtendedResponse.
        0x61 | 0x65 | 0x78 => {
            let code = unsigned(Reader(operation).tagged(ENUMERATED)?)?;
            Answer::Result(Code(u32::try_from(code).ok()?))
        }
        0x64 => Answer::Entry(entry(operation)?),
        0x73 => Answer::Reference,
        _ => return None,
    };
    Some((id, answer))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn entry(operation: &[u8]) -> Option<Entry> {
    let mut reader = Reader(operation);
    let dn = text(reader.tagged(OCTETS)?)?;
    let mut list = Reader(reader.tagged(SEQUENCE)?);
    let mut attributes = Vec::new();
    while !list.is_at_end() && attributes.len() < MOST_ITEMS {
        let mut attribute = Reader(list.tagged(SEQUENCE)?);
        let name = text(attribute.tagged(OCTETS)?)?.to_ascii_lowercase();
        let mut set = Reader(attribute.tagged(SET)?);
        let mut values = Vec::new();
        while !set.is_at_end() && values.len() < MOST_ITEMS {
            values.extend(text(set.tagged(OCTETS)?));
        }
        attributes.push((name, values));
    }
    Some(Entry { dn, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bind_is_written_as_the_standard_has_it() {
        let wanted = [0x30, 17, 2, 1, 1, 0x60, 12, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 1, b'b'];
        assert_eq!(bind(1, "cn=a", "b"), wanted);
        for (value, wanted) in
            [(0, &[2, 1, 0][..]), (127, &[2, 1, 127]), (128, &[2, 2, 0, 128]), (256, &[2, 2, 1, 0])]
        {
            assert_eq!(number(INTEGER, value), wanted);
        }
        assert_eq!(number(INTEGER, u32::MAX), [2, 5, 0, 255, 255, 255, 255]);
        assert_eq!(tlv(OCTETS, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn answers_are_read() {
        let bind_response = [2, 1, 7, 0x61, 7, 10, 1, 49, 4, 0, 4, 0];
        assert_eq!(read(&bind_response), Some((7, Answer::Result(Code(49)))));
        let found = tlv(SEQUENCE, &[tlv(OCTETS, b"Mail"), tlv(SET, &tlv(OCTETS, b"a@b"))].concat());
        let operation = [tlv(OCTETS, b"uid=a"), tlv(SEQUENCE, &found)].concat();
        let message = [number(INTEGER, 2), tlv(0x64, &operation)].concat();
        let Some((2, Answer::Entry(entry))) = read(&message) else { panic!("no entry") };
        assert_eq!((entry.dn.as_str(), entry.values("MAIL")), ("uid=a", ["a@b".to_owned()].as_slice()));
        assert!(entry.values("uid").is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[&[2, 1, 1, 0x64, 0x7f], bytes.as_slice()].concat());
        }
    }
}
