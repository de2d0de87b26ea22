//! `.infisical.json`: which project a folder belongs to, as the official client writes it.
//!
//! It is looked for in the current folder and those above it. Its `domain` is not read: a file that happens to lie
//! somewhere must not decide where tokens go.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Outcome};

/// Name of the file.
pub(crate) const NAME: &str = ".infisical.json";
/// Largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// What the file says. Empty text counts as missing.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ProjectFile {
    /// Id of the project.
    #[serde(deserialize_with = "filled")]
    pub(crate) workspace_id: Option<String>,
    /// Slug of the environment, unless the branch says otherwise. The official client writes it though it is empty.
    #[serde(deserialize_with = "filled", serialize_with = "written")]
    pub(crate) default_environment: Option<String>,
    /// Slugs of environments by the Git branch that is checked out.
    pub(crate) git_branch_to_environment_mapping: Option<BTreeMap<String, String>>,
    /// Folder of the secrets.
    #[serde(deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    pub(crate) default_secret_path: Option<String>,
    /// The folder that it was found in.
    #[serde(skip)]
    folder: PathBuf,
}

fn filled<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

#[expect(clippy::ref_option, reason = "serde asks for it")]
fn written<S: serde::Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.as_deref().unwrap_or_default())
}

impl ProjectFile {
    /// One for this project and environment.
    pub(crate) fn of(project: impl ToString, environment: Option<String>) -> Self {
        Self { workspace_id: Some(project.to_string()), default_environment: environment, ..Self::default() }
    }

    /// The nearest one, from the current folder upwards.
    pub(crate) fn find() -> Outcome<Option<Self>> {
        Self::find_from(&std::env::current_dir()?)
    }

    fn find_from(start: &Path) -> Outcome<Option<Self>> {
        let Some(folder) = start.ancestors().find(|folder| folder.join(NAME).is_file()) else {
            return Ok(None);
        };
        let path = folder.join(NAME);
        let text = short(&path).map_err(|error| {
            Failure::usage(format!("cannot read the project file {}: {error}", path.display()))
        })?;
        let read: Self = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())).hint(HINT))?;
        Ok(Some(Self { folder: folder.to_owned(), ..read }))
    }

    /// The environment of the Git branch that is checked out, or else the default.
    pub(crate) fn environment(&self) -> Option<String> {
        let mapping = self.git_branch_to_environment_mapping.as_ref().filter(|mapping| !mapping.is_empty());
        let of_branch = mapping.and_then(|mapping| mapping.get(&branch(&self.folder)?));
        of_branch.filter(|slug| !slug.trim().is_empty()).or(self.default_environment.as_ref()).cloned()
    }
}

/// What to do about a file that cannot be read.
const HINT: &str = "`vouchsafe init --force` writes it anew";

/// The Git branch that is checked out in the repository around this folder.
fn branch(folder: &Path) -> Option<String> {
    let git = folder.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists())?;
    let head = if git.is_dir() {
        git.join("HEAD")
    } else {
        // In a linked worktree it is a file that says where its folder is (gitrepository-layout(5)).
        let link = short(&git).ok()?;
        git.parent()?.join(link.strip_prefix("gitdir:")?.trim()).join("HEAD")
    };
    Some(short(&head).ok()?.strip_prefix("ref: refs/heads/")?.trim().to_owned())
}

fn short(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 64 KiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn the_nearest_file_counts_and_the_branch_decides() {
        let folder = tempfile::TempDir::new().unwrap();
        let (top, deep) = (folder.path(), folder.path().join("a").join("b"));
        std::fs::create_dir_all(&deep).unwrap();
        let text = r#"{"workspaceId":"top","defaultEnvironment":"dev","defaultSecretPath":"/app","domain":"https://x",
            "gitBranchToEnvironmentMapping":{"release/1":"prod","empty":""}}"#;
        write(&top.join(NAME), text);
        let found = ProjectFile::find_from(&deep).unwrap().unwrap();
        assert_eq!(found.workspace_id.as_deref(), Some("top"));
        assert_eq!(found.default_secret_path.as_deref(), Some("/app"));
        assert_eq!(found.environment().as_deref(), Some("dev"), "no repository");
        for (head, environment) in
            [("release/1", "prod"), ("main", "dev"), ("empty", "dev"), ("../../x", "dev")]
        {
            write(&top.join(".git/HEAD"), &format!("ref: refs/heads/{head}\n"));
            assert_eq!(found.environment().as_deref(), Some(environment), "{head}");
        }
        write(&top.join(".git/HEAD"), "0123456789abcdef0123456789abcdef01234567\n");
        assert_eq!(found.environment().as_deref(), Some("dev"), "no branch");
        write(&top.join("a/.git"), "gitdir: ../elsewhere\n");
        write(&top.join("elsewhere/HEAD"), "ref: refs/heads/release/1\n");
        let linked = ProjectFile { folder: deep.clone(), ..found };
        assert_eq!(linked.environment().as_deref(), Some("prod"));

        write(
            &deep.join(NAME),
            r#"{"workspaceId":"deep","defaultEnvironment":"","gitBranchToEnvironmentMapping":null}"#,
        );
        let found = ProjectFile::find_from(&deep).unwrap().unwrap();
        assert_eq!((found.workspace_id.as_deref(), found.environment()), (Some("deep"), None));
    }

    #[test]
    fn files_that_make_no_sense_are_named() {
        let folder = tempfile::TempDir::new().unwrap();
        for text in ["", "1", r#"{"workspaceId":1}"#, &format!("\"{}\"", "x".repeat(70_000))] {
            write(&folder.path().join(NAME), text);
            let refused = ProjectFile::find_from(folder.path()).unwrap_err();
            assert!(refused.code == crate::failure::USAGE && refused.error.to_string().contains(NAME));
        }
        std::fs::remove_file(folder.path().join(NAME)).unwrap();
    }

    #[test]
    fn it_is_written_as_the_official_client_does() {
        let file = ProjectFile::of("id", None);
        assert_eq!(
            serde_json::to_string(&file).unwrap(),
            r#"{"workspaceId":"id","defaultEnvironment":"","gitBranchToEnvironmentMapping":null}"#
        );
    }
}
