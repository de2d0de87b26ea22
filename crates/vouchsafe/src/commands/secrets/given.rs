//! Secrets that are given on the command line, on stdin, or in a file.

use std::collections::BTreeMap;
use std::path::Path;

use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::dotenv;

use crate::failure::{Failure, Outcome};
use crate::input;

/// Largest file of secrets, in bytes; a single value cannot be larger than a request, which holds 1 MiB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Values by name.
pub(super) type Given = BTreeMap<String, Concealed>;

/// Reads `NAME=value`, `NAME=@file` and `NAME=-` (stdin); a backslash before the `@` or `-` takes it as it is.
pub(super) fn arguments(arguments: &[String]) -> Outcome<Given> {
    let mut given = Given::new();
    let mut from_stdin = None;
    for argument in arguments {
        let Some((name, value)) = argument.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            // It may be a value with its name forgotten.
            return Err(Failure::usage(
                "expected NAME=value, NAME=@file or NAME=-, with a name before the `=`",
            ));
        };
        let value = match value {
            "-" => match from_stdin.replace(name) {
                Some(first) => {
                    let why = format!("stdin cannot hold the values of both `{first}` and `{name}`");
                    return Err(Failure::usage(why));
                }
                None => without_line_end(input::text(Path::new("-"), LARGEST)?),
            },
            _ => match value.strip_prefix('@') {
                Some(path) => {
                    input::text(Path::new(path), LARGEST).map_err(|failure| failure_of(failure, name))?
                }
                None => match value.strip_prefix('\\') {
                    Some(plain) if plain == "-" || plain.starts_with('@') => plain.to_owned(),
                    _ => value.to_owned(),
                },
            },
        };
        if given.insert(name.to_owned(), Concealed::new(value)).is_some() {
            return Err(Failure::usage(format!("`{name}` is given twice")));
        }
    }
    Ok(given)
}

fn failure_of(failure: Failure, name: &str) -> Failure {
    Failure { error: failure.error.context(format!("the value of `{name}`")), ..failure }
}

/// Most commands end what they print with a line break that is not part of it.
fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// Reads a file of secrets: a map of texts if its name ends in `.yaml`, `.yml` or `.json`, else lines of NAME=value; `-` is
/// stdin, with such lines.
pub(super) fn file(path: &Path) -> Outcome<Given> {
    let content = input::text(path, LARGEST)?;
    let is_map = path
        .extension()
        .is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end.eq_ignore_ascii_case(known)));
    if is_map { map(&content, path) } else { lines(&content, path) }
}

fn lines(content: &str, path: &Path) -> Outcome<Given> {
    let entries = dotenv::parse(content).map_err(|error| {
        Failure::message(format!("{}, {error}", path.display())).hint(
            "expected lines such as NAME=value; a file with maps has a name that ends in .yaml or .json",
        )
    })?;
    Ok(entries.into_iter().map(|entry| (entry.name, Concealed::new(entry.value))).collect())
}

/// The texts of numbers and the like stay as they are written.
fn map(content: &str, path: &Path) -> Outcome<Given> {
    let read: Result<BTreeMap<String, String>, _> = serde_saphyr::from_str(content);
    let values = read.map_err(|error| {
        // The text of the error may quote a value.
        let place = error.location().map_or_else(String::new, |at| format!(", line {}", at.line()));
        Failure::message(format!(
            "{}{place}: expected a map of names, each given once, and texts",
            path.display()
        ))
    })?;
    Ok(values.into_iter().map(|(name, value)| (name, Concealed::new(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(texts: &[&str]) -> Outcome<Vec<(String, String)>> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Ok(arguments(&texts)?.into_iter().map(|(name, value)| (name, value.into_text())).collect())
    }

    #[test]
    fn arguments_are_read_as_the_official_client_does() {
        let pairs = given(&["A=1", "B=a=b", r"C=\@x", r"D=\-", r"E=\x", "F="]).unwrap();
        let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["1", "a=b", "@x", "-", r"\x", ""]);
        for wrong in [&["canary"][..], &["=canary"], &["A=canary", "A=canary"]] {
            let failure = given(wrong).unwrap_err();
            assert_eq!(failure.code, 2);
            assert!(!format!("{:?}", failure.error).contains("canary"));
        }
    }

    #[test]
    fn maps_hold_texts_as_they_are_written() {
        let path = Path::new("x.yaml");
        let read = |text: &str| {
            map(text, path).map(|given| given.into_values().map(Concealed::into_text).collect::<Vec<_>>())
        };
        let text = "A: 0755\nB: 1.10\nC: yes\nD: \"q\"\nE: |\n  one\n  two\n";
        assert_eq!(read(text).unwrap(), ["0755", "1.10", "yes", "q", "one\ntwo\n"]);
        assert_eq!(read(r#"{"A": "x\ny", "B": ""}"#).unwrap(), ["x\ny", ""]);
        for wrong in ["- canary", "A: [canary]", "A:\n  B: canary", "A: \"canary", "canary"] {
            let failure = read(wrong).unwrap_err();
            let said = format!("{:?}", failure.error);
            assert!(said.contains("expected a map") && !said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn one_line_end_is_not_part_of_what_comes_from_stdin() {
        for (text, want) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\n", "")] {
            assert_eq!(without_line_end(text.to_owned()), want);
        }
    }
}
