//! The only place that writes to the terminal: data to stdout, everything else to stderr.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use crate::failure::{Failure, Outcome};

/// Writes for people and programs. Colour is used on terminals only, never with `NO_COLOR`, and
/// never carries a meaning that the words do not.
#[derive(Debug)]
pub(crate) struct Printer {
    colour_out: bool,
    colour_err: bool,
    silent: bool,
}

/// A format of data for programs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Json,
    Yaml,
}

/// How a piece of text is shown on a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    /// A heading.
    Bold,
    /// Something to type.
    Command,
    /// Something beside the point.
    Faint,
    /// Something new.
    Added,
    /// Something that goes.
    Removed,
    /// Something that becomes another.
    Changed,
    /// It went wrong.
    Error,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Command => "36",
            Self::Faint => "2",
            Self::Added => "32",
            Self::Removed => "31",
            Self::Changed => "33",
            Self::Error => "1;31",
        }
    }
}

#[expect(clippy::unused_self, reason = "who can write holds the printer; not every line looks at it")]
impl Printer {
    /// Looks at the terminal and at `NO_COLOR`; `silent`: remarks are left out.
    pub(crate) fn new(silent: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            colour_out: wanted && std::io::stdout().is_terminal(),
            colour_err: wanted && std::io::stderr().is_terminal(),
            silent,
        }
    }

    /// A line of data.
    pub(crate) fn data(&self, line: impl AsRef<str>) -> Outcome {
        self.exactly(format!("{}\n", line.as_ref()))
    }

    /// Data as it is.
    pub(crate) fn exactly(&self, text: impl AsRef<[u8]>) -> Outcome {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_ref())?;
        Ok(out.flush()?)
    }

    /// Data as indented JSON.
    pub(crate) fn json(&self, value: &impl serde::Serialize) -> Outcome {
        self.data(serde_json::to_string_pretty(value)?)
    }

    /// Data in the format for programs that was asked for, or as text for people.
    pub(crate) fn show(
        &self,
        format: Option<Format>,
        value: &impl serde::Serialize,
        text: impl FnOnce() -> Outcome,
    ) -> Outcome {
        format.map_or_else(text, |format| self.structured(format, value))
    }

    /// Data for programs.
    pub(crate) fn structured(&self, format: Format, value: &impl serde::Serialize) -> Outcome {
        match format {
            Format::Json => self.json(value),
            Format::Yaml => self.data(serde_saphyr::to_string(value)?.trim_end()),
        }
    }

    /// A remark for the person at the terminal.
    pub(crate) fn note(&self, line: impl AsRef<str>) {
        if self.silent {
            return;
        }
        let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
    }

    /// A line that belongs to a question; `silent` leaves out neither.
    pub(crate) fn dialogue(&self, line: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
    }

    /// The beginning of a line that the person at the terminal ends.
    pub(crate) fn question(&self, text: impl AsRef<str>) {
        let mut err = std::io::stderr();
        let _ = write!(err, "{} ", text.as_ref());
        let _ = err.flush();
    }

    /// A remark that something is not as it should be.
    pub(crate) fn warning(&self, line: impl AsRef<str>) {
        let head = style("warning:", Style::Bold, self.colour_err);
        let _ = writeln!(std::io::stderr(), "{head} {}", line.as_ref());
    }

    /// Text for stdout in this style.
    pub(crate) fn styled(&self, text: &str, as_style: Style) -> String {
        style(text, as_style, self.colour_out)
    }

    /// Says why the command failed, and answers with its exit code.
    pub(crate) fn failure(&self, failure: &Failure) -> ExitCode {
        if failure.is_broken_pipe() {
            return ExitCode::SUCCESS;
        }
        let mut text = format!("{} {}", style("error:", Style::Error, self.colour_err), failure.error);
        let mut said = failure.error.to_string();
        for cause in failure.error.chain().skip(1).map(ToString::to_string) {
            // Some libraries repeat their cause in their own text.
            if !said.contains(&cause) {
                let _ = write!(text, "\n  caused by: {cause}");
                said.push_str(&cause);
            }
        }
        if let Some(hint) = failure.advice() {
            let _ = write!(text, "\n{} {hint}", style("hint:", Style::Bold, self.colour_err));
        }
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(failure.code)
    }
}

/// Names that others chose, on one line and without characters that would move a terminal's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn style(text: &str, style: Style, colour: bool) -> String {
    if colour { format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()) } else { text.to_owned() }
}
