//! `vouchsafe run -- command`.

mod child;
mod signals;
mod watch;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use vouchsafe_api::secrets::Secret;
use vouchsafe_client::variables::refused;

use super::reading::effective;
use crate::failure::{CANNOT_RUN, Failure, NO_COMMAND, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs};
use crate::settings::selection::SelectionArgs;

/// Flags of `vouchsafe run`.
#[derive(Args)]
#[command(after_help = "Examples:
  vouchsafe run --project-id $ID --env prod -- ./server
  vouchsafe run --path /app --path /shared --command 'migrate && exec ./server'
  vouchsafe run --watch -- npm run dev")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    folders: FolderArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    watch: WatchArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// A line for the shell that $SHELL names (else `sh`), in place of a command
    #[arg(long = "command", short = 'c', value_name = "LINE", conflicts_with = "command")]
    line: Option<OsString>,
    /// The command and its arguments
    #[arg(required_unless_present = "line", last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// When the command is restarted.
#[derive(Args, Clone, Copy)]
pub(crate) struct WatchArgs {
    /// Restart the command when a secret changes; the old one runs on while the server cannot be reached
    #[arg(long)]
    watch: bool,
    /// How many seconds to wait between two looks
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400),
          value_name = "SECONDS")]
    watch_interval: u64,
    /// How many seconds the command may take to end after SIGTERM, before SIGKILL
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=3600),
          value_name = "SECONDS")]
    stop_timeout: u64,
}

impl WatchArgs {
    fn interval(self) -> Duration {
        Duration::from_secs(self.watch_interval)
    }

    fn stop_timeout(self) -> Duration {
        Duration::from_secs(self.stop_timeout)
    }
}

/// What is left to do when secrets were read.
pub(super) enum Prepared {
    /// To become this command.
    Become(Command),
    /// The command ran, and this is its exit code.
    Ended(u8),
}

/// Reads the secrets; with `--watch` runs the command too.
pub(super) async fn prepare(args: RunArgs, file: &FileSettings, printer: &Printer) -> Outcome<Prepared> {
    let folders = args.folders.resolve_all(file)?;
    let client = args.access.clone().client(file).await?;
    let program = match args.line {
        Some(line) => Program::Line(line),
        None => Program::Words(args.command),
    };
    if args.watch.watch {
        let source =
            watch::Source::new(client, Box::new(args.access), file, folders, args.selection, printer);
        return watch::run(source, &program, args.watch, printer).await.map(Prepared::Ended);
    }
    let secrets = effective(&client, &folders, &args.selection, printer).await?;
    let mut command = program.command()?;
    command.envs(variables(secrets, printer));
    Ok(Prepared::Become(command))
}

/// What to run.
enum Program {
    /// A program and its arguments.
    Words(Vec<OsString>),
    /// A line for a shell.
    Line(OsString),
}

impl Program {
    fn command(&self) -> Outcome<Command> {
        match self {
            Self::Words(words) => {
                let [program, arguments @ ..] = words.as_slice() else {
                    return Err(Failure::usage("no command was given"));
                };
                let mut command = Command::new(program);
                command.args(arguments);
                Ok(command)
            }
            Self::Line(line) if line.is_empty() => Err(Failure::usage("`--command` is empty")),
            Self::Line(line) => {
                let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
                let mut command = Command::new(shell.unwrap_or_else(|| "sh".into()));
                command.arg("-c").arg(line);
                Ok(command)
            }
        }
    }
}

/// The variables that these secrets become; says which do not.
fn variables(secrets: BTreeMap<String, Secret>, printer: &Printer) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, secret) in secrets {
        if let Some(why) = refused(&name, secret.secret_value.reveal()) {
            printer.warning(format!("the secret `{name}` is left out: {why}"));
        } else {
            variables.insert(name, secret.secret_value.into_text());
        }
    }
    variables
}

/// Ends as the command does.
pub(super) fn finish(prepared: Prepared) -> Outcome {
    match prepared {
        Prepared::Become(command) => become_command(command),
        Prepared::Ended(code) => std::process::exit(code.into()),
    }
}

/// Becomes the command, so that signals and the exit code are its own.
#[cfg(unix)]
fn become_command(mut command: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(not_run(&command, &error))
}

/// Runs the command and ends as it does.
#[cfg(not(unix))]
fn become_command(mut command: Command) -> Outcome {
    let status = command.status().map_err(|error| not_run(&command, &error))?;
    std::process::exit(status.code().unwrap_or(1))
}

/// Exit codes as shells have them.
fn not_run(command: &Command, error: &std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::NotFound { NO_COMMAND } else { CANNOT_RUN };
    let hint = (error.kind() == std::io::ErrorKind::ArgumentListTooLong)
        .then_some("the secrets are more than an environment can hold; choose some with --path or --tags");
    let failure =
        Failure::message(format!("cannot run `{}`: {error}", command.get_program().display())).code(code);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
