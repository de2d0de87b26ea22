//! What the program does: one module per command.

mod root_key;
mod server;

use crate::cli::{Cli, Command, RootKeyCommand};
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::File;

/// Does what the command line asks for.
pub(crate) fn run(cli: Cli, printer: &Printer) -> Outcome {
    let config = cli.config;
    match cli.command {
        Command::Server(args) => server::run(*args, &File::read(config)?, printer),
        Command::RootKey(RootKeyCommand::Generate) => root_key::generate(printer),
    }
}

/// Where asynchronous work runs.
fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
