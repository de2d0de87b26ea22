//! The log: to stderr, so that it never mixes with data.

use tracing_subscriber::EnvFilter;

use crate::failure::{Failure, Outcome};
use crate::settings::log::{LogFormat, LogSettings};

/// Starts the log of this process.
pub(crate) fn start(settings: &LogSettings) -> Outcome {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        Failure::usage(format!("`--log` (VOUCHSAFE_LOG, RUST_LOG): {error}"))
            .hint("expected a level such as `info`, or parts with levels: `warn,vouchsafe_server=debug`")
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A subscriber can be set once in a process; a second start keeps the first.
    let _ = match settings.format {
        LogFormat::Text => builder.with_ansi(ansi()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

fn ansi() -> bool {
    use std::io::IsTerminal;
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
