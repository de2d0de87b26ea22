//! Files of lines such as `NAME=value`, as shells and many programs read them. Nothing here touches the environment.
//!
//! There is no standard. What is written is read alike by a POSIX shell and by [`parse`]; what is read are the forms that
//! readers agree on, and the others are refused.

use std::collections::HashMap;
use std::fmt;

/// A name and its value.
#[derive(Clone, Eq, PartialEq)]
pub struct Entry {
    /// What stands before the first `=`.
    pub name: String,
    /// The value without its quotes.
    pub value: String,
    /// In which line it begins, from 1.
    pub line: usize,
}

/// Shows the name only.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("line", &self.line).finish_non_exhaustive()
    }
}

/// What cannot be read. Names a line, never what is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Unreadable {
    line: usize,
    what: String,
}

/// Reads a file: empty lines and comments (`#`, `//`), `export` before a name, values without quotes up to ` #`, in
/// single quotes as they are, in double quotes with `\n`, `\r`, `\t` and a backslash before `\`, `"`, `$` and a backtick.
/// Quoted values may have several lines, and quoted parts may follow one another as in a shell. References are not replaced.
pub fn parse(text: &str) -> Result<Vec<Entry>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1 };
    let (mut entries, mut lines) = (Vec::new(), HashMap::new());
    while let Some(entry) = reader.entry()? {
        if let Some(first) = lines.insert(entry.name.clone(), entry.line) {
            let what = format!("`{}` was given before, in line {first}", entry.name);
            return Err(Unreadable { line: entry.line, what });
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// What is left of a file.
struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn refuse<T>(&self, what: impl Into<String>) -> Result<T, Unreadable> {
        Err(Unreadable { line: self.line, what: what.into() })
    }

    /// Takes this many bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// Takes what is left of the line, and its end.
    fn take_line(&mut self) -> &'a str {
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        self.take(end)
    }

    fn skip_blanks(&mut self) {
        let length = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.take(length);
    }

    fn entry(&mut self) -> Result<Option<Entry>, Unreadable> {
        loop {
            self.skip_blanks();
            if self.rest.is_empty() {
                return Ok(None);
            }
            let is_comment = self.rest.starts_with('#') || self.rest.starts_with("//");
            if !is_comment && !self.rest.starts_with(['\n', '\r']) {
                break;
            }
            self.take_line();
        }
        let line = self.line;
        let name = self.name()?;
        let value = self.value()?;
        Ok(Some(Entry { name, value, line }))
    }

    fn name(&mut self) -> Result<String, Unreadable> {
        let line = &self.rest[..self.rest.find('\n').unwrap_or(self.rest.len())];
        let Some(length) = line.find('=') else { return self.refuse("expected NAME=value") };
        let name = line[..length].trim();
        let name = name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name);
        let name = name.trim_start().to_owned();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return self.refuse("expected NAME=value, with a name without spaces");
        }
        self.take(length + 1);
        Ok(name)
    }

    fn value(&mut self) -> Result<String, Unreadable> {
        self.skip_blanks();
        if self.rest.starts_with('`') {
            return self.refuse("readers differ about a value that begins with a backtick; quote it");
        }
        if !self.rest.starts_with(['\'', '"']) {
            return Ok(unquoted(self.take_line()).to_owned());
        }
        let mut value = String::new();
        loop {
            match self.rest.as_bytes().first() {
                Some(b'\'') => value.push_str(self.single()?),
                Some(b'"') => self.double(&mut value)?,
                Some(b'\\') => match self.rest[1..].chars().next() {
                    Some(quoted) if !matches!(quoted, '\n' | '\r') => {
                        self.take(1 + quoted.len_utf8());
                        value.push(quoted);
                    }
                    _ => return self.refuse("a backslash at the end of the line"),
                },
                _ => break,
            }
        }
        let after = self.rest.split('\n').next().unwrap_or_default();
        let is_rest = after.starts_with([' ', '\t', '\r']) && unquoted(after).is_empty();
        if !after.is_empty() && !is_rest {
            return self.refuse("text follows the closing quote");
        }
        self.take_line();
        Ok(value)
    }

    /// Takes a part in single quotes.
    fn single(&mut self) -> Result<&'a str, Unreadable> {
        let Some(length) = self.rest[1..].find('\'') else {
            return self.refuse("the closing single quote is missing");
        };
        Ok(&self.take(length + 2)[1..=length])
    }

    /// Takes a part in double quotes.
    fn double(&mut self, value: &mut String) -> Result<(), Unreadable> {
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.take(at + 2);
                    return Ok(());
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, quoted @ ('\\' | '"' | '$' | '`'))) => value.push(quoted),
                    // As a shell does.
                    Some((_, '\n')) => {}
                    Some((_, other)) => value.extend(['\\', other]),
                    None => break,
                },
                other => value.push(other),
            }
        }
        self.refuse("the closing double quote is missing")
    }
}

