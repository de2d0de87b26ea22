//! Something that is made from secrets again and again: a rendered file, or a program's environment.

use std::time::Duration;

use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;

use crate::child::Variables;
use crate::deposit::Deposit;
use crate::environment::Folder;
use crate::hook::Runner;
use crate::moment::Moment;
use crate::pace::Pace;
use crate::rendering::Rendering;
use crate::trouble::Trouble;

/// What is made.
pub(crate) enum Work {
    /// Variables for the program.
    Variables(Folder),
    /// The text of a file.
    Text(Rendering),
}

/// What a look at the server brought.
pub(crate) enum Made {
    /// Nothing new.
    Same,
    /// Another content for the file.
    Text(Concealed),
    /// Other variables.
    Variables(Variables),
}

/// Something that is made again and again, and when.
pub(crate) struct Job {
    /// For the log.
    pub(crate) name: String,
    work: Work,
    every: Duration,
    due: Moment,
    failures: u32,
    is_made: bool,
    /// The file that it goes into.
    pub(crate) deposit: Option<Deposit>,
    /// The command that runs when the file changed.
    pub(crate) runner: Option<Runner>,
}

impl Job {
    pub(crate) fn new(name: String, work: Work, every: Duration) -> Self {
        Self {
            name,
            work,
            every,
            due: Moment::default(),
            failures: 0,
            is_made: false,
            deposit: None,
            runner: None,
        }
    }

    /// When to look at the server next.
    pub(crate) fn due(&self) -> Moment {
        self.due
    }

    /// How often it looks.
    pub(crate) fn every(&self) -> Duration {
        self.every
    }

    /// Whether it was made once and is in its file.
    pub(crate) fn is_done(&self) -> bool {
        self.is_made && self.deposit.as_ref().is_none_or(Deposit::is_written)
    }

    /// Looks at the server.
    pub(crate) async fn look(&mut self, client: &Client) -> Result<Made, Trouble> {
        match &mut self.work {
            Work::Text(rendering) => Ok(rendering.poll(client).await?.map_or(Made::Same, Made::Text)),
            Work::Variables(folder) => Ok(folder.poll(client).await?.map_or(Made::Same, Made::Variables)),
        }
    }

    /// A look that began then went well.
    pub(crate) fn worked(&mut self, began: Moment) {
        (self.is_made, self.failures, self.due) = (true, 0, began.plus(self.every));
    }

    /// A look failed for a reason of its own; it waits no longer than between two looks.
    pub(crate) fn failed(&mut self, now: Moment, pace: Pace, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.due = now.plus(pace.capped(self.every).delay(self.failures, chance));
    }
}
