//! How the quickstart speaks.

use std::path::{Path, PathBuf};

use super::saved::SHELL;
use crate::commands::quoted;
use crate::failure::Outcome;
use crate::printer::{Printer, Style};

/// A guided tour on stdout: numbered steps, the commands that repeat them, and what came of them.
pub(super) struct Tour<'a> {
    printer: &'a Printer,
    address: &'a str,
    folder: PathBuf,
    program: String,
}

impl<'a> Tour<'a> {
    pub(super) fn new(printer: &'a Printer, address: &'a str, folder: &Path) -> Self {
        Self { printer, address, folder: folder.to_owned(), program: program() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn address(&self) -> &str {
        self.address
    }

    /// The program's name as this person can type it.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// The data folder as a shell reads it.
    pub(super) fn shown_folder(&self) -> String {
        shown(&self.folder)
    }

    fn line(&self, line: impl AsRef<str>) -> Outcome {
        self.printer.data(line)
    }

    pub(super) fn welcome(&self) -> Outcome {
        self.line(format!(
            "{} {} is running at {}\n",
            self.printer.styled("Vouchsafe", Style::Bold),
            env!("CARGO_PKG_VERSION"),
            self.address
        ))?;
        self.line("Every step below is done for you. To repeat one yourself, open another terminal in")?;
        self.line("this folder and start with:\n")?;
        self.command(&format!(". {}", shown(&self.folder.join(SHELL))))
    }

    /// A step that is about to be done.
    pub(super) fn step(&self, number: u32, what: &str, commands: &[String]) -> Outcome {
        self.line(format!("\n{}", self.printer.styled(&format!("{number}. {what}"), Style::Bold)))?;
        commands.iter().try_for_each(|command| self.command(command))
    }

    /// A command; may have several lines.
    fn command(&self, command: &str) -> Outcome {
        command
            .lines()
            .try_for_each(|line| self.line(format!("   {}", self.printer.styled(line, Style::Command))))
    }

    /// What came of a step.
    pub(super) fn result(&self, result: &str) -> Outcome {
        self.line(format!("   → {result}"))
    }

    /// Steps that an earlier run did.
    pub(super) fn done_before(&self, what: &str) -> Outcome {
        self.line(format!("\n{what}"))
    }

    pub(super) fn farewell(&self) -> Outcome {
        let folder = self.shown_folder();
        self.line("\nIt works. What there is:\n")?;
        self.line(format!("   {folder}   database, root key, and quickstart.json with all credentials"))?;
        self.line(format!(
            "   {}   the console: open it in a browser, sign in with ADMIN_EMAIL and ADMIN_PASSWORD",
            self.address
        ))?;
        self.line(format!("   {}/api/docs   API reference", self.address))
    }

    pub(super) fn stopped(&self) -> Outcome {
        let (program, folder) = (&self.program, self.shown_folder());
        self.line(format!("\nStopped. To go on: {program} quickstart --data-dir {folder}"))
    }

    pub(super) fn serving(&self) -> Outcome {
        self.line(self.printer.styled(
            "\nServing until Ctrl-C. The next quickstart in this folder goes on from here.",
            Style::Faint,
        ))
    }
}

/// A path as a shell reads it; `.` needs the `./` of a relative one.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let relative = path.is_relative() && !text.starts_with('.');
    quoted(&if relative { format!("./{text}") } else { text })
}

/// As it was called if that names a file, or else the bare name, to be found on the `PATH`.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let names_a_file = called.components().count() > 1 && called.is_file();
    if names_a_file { quoted(&called.display().to_string()) } else { "vouchsafe".to_owned() }
}
