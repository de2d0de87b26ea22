//! What the agent is told to do: the official agent's file, and what we add to it.
//!
//! A file is read in three steps: YAML into [`raw`] with the official names, each text into a type of [`value`], and
//! the whole into a [`Config`] of which every part makes sense. Keys that nobody knows are no errors, as with the
//! official agent, but are told with their lines.

mod lines;
mod raw;
mod read;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use read::{ConfigError, Remark, parse};
pub(crate) use read::{dotted, without_values};
pub use value::{Command, Hook, address};

use crate::auth::Auth;
use crate::file::Access;
use crate::pace::Pace;

/// Everything that the agent is told to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the server, if the file names one.
    pub address: Option<String>,
    /// End once everything was written the first time.
    pub exit_after_auth: bool,
    /// Revoke the token when the agent stops.
    pub revoke_on_shutdown: bool,
    /// Waits after failures.
    pub pace: Pace,
    /// Longest time of one call.
    pub timeout: Option<Duration>,
    /// How to log in.
    pub auth: Auth,
    /// Where tokens go.
    pub sinks: Vec<Sink>,
    /// Files made from secrets.
    pub templates: Vec<Template>,
    /// A program to run beside.
    pub exec: Option<Exec>,
    /// Where health and metrics are served.
    pub health: Option<SocketAddr>,
    /// Where the caching proxy listens: addresses, or `unix:` and a path.
    pub proxy: Vec<String>,
}

/// A file that holds the access token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sink {
    /// Where.
    pub path: PathBuf,
    /// Who may read it.
    pub access: Access,
    /// What is in it.
    pub format: Format,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// The token and nothing else, as the official agent does.
    Token,
    /// A JSON object with `accessToken` and `tokenType`.
    Json,
    /// A line `VOUCHSAFE_TOKEN=…`.
    Dotenv,
}

/// A file made from secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// Where the template is.
    pub source: TemplateSource,
    /// The file to make.
    pub destination: PathBuf,
    /// Who may read it.
    pub access: Access,
    /// How often to look for changes.
    pub every: Duration,
    /// What to run when the file changed.
    pub hook: Option<Hook>,
}

/// Where a template is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TemplateSource {
    /// In a file, which is read again on reload.
    File(PathBuf),
    /// In the configuration.
    Text(String),
}

/// A program that runs as long as the agent does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exec {
    /// What to run.
    pub command: Command,
    /// A folder whose secrets are in its environment.
    pub environment: Option<Environment>,
    /// The variable that holds the access token, if it gets one.
    pub token_variable: Option<String>,
    /// What happens when files or secrets changed.
    pub on_change: OnChange,
    /// How long it may take to end before it is killed.
    pub grace: Duration,
}

/// A folder whose secrets become variables.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Environment {
    /// Id of the project.
    pub project: vouchsafe_domain::id::ProjectId,
    /// Slug of the environment.
    pub environment: String,
    /// Folder.
    pub path: String,
    /// How often to look for changes.
    pub every: Duration,
}

/// What a program is told when what it uses changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnChange {
    /// It is stopped and started again.
    Restart,
    /// It gets this signal, by its number.
    Signal(i32),
    /// Nothing.
    Nothing,
}
