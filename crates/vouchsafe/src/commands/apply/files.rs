//! Reads a folder of files.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::node::{Node, Tree};
use crate::failure::{Failure, Outcome};

/// Most files of a folder with those below it.
const MOST_FILES: usize = 1000;
/// Largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Most bytes of all files together.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// How many folders deep files may be.
const DEEPEST: usize = 8;

/// Where something stands.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    /// As it was named, or found below what was named.
    pub(super) file: PathBuf,
    /// Counted from 1; 0 if it is not known.
    pub(super) line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// Something that is wrong in the files.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Problem {
    pub(super) place: Place,
    pub(super) what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// All problems as one failure.
pub(super) fn refuse(mut problems: Vec<Problem>) -> Failure {
    problems.sort();
    problems.dedup();
    let count = problems.len();
    let lines: Vec<String> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    let head = if count == 1 { "a problem in the files" } else { "problems in the files" };
    let head = if count == 1 { head.to_owned() } else { format!("{count} {head}") };
    Failure::usage(format!("{head}, so nothing was sent:{}", lines.concat()))
}

/// A document of a file.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) file: PathBuf,
    pub(super) root: Node,
}

/// Reads the documents of a file, or of the files in a folder and those below it whose names end in `.yaml`, `.yml` or
/// `.json`, in the order of their names. Hidden files and folders are passed over.
pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> Outcome<Vec<Document>> {
    let mut files = Vec::new();
    if path.is_dir() {
        find(path, 0, &mut files)?;
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "no file in {} ends in .yaml, .yml or .json",
                path.display()
            )));
        }
    } else {
        files.push(path.to_owned());
    }
    let (mut documents, mut bytes) = (Vec::new(), 0);
    for file in files {
        let text = text(&file)?;
        bytes += text.len();
        if bytes > MOST_BYTES {
            return Err(Failure::usage(format!("the files are larger than {MOST_BYTES} bytes in all")));
        }
        match parse(&file, &text) {
            Ok(found) => documents.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(documents)
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Outcome {
    if depth > DEEPEST {
        return Err(Failure::usage(format!("{} is more than {DEEPEST} folders deep", folder.display())));
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| Failure::usage(format!("cannot read the folder {}: {error}", folder.display())))?;
    entries.sort();
    for entry in entries {
        let is_hidden = entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        if entry.is_dir() {
            find(&entry, depth + 1, files)?;
        } else if entry.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|name| end == *name))
        {
            files.push(entry);
        }
        if files.len() > MOST_FILES {
            return Err(Failure::usage(format!("more than {MOST_FILES} files in {}", folder.display())));
        }
    }
    Ok(())
}

/// The text of a file that is not too large.
fn text(file: &Path) -> Outcome<String> {
    bounded(file, LARGEST).map_err(Failure::usage)
}

/// The text of a file of at most so many bytes, or why there is none.
pub(super) fn bounded(file: &Path, most: u64) -> Result<String, String> {
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|open| open.take(most + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(format!("cannot read {}: {error}", file.display())),
        Ok(length) if length as u64 > most => Err(format!("{} is larger than {most} bytes", file.display())),
        Ok(_) => Ok(text),
    }
}

/// The documents of a text; empty ones are left out.
pub(super) fn parse(file: &Path, text: &str) -> Result<Vec<Document>, Problem> {
    let documents = serde_saphyr::from_multiple::<Node>(text).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        let place = Place { file: file.to_owned(), line };
        Problem { place, what: error.without_snippet().to_string() }
    })?;
    let kept = documents.into_iter().filter(|root| root.value != Tree::Null);
    Ok(kept.map(|root| Document { file: file.to_owned(), root }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        let problem = parse(Path::new("a.yaml"), "kind: identity\nname: [x\n").unwrap_err();
        assert!(problem.to_string().starts_with("a.yaml:"), "{problem}");
        let problem = parse(Path::new("a.yaml"), "name: x\nkind: identity\nname: y\n").unwrap_err();
        assert_eq!(problem.place.line, 3, "{problem}");
    }

    #[test]
    fn files_are_found_in_order_and_others_passed_over() {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::create_dir_all(folder.path().join("b/.git")).unwrap();
        for (name, text) in [
            ("c.yaml", "kind: c1\n---\nkind: c2\n---\n"),
            ("b/a.json", "{\"kind\": \"b\"}"),
            ("b/.git/x.yaml", "no: ["),
            ("README.md", "no: ["),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut problems = Vec::new();
        let documents = read(folder.path(), &mut problems).unwrap();
        assert_eq!(problems, []);
        let kinds: Vec<String> = documents
            .iter()
            .map(|document| match &document.root.value {
                Tree::Map(entries) => match &entries[0].2.value {
                    Tree::Text(text) => text.clone(),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kinds, ["b", "c1", "c2"]);
    }
}
