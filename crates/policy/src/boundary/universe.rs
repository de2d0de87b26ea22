//! The values that exist. A comparison is about requests with such values only; so that this never makes a no a yes,
//! these sets are at least as wide as what the server stores and asks about.

use crate::Field;

/// What the values of a field look like, as an automaton over bytes.
///
/// - a path is `/`, or segments that are not empty, each after a slash;
/// - environments and names of secrets are not empty and have no slash;
/// - values of metadata may be anything; all others anything but empty.
///
/// All are UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Universe {
    Path,
    Segment,
    Text,
    Anything,
}

/// How far a value has come: what its last byte was, and what UTF-8 expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Walk {
    place: Place,
    expected: Expected,
}

impl Walk {
    /// Before the first byte.
    pub(super) const START: Self = Self { place: Place::Start, expected: NOTHING };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Start,
    /// After the slash at the start of a path.
    Root,
    /// After another slash.
    Slash,
    Inside,
}

/// The bytes that must follow in a character of several: the range of the next one, and how many come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Expected {
    low: u8,
    high: u8,
    after: u8,
}

const NOTHING: Expected = Expected { low: 0, high: 0, after: 0 };

impl Universe {
    pub(super) fn of(field: Field) -> Self {
        match field {
            Field::SecretPath => Self::Path,
            Field::Environment | Field::SecretName => Self::Segment,
            _ => Self::Text,
        }
    }

    /// After one more byte; `None` if no value begins so.
    pub(super) fn next(self, walk: Walk, byte: u8) -> Option<Walk> {
        if walk.expected != NOTHING {
            let Expected { low, high, after } = walk.expected;
            let expected =
                if after == 0 { NOTHING } else { Expected { low: 0x80, high: 0xBF, after: after - 1 } };
            return (low..=high).contains(&byte).then_some(Walk { expected, ..walk });
        }
        let place = match (self, walk.place, byte) {
            (Self::Path, Place::Start, b'/') => Place::Root,
            (Self::Path, Place::Inside, b'/') => Place::Slash,
            (Self::Path, Place::Start, _) | (Self::Path | Self::Segment, _, b'/') => return None,
            _ => Place::Inside,
        };
        Some(Walk { place, expected: expected_after(byte)? })
    }

    /// Is a value that ends here one that exists?
    pub(super) fn accepts(self, walk: Walk) -> bool {
        let ended = match self {
            Self::Path => matches!(walk.place, Place::Root | Place::Inside),
            Self::Segment | Self::Text => walk.place != Place::Start,
            Self::Anything => true,
        };
        ended && walk.expected == NOTHING
    }

    pub(super) fn has(self, value: &str) -> bool {
        let end = value.bytes().try_fold(Walk::START, |walk, byte| self.next(walk, byte));
        end.is_some_and(|walk| self.accepts(walk))
    }

    /// Values that hardly any rule names.
    pub(super) fn others(self) -> impl Iterator<Item = String> {
        let slash = if self == Self::Path { "/" } else { "" };
        let numbered = (2..).map(move |number: usize| format!("{slash}any-other-{number}"));
        std::iter::once(format!("{slash}any-other")).chain(numbered)
    }
}

/// What must follow the first byte of a character; `None` if no character begins so.
fn expected_after(byte: u8) -> Option<Expected> {
    let (low, high, after) = match byte {
        0..=0x7F => return Some(NOTHING),
        0xC2..=0xDF => (0x80, 0xBF, 0),
        0xE0 => (0xA0, 0xBF, 1),
        0xED => (0x80, 0x9F, 1),
        0xE1..=0xEF => (0x80, 0xBF, 1),
        0xF0 => (0x90, 0xBF, 2),
        0xF1..=0xF3 => (0x80, 0xBF, 2),
        0xF4 => (0x80, 0x8F, 2),
        _ => return None,
    };
    Some(Expected { low, high, after })
}

/// Whether a byte and the one before it play different parts in UTF-8 or in a path.
pub(super) fn tells_from_the_one_before(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'0'
            | 0x80
            | 0x90
            | 0xA0
            | 0xC0
            | 0xC2
            | 0xE0
            | 0xE1
            | 0xED
            | 0xEE
            | 0xF0
            | 0xF1
            | 0xF4
            | 0xF5
    )
}
