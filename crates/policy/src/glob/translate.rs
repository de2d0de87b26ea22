//! From a pattern without braces to a regular expression for whole values.

use crate::GlobError;

/// What stars do at a slash.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Stars {
    /// A single star stays within its segment.
    Stay,
    /// Every star crosses.
    Cross,
}

enum Token {
    Char(char),
    Slash,
    One,
    Class(String),
    Star,
    /// `**`: crosses segments if it is a segment of its own.
    Stars,
}

/// Any text, across segments.
const ANYTHING: &str = "(?s:.)*";
/// One character within a segment.
const ONE: &str = "[^/]";
/// One character, a slash or not.
const ANY: &str = "(?s:.)";

pub(super) fn to_regex(pattern: &str, stars: Stars) -> Result<String, GlobError> {
    let tokens = tokens(pattern)?;
    let at = |index: usize| tokens.get(index);
    let ends = |index: usize| matches!(at(index), None | Some(Token::Slash));
    // Is the token at `index` a segment of its own?
    let alone = |index: usize| (index == 0 || ends(index - 1)) && ends(index + 1);
    let crosses = |index: usize| matches!(at(index), Some(Token::Stars)) && alone(index);

    let mut regex = String::new();
    let mut index = 0;
    while let Some(token) = at(index) {
        match token {
            Token::Char(char) => push_literal(&mut regex, *char),
            Token::One => regex.push_str(ONE),
            Token::Class(class) => regex.push_str(class),
            // `/app/**` at the end also matches `/app`; `/**` matches everything below the root and the root.
            Token::Slash if index > 0 && crosses(index + 1) && at(index + 2).is_none() => {
                regex.push_str("(?:/");
                regex.push_str(ANYTHING);
                regex.push_str(")?");
                index += 1;
            }
            Token::Slash => regex.push('/'),
            Token::Stars if crosses(index) && at(index + 1).is_none() => regex.push_str(ANYTHING),
            Token::Stars if crosses(index) => {
                regex.push_str("(?:");
                regex.push_str(ANYTHING);
                regex.push_str("/)?");
                index += 1;
            }
            Token::Star | Token::Stars => {
                regex.push_str(if stars == Stars::Cross { ANY } else { ONE });
                // A segment is never empty.
                regex.push(if alone(index) { '+' } else { '*' });
            }
        }
        index += 1;
    }
    // A slash at the end of the value does not matter after a star or a set.
    if matches!(tokens.last(), Some(Token::Star | Token::Stars | Token::Class(_))) {
        regex.push_str("/?");
    }
    Ok(regex)
}

fn tokens(pattern: &str) -> Result<Vec<Token>, GlobError> {
    if pattern.starts_with('!') {
        return Err(GlobError::Unsupported('!'));
    }
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = pattern;
    while let Some(char) = rest.chars().next() {
        let mut length = char.len_utf8();
        let token = match char {
            '\\' => match rest[1..].chars().next() {
                Some(escaped) => {
                    length += escaped.len_utf8();
                    if escaped == '/' { Token::Slash } else { Token::Char(escaped) }
                }
                None => Token::Char('\\'),
            },
            '/' => Token::Slash,
            '?' => Token::One,
            '[' => match class_length(rest) {
                Some(closed) => {
                    length = closed;
                    Token::Class(class(&rest[1..closed - 1]))
                }
                None => Token::Char('['),
            },
            '(' | ')' | '|' => return Err(GlobError::Unsupported(char)),
            '*' => {
                length = rest.len() - rest.trim_start_matches('*').len();
                if length == 1 { Token::Star } else { Token::Stars }
            }
            other => Token::Char(other),
        };
        // `**/**` says no more than `**`, and keeps the cases above few.
        let repeats = matches!(token, Token::Stars)
            && matches!(tokens.as_slice(), [.., Token::Stars, Token::Slash])
            && (tokens.len() == 2 || matches!(tokens[tokens.len() - 3], Token::Slash))
            && matches!(rest[length..].chars().next(), None | Some('/'));
        if repeats {
            tokens.pop();
        } else {
            tokens.push(token);
        }
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// The length in bytes of the set `[…]` at the start of `text`, if it closes and has something in it.
pub(super) fn class_length(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    if matches!(chars.peek(), Some((_, '!' | '^'))) {
        chars.next();
    }
    let mut first = true;
    while let Some((at, char)) = chars.next() {
        match char {
            ']' if !first => return Some(at + 1),
            '\\' => {
                chars.next();
            }
            _ => {}
        }
        first = false;
    }
    None
}

/// The inside of a set as a regex class. A set never matches `/`.
fn class(inside: &str) -> String {
    let (negated, body) = inside.strip_prefix(['!', '^']).map_or((false, inside), |body| (true, body));
    let mut chars = Vec::new();
    let mut source = body.chars();
    while let Some(char) = source.next() {
        // An escaped dash is itself, never a range.
        match char {
            '\\' => chars.push((source.next().unwrap_or('\\'), true)),
            plain => chars.push((plain, false)),
        }
    }
    let mut class = String::from(if negated { "[^/" } else { "[" });
    let mut index = 0;
    while let Some(&(low, _)) = chars.get(index) {
        let range = match (chars.get(index + 1), chars.get(index + 2)) {
            (Some(&('-', false)), Some(&(high, _))) if low <= high => Some(high),
            _ => None,
        };
        push_literal(&mut class, low);
        if let Some(high) = range {
            class.push('-');
            push_literal(&mut class, high);
            index += 2;
        }
        index += 1;
    }
    class.push(']');
    if negated { class } else { format!("[{class}&&{ONE}]") }
}

/// A character that stands for itself, anywhere in a regex.
fn push_literal(regex: &mut String, char: char) {
    if char.is_ascii_punctuation() {
        regex.push('\\');
    }
    regex.push(char);
}
