//! `{a,b}`: one pattern that stands for several.

use crate::GlobError;

/// The patterns without braces that a pattern stands for. Braces without a comma are plain text.
pub(super) fn expand(pattern: &str, limit: usize) -> Result<Vec<String>, GlobError> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = open.pop() {
        if done.len() + open.len() >= limit {
            return Err(GlobError::TooManyAlternatives(limit));
        }
        match first_group(&pattern)? {
            None => done.push(pattern),
            Some(Group { start, end, commas }) => {
                let mut from = start + 1;
                for to in commas.into_iter().chain([end]) {
                    open.push([&pattern[..start], &pattern[from..to], &pattern[end + 1..]].concat());
                    from = to + 1;
                }
            }
        }
    }
    Ok(done)
}

/// The byte positions of an opening brace, its closing one and the commas between them.
struct Group {
    start: usize,
    end: usize,
    commas: Vec<usize>,
}

/// The first group that closes and has a comma.
fn first_group(pattern: &str) -> Result<Option<Group>, GlobError> {
    let mut open: Vec<Group> = Vec::new();
    let mut found: Option<Group> = None;
    let mut bytes = pattern.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'[' => {
                if let Some(length) = super::translate::class_length(&pattern[at..]) {
                    // The bracket itself has been taken.
                    bytes.nth(length - 2);
                }
            }
            b'{' => open.push(Group { start: at, end: at, commas: Vec::new() }),
            b',' => {
                if let Some(group) = open.last_mut() {
                    group.commas.push(at);
                }
            }
            b'}' => {
                if let Some(group) = open.pop() {
                    if !group.commas.is_empty() {
                        if found.as_ref().is_none_or(|found| group.start < found.start) {
                            found = Some(Group { end: at, ..group });
                        }
                    } else if is_range(&pattern[group.start + 1..at]) {
                        return Err(GlobError::BraceRange);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// `{1..9}` and `{a..f}`, as other dialects have them.
fn is_range(inside: &str) -> bool {
    inside
        .split_once("..")
        .is_some_and(|(from, to)| !from.is_empty() && !to.is_empty() && !inside.contains(['{', '/']))
}
