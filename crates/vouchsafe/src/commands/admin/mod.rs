//! What the commands that administer have in common.

pub(super) mod input;
pub(super) mod names;
pub(super) mod roles;

use std::fmt::Display;

use clap::Args;
use vouchsafe_client::Client;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::time::{Clock as _, Timestamp};
use vouchsafe_server::SystemClock;

use super::relative;
use crate::failure::{Failure, Outcome};
use crate::printer::{Format, Printer};
use crate::prompt;
use crate::settings::api::{AccessArgs, OutputArgs, project};
use crate::settings::project_file::ProjectFile;
use crate::settings::{FileSettings, Name};

/// Flags of every command that calls a server and prints what it answers.
#[derive(Args, Clone)]
pub(crate) struct CallArgs {
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl CallArgs {
    /// A client that acts as somebody.
    pub(super) async fn client(&self, file: &FileSettings) -> Outcome<Client> {
        self.access.clone().client(file).await
    }

    /// The format for programs that is asked for.
    pub(super) fn format(&self) -> Option<Format> {
        self.output.format()
    }
}

/// In which project, if it is not about the organization.
#[derive(Args, Clone)]
pub(crate) struct PlaceArgs {
    /// Project: its id, slug or name. Only the flag counts, no variable and no file [default: the organization]
    #[arg(long, visible_alias = "projectId", value_name = "PROJECT")]
    project_id: Option<String>,
}

impl PlaceArgs {
    /// The project that is named, if one is.
    pub(super) async fn project(&self, client: &Client) -> Outcome<Option<ProjectId>> {
        match &self.project_id {
            Some(given) => Ok(Some(names::project(client, given).await?)),
            None => Ok(None),
        }
    }
}

/// In which project.
#[derive(Args, Clone)]
pub(crate) struct ProjectArgs {
    /// Project: its id, slug or name; `INFISICAL_PROJECT_ID` is read as well [default: that of the nearest
    /// .infisical.json]
    #[arg(
        long,
        visible_alias = "projectId",
        env = "VOUCHSAFE_PROJECT_ID",
        hide_env_values = true,
        value_name = "PROJECT"
    )]
    project_id: Option<String>,
}

impl ProjectArgs {
    /// The project that a flag, a variable or a file names.
    pub(super) async fn project(&self, client: &Client, file: &FileSettings) -> Outcome<ProjectId> {
        let given = match project(self.project_id.clone(), file) {
            Some(given) => Some(given),
            None => ProjectFile::find()?.and_then(|found| found.workspace_id),
        };
        let name = Name::new("--project-id", "VOUCHSAFE_PROJECT_ID");
        names::project(client, &given.ok_or_else(|| name.refuse("not given"))?).await
    }
}

/// Whether to ask before something is lost.
#[derive(Args, Clone, Copy)]
pub(crate) struct YesArgs {
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
}

impl YesArgs {
    /// Lets the person at the terminal type the name of what is going to be lost. Without a terminal, `--yes` is demanded.
    pub(super) fn confirm(self, printer: &Printer, what: &str, name: &str) -> Outcome {
        if self.yes || prompt::confirmed(printer, &format!("{what} goes for good"), name, "--yes")? {
            return Ok(());
        }
        Err(Failure::message("that is another name; nothing was changed"))
    }
}

/// The time of this machine.
pub(super) fn now() -> Timestamp {
    SystemClock.now()
}

/// When something was or will be, for a table.
pub(super) fn when(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| relative(at, now()))
}

/// A bound in seconds, for a table; 0 is none.
pub(super) fn bound(seconds: i64) -> String {
    if seconds == 0 { "no limit".to_owned() } else { super::duration(seconds) }
}

/// How many, as the API counts.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Says on stderr what was done, and prints the id on stdout, where a script reads it.
pub(super) fn done(printer: &Printer, id: impl Display, told: impl AsRef<str>) -> Outcome {
    printer.data(id.to_string())?;
    printer.note(told);
    Ok(())
}
