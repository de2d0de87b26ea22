//! Finding the references in a value.

use std::fmt;

use crate::path::SecretPath;

/// A part of a value. The parts put together again are the value.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Plain text, also what looks like a reference and is none.
    Text(&'a str),
    /// A reference.
    Reference {
        /// As it stands in the value, with `${` and `}`.
        raw: &'a str,
        /// What it refers to.
        target: Target,
    },
}

/// Shows where the references go, and of the text only its length: values are secret.
impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Reference { target, .. } => f.debug_tuple("Reference").field(target).finish(),
        }
    }
}

/// What a reference refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `${KEY}`: in the environment and folder that the value came from.
    Local {
        /// The name of the secret.
        key: String,
    },
    /// `${env.KEY}` or `${env.folder.sub.KEY}`.
    Absolute {
        /// The slug of the environment.
        environment: String,
        /// The folder.
        path: SecretPath,
        /// The name of the secret.
        key: String,
    },
}

/// Splits a value at its references. Time grows with the length of the value only.
pub fn parse(value: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut text_start = 0;
    let mut at = 0;
    while let Some(offset) = value[at..].find("${") {
        let start = at + offset;
        match reference_at(&value[start..]) {
            Some((length, target)) => {
                if text_start < start {
                    pieces.push(Piece::Text(&value[text_start..start]));
                }
                at = start + length;
                pieces.push(Piece::Reference { raw: &value[start..at], target });
                text_start = at;
            }
            None => at = start + 2,
        }
    }
    if text_start < value.len() {
        pieces.push(Piece::Text(&value[text_start..]));
    }
    pieces
}

/// The reference that `text`, which begins with `${`, begins with, and its length in bytes.
fn reference_at(text: &str) -> Option<(usize, Target)> {
    // Stopping at the first character that cannot be inside keeps the whole parse linear: `$` is one.
    let inside = &text[2..];
    let end = inside.find(|c: char| !is_key_character(c) && !c.is_whitespace())?;
    if !inside[end..].starts_with('}') {
        return None;
    }
    Some((2 + end + 1, target(inside[..end].trim())?))
}

fn target(content: &str) -> Option<Target> {
    let parts: Vec<&str> = content.split('.').collect();
    if parts.iter().any(|part| part.is_empty() || !part.chars().all(is_key_character)) {
        return None;
    }
    match parts.as_slice() {
        [] => None,
        [key] => Some(Target::Local { key: (*key).to_owned() }),
        [environment, folders @ .., key] => Some(Target::Absolute {
            environment: (*environment).to_owned(),
            path: SecretPath::parse(&folders.join("/")).ok()?,
            key: (*key).to_owned(),
        }),
    }
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn local(key: &str) -> Target {
        Target::Local { key: key.to_owned() }
    }

    fn absolute(environment: &str, path: &str, key: &str) -> Target {
        Target::Absolute {
            environment: environment.to_owned(),
            path: SecretPath::parse(path).unwrap(),
            key: key.to_owned(),
        }
    }

    #[test]
    fn references_stand_between_text() {
        assert_eq!(parse(""), []);
        assert_eq!(
            parse("a ${ KEY-1 } b${prod.DB}${prod.app.db.URL}$"),
            [
                Piece::Text("a "),
                Piece::Reference { raw: "${ KEY-1 }", target: local("KEY-1") },
                Piece::Text(" b"),
                Piece::Reference { raw: "${prod.DB}", target: absolute("prod", "/", "DB") },
                Piece::Reference { raw: "${prod.app.db.URL}", target: absolute("prod", "/app/db", "URL") },
                Piece::Text("$"),
            ]
        );
        assert_eq!(
            parse("${a ${B}"),
            [Piece::Text("${a "), Piece::Reference { raw: "${B}", target: local("B") }]
        );
    }

    #[test]
    fn what_is_no_reference_stays_text() {
        let deep = format!("${{env.{}KEY}}", "f.".repeat(51));
        for text in [
            "$", "${", "${}", "${ }", "${A", "$A", "{A}", "${A B}", "${.A}", "${A.}", "${a..B}", "${A:-x}",
            "${é}", "$ {A}", &deep,
        ] {
            assert_eq!(parse(text), [Piece::Text(text)], "{text}");
        }
    }

    #[test]
    fn values_are_not_shown() {
        assert!(!format!("{:?}", parse("hunter2 ${A}")).contains("hunter2"));
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for hostile in ["${", "${a", "${ ", "${a.", "$", "${}"] {
            assert_eq!(parse(&hostile.repeat(1 << 19)).len(), 1);
        }
    }

    proptest! {
        #[test]
        fn the_pieces_make_up_the_value(value in "([${}A. é-]|\\$\\{[A-C]\\}|\\$\\{ ?e\\.f\\.[A-C] ?\\}){0,40}") {
            let pieces = parse(&value);
            let whole: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => *text,
                    Piece::Reference { raw, .. } => *raw,
                })
                .collect();
            prop_assert_eq!(&whole, &value);
            prop_assert!(!pieces.windows(2).any(|two| matches!(two, [Piece::Text(_), Piece::Text(_)])));
        }
    }
}
