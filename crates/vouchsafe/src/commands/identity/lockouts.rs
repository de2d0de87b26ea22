//! Locks after failed logins.

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::admin::CallArgs;
use super::WhichArgs;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::settings::FileSettings;

/// The methods that lock, by the names that their routes have.
const LOCKING: [&str; 2] = ["universal-auth", "ldap-auth"];

/// What to do about locks.
#[derive(Subcommand)]
pub(crate) enum LockoutsCommand {
    /// End the locks of an identity, and forget its failed logins
    #[command(after_help = "Example:
  vouchsafe identity lockouts clear --identity deploy")]
    Clear(ClearArgs),
}

/// Flags of `vouchsafe identity lockouts clear`.
#[derive(Args)]
pub(crate) struct ClearArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    call: CallArgs,
}

pub(super) async fn run(command: LockoutsCommand, file: &FileSettings, printer: &Printer) -> Outcome {
    let LockoutsCommand::Clear(args) = command;
    let client = args.call.client(file).await?;
    let identity = args.which.resolve(&client).await?;
    let attached = client.identity(identity).await?.identity.auth_methods;
    let mut deleted = 0;
    for method in LOCKING.iter().filter(|method| attached.iter().any(|name| name == *method)) {
        deleted += client.clear_lockouts(method, identity).await?.deleted;
    }
    printer.show(args.call.format(), &json!({ "deleted": deleted }), || {
        printer.note(match deleted {
            0 => "no method of the identity was locked".to_owned(),
            1 => "ended one lock".to_owned(),
            count => format!("ended {count} locks"),
        });
        Ok(())
    })
}
