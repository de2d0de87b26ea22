//! What a process finds around itself: variables, files, the time, and services to ask.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::NoProof;

/// Largest credential file that is read, in bytes.
const LARGEST_FILE: u64 = 64 * 1024;

/// What a process finds around itself.
#[derive(Clone, Default)]
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    at: Option<SystemTime>,
}

impl Surroundings {
    /// Those of this process. Variables that are no text are left out.
    pub fn of_this_process() -> Self {
        Self::with_variables(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Surroundings with these variables and nothing else.
    pub fn with_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect(), at: None }
    }

    /// The same at a fixed time instead of now.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.at = Some(time);
        self
    }

    /// The time.
    pub(super) fn now(&self) -> SystemTime {
        self.at.unwrap_or_else(SystemTime::now)
    }

    /// The first of these variables that is set and not empty, with its name.
    pub fn variable<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        names.iter().find_map(|name| {
            let value = self.variables.get(*name).filter(|value| !value.trim().is_empty())?;
            Some((*name, value.trim()))
        })
    }

    /// Whether a variable says yes: `true` or `1`.
    pub(super) fn says_yes(&self, name: &str) -> bool {
        self.variable(&[name]).is_some_and(|(_, value)| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// A path below the home folder, if there is one.
    pub(super) fn below_home(&self, path: &str) -> Option<PathBuf> {
        self.variable(&["HOME", "USERPROFILE"]).map(|(_, home)| Path::new(home).join(path))
    }

    /// The text of a credential file, without white space around it; at most 64 KiB.
    pub fn file(&self, path: &Path) -> Result<String, NoProof> {
        let refuse = |why: String| NoProof::new(format!("cannot read {}: {why}", path.display()));
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|error| refuse(error.to_string()))?;
        file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(refuse("it is larger than 64 KiB".to_owned()));
        }
        if text.trim().is_empty() {
            return Err(refuse("it is empty".to_owned()));
        }
        Ok(text.trim().to_owned())
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}
