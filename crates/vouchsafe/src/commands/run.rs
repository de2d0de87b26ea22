//! `vouchsafe run -- command`.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;

use super::secrets::{effective, is_variable};
use crate::failure::{CANNOT_RUN, Failure, NO_COMMAND, Outcome};
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::api::{AccessArgs, FolderArgs};

/// Flags of `vouchsafe run`.
#[derive(Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    folder: FolderArgs,
    #[command(flatten)]
    access: AccessArgs,
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Variables that decide how programs are found and run; a secret of such a name is not passed on.
const RESERVED: [&str; 14] = [
    "HOME",
    "PATH",
    "PWD",
    "SHELL",
    "USER",
    "TERM",
    "IFS",
    "ENV",
    "BASH_ENV",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
];

/// The command to run, with the secrets of the folder in its environment.
pub(super) async fn prepare(args: RunArgs, file: &FileSettings, printer: &Printer) -> Outcome<Command> {
    let folder = args.folder.resolve(file)?;
    let client = args.access.client(file).await?;
    let secrets = effective(&client, &folder, true).await?;
    let [program, arguments @ ..] = args.command.as_slice() else {
        return Err(Failure::usage("no command was given"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, secret) in secrets {
        if !is_variable(&name) || RESERVED.contains(&name.as_str()) {
            printer.warning(format!("the secret `{name}` is left out: no such variable can be set"));
        } else if secret.secret_value.reveal().contains('\0') {
            printer.warning(format!("the secret `{name}` is left out: it contains a NUL character"));
        } else {
            command.env(name, secret.secret_value.reveal());
        }
    }
    Ok(command)
}

/// Becomes the command, so that signals and the exit code are its own.
#[cfg(unix)]
pub(super) fn become_command(mut command: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(not_run(&command, &error))
}

/// Runs the command and ends as it does.
#[cfg(not(unix))]
pub(super) fn become_command(mut command: Command) -> Outcome {
    let status = command.status().map_err(|error| not_run(&command, &error))?;
    std::process::exit(status.code().unwrap_or(1))
}

/// Exit codes as shells have them: 127 not found, 126 found but not run.
fn not_run(command: &Command, error: &std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::NotFound { NO_COMMAND } else { CANNOT_RUN };
    Failure::message(format!("cannot run `{}`: {error}", command.get_program().display())).code(code)
}