/// The value in what is left of a line: without a comment, which a space goes before, and without spaces around.
fn unquoted(line: &str) -> &str {
    let comment = line.char_indices().find(|&(at, char)| {
        char == '#' && line[..at].chars().next_back().is_none_or(|before| before == ' ' || before == '\t')
    });
    line[..comment.map_or(line.len(), |(at, _)| at)].trim()
}

/// A value in quotes: single ones if it has none itself, for then every reader takes it as it is, else double ones.
pub fn quoted(value: &str) -> String {
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    let mut quoted = String::with_capacity(value.len() + 8);
    quoted.push('"');
    for char in value.chars() {
        if matches!(char, '\\' | '"' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|entry| (entry.name, entry.value)).collect()
    }

    #[test]
    fn files_are_read_as_people_write_them() {
        let text = "\u{feff}# a comment\n// another\n\nPLAIN=a b # note\r\n  export SPACED = x \nHASH=a#b\nEMPTY=\n\
                    SINGLE='a\\n$x \"q\" # no note' # note\nDOUBLE=\"a\\n\\$x \\\"q\\\" \\d\"\nLINES='one\ntwo'\n\
                    SHELL='it'\\''s'\" too\"\nURL=postgres://u:p@h/d?x=1\nNOTE=#only\nEQUALS=a=b==";
        let want = [
            ("PLAIN", "a b"),
            ("SPACED", "x"),
            ("HASH", "a#b"),
            ("EMPTY", ""),
            ("SINGLE", "a\\n$x \"q\" # no note"),
            ("DOUBLE", "a\n$x \"q\" \\d"),
            ("LINES", "one\ntwo"),
            ("SHELL", "it's too"),
            ("URL", "postgres://u:p@h/d?x=1"),
            ("NOTE", ""),
            ("EQUALS", "a=b=="),
        ];
        let want: Vec<_> =
            want.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(text), want);
        assert_eq!(parse("A='1\n2'\n\nB=3").unwrap()[1].line, 4);
    }

    #[test]
    fn what_cannot_be_read_names_its_line_and_no_value() {
        for (text, want) in [
            ("A=1\ncanary", "line 2: expected NAME=value"),
            ("A=1\n\n=canary", "line 3: expected NAME=value, with a name without spaces"),
            ("two words=canary", "line 1: expected NAME=value, with a name without spaces"),
            ("A='canary\n", "line 1: the closing single quote is missing"),
            ("A=\"canary\\\"", "line 1: the closing double quote is missing"),
            ("A=\"canary\\", "line 1: the closing double quote is missing"),
            ("A='a' canary", "line 1: text follows the closing quote"),
            ("A='a'#canary", "line 1: text follows the closing quote"),
            ("A='a'canary", "line 1: text follows the closing quote"),
            ("A='a'\\", "line 1: a backslash at the end of the line"),
            ("A=`canary`", "line 1: readers differ about a value that begins with a backtick; quote it"),
            ("A=canary\nB=\nA=canary", "line 3: `A` was given before, in line 1"),
        ] {
            let refused = parse(text).unwrap_err().to_string();
            assert_eq!(refused, want);
            assert!(!refused.contains("canary"));
        }
    }

    #[test]
    fn an_entry_does_not_show_its_value() {
        assert!(!format!("{:?}", parse("A=canary").unwrap()).contains("canary"));
    }
}
