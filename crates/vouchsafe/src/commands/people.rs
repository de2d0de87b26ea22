//! `vouchsafe completions` and `vouchsafe man`: what shells and manual readers want of the command line.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Examples of `vouchsafe completions`.
pub(crate) const COMPLETIONS_EXAMPLES: &str = "Examples:\n  \
    source <(vouchsafe completions bash)\n  \
    vouchsafe completions zsh > ~/.zfunc/_vouchsafe\n  \
    vouchsafe completions fish > ~/.config/fish/completions/vouchsafe.fish";

/// Examples of `vouchsafe man`.
pub(crate) const MAN_EXAMPLES: &str = "Examples:\n  \
    vouchsafe man | man -l -\n  \
    vouchsafe man secrets get | man -l -\n  \
    vouchsafe man --dir ~/.local/share/man/man1";

/// Flags of `vouchsafe completions`.
#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Flags of `vouchsafe man`.
#[derive(Args)]
pub(crate) struct ManArgs {
    /// Write one page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "names")]
    dir: Option<PathBuf>,
    /// Print the page of this command, such as `secrets get`, rather than that of vouchsafe
    #[arg(value_name = "COMMAND")]
    names: Vec<String>,
}

/// Prints a script that completes commands and flags.
pub(super) fn completions(args: CompletionsArgs, printer: &Printer) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vouchsafe", &mut script);
    printer.data(String::from_utf8_lossy(&script).trim_end())
}

/// Prints a manual page, or writes all of them.
pub(super) fn man(args: ManArgs, printer: &Printer) -> Outcome {
    let command = built();
    if let Some(folder) = args.dir {
        let writing = || format!("cannot write manual pages into {}", folder.display());
        std::fs::create_dir_all(&folder).with_context(writing)?;
        clap_mangen::generate_to(command, &folder).with_context(writing)?;
        return Ok(());
    }
    let mut found = &command;
    for name in &args.names {
        found = found.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!("`{}` is no command", args.names.join(" ")))
                .hint("`vouchsafe --help` lists them")
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(found.clone()).render(&mut page)?;
    printer.data(String::from_utf8_lossy(&page).trim_end())
}

/// The command line, with the names of all commands filled in.
fn built() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}
