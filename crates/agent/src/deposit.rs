//! A file that should hold something: written when that changes, tried again when it could not be, and looked after.

use std::path::PathBuf;
use std::time::Duration;

use vouchsafe_api::concealed::Concealed;

use crate::file::{self, Access, Put};
use crate::moment::Moment;
use crate::pace::Pace;

/// Waits after a file could not be written.
const RETRY: Pace = Pace { first: Duration::from_secs(1), cap: Duration::from_mins(1) };
/// How often a file is looked at, in case that somebody changed or removed it.
const LOOK: Duration = Duration::from_mins(1);

/// A file that should hold something.
#[derive(Debug)]
pub(crate) struct Deposit {
    path: PathBuf,
    access: Access,
    wanted: Option<Concealed>,
    due: Moment,
    failures: u32,
    is_written: bool,
}

/// What became of an attempt to write.
#[derive(Debug)]
pub(crate) enum Deposited {
    /// It was written now.
    Written,
    /// It was as it should be.
    Same,
    /// It could not be written.
    Failed(std::io::Error),
}

impl Deposit {
    /// Nothing is wanted yet. What a killed process left beside the file is removed.
    pub(crate) fn new(path: PathBuf, access: Access) -> Self {
        file::sweep(&path);
        Self { path, access, wanted: None, due: Moment::default(), failures: 0, is_written: false }
    }

    /// Which file.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// From now on the file should hold this.
    pub(crate) fn want(&mut self, content: Concealed, now: Moment) {
        if self.wanted.as_ref() != Some(&content) {
            (self.wanted, self.is_written, self.failures) = (Some(content), false, 0);
            self.due = now;
        }
    }

    /// When to write or look next; `None` while nothing is wanted.
    pub(crate) fn wake(&self) -> Option<Moment> {
        self.wanted.as_ref().map(|_| self.due)
    }

    /// Whether the file held what is wanted when it was last looked at.
    pub(crate) fn is_written(&self) -> bool {
        self.is_written
    }

    /// Writes if the file differs.
    pub(crate) fn write(&mut self, now: Moment, chance: f64) -> Deposited {
        let Some(wanted) = &self.wanted else { return Deposited::Same };
        match file::put(&self.path, wanted.reveal().as_bytes(), self.access) {
            Ok(put) => {
                (self.is_written, self.failures, self.due) = (true, 0, now.plus(LOOK));
                if put == Put::Written { Deposited::Written } else { Deposited::Same }
            }
            Err(error) => {
                self.is_written = false;
                self.failures = self.failures.saturating_add(1);
                self.due = now.plus(RETRY.delay(self.failures, chance));
                Deposited::Failed(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_tried_again_and_looked_after() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("sub/token");
        let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
        let mut deposit = Deposit::new(path.clone(), Access::PRIVATE);
        assert_eq!(deposit.wake(), None);
        deposit.want(Concealed::new("one"), at(5));
        assert!(matches!(deposit.write(at(5), 1.0), Deposited::Failed(_)));
        assert_eq!((deposit.wake(), deposit.is_written()), (Some(at(6)), false));
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        assert!(matches!(deposit.write(at(6), 1.0), Deposited::Written));
        assert_eq!((deposit.wake(), deposit.is_written()), (Some(at(66)), true));
        deposit.want(Concealed::new("one"), at(7));
        assert_eq!(deposit.wake(), Some(at(66)), "the same again");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(deposit.write(at(66), 1.0), Deposited::Written));
        assert!(matches!(deposit.write(at(126), 1.0), Deposited::Same));
    }
}
