//! Settings of the log.

use clap::{Args, ValueEnum};

use super::{FileSettings, Name, text, variable};
use crate::failure::Outcome;

/// Flags of the log.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// What to log, such as `info` or `warn,vouchsafe_store=debug`; `RUST_LOG` is read as well [default: info]
    #[arg(long, env = "VOUCHSAFE_LOG", hide_env_values = true, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines are written to stderr: `text` or `json` [default: text]
    #[arg(long, env = "VOUCHSAFE_LOG_FORMAT", hide_env_values = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Resolved settings of the log.
#[derive(Debug)]
pub(crate) struct LogSettings {
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

impl LogArgs {
    /// Merges flags, environment and file; `quiet` is the filter when nobody asked for another.
    pub(crate) fn resolve(self, file: &FileSettings, quiet: &str) -> Outcome<LogSettings> {
        let filter = text(self.log, None).or_else(|| variable(&["RUST_LOG"])).or_else(|| file.log.clone());
        let format = match text(self.log_format, file.log_format.as_ref()) {
            None => LogFormat::Text,
            Some(name) => LogFormat::from_str(&name, true).map_err(|_| {
                Name::new("--log-format", "VOUCHSAFE_LOG_FORMAT").refuse("expected `text` or `json`")
            })?,
        };
        Ok(LogSettings { filter: filter.unwrap_or_else(|| quiet.to_owned()), format })
    }
}
