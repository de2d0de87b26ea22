//! Logging in as an identity.

use vouchsafe_client::platform::{Surroundings, Trail};
use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use super::{Show, warn_of_tokens};
use crate::commands::duration;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::sessions::{Place, Session};
use crate::settings::FileSettings;
use crate::settings::api::AddressArgs;
use crate::settings::machine::{LoggedIn, MachineArgs, kind, log_in};
use crate::table;

/// What to do with the token.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Store it for other commands.
    pub(super) save: bool,
    /// Show where the credential was looked for.
    pub(super) explain: bool,
    /// What is printed.
    pub(super) show: Show,
}

/// Logs in; prints the access token, or stores it.
pub(super) async fn run(
    method: &str,
    machine: MachineArgs,
    address: AddressArgs,
    wanted: Wanted,
    file: &FileSettings,
    printer: &Printer,
) -> Outcome {
    let client = address.client(file)?;
    let (around, mut trail) = (Surroundings::of_this_process(), Trail::default());
    let logged_in = match kind(method, &around, &mut trail) {
        Ok(kind) => log_in(client, &machine.source(kind), &around, &mut trail).await,
        Err(failure) => Err(failure),
    };
    if wanted.explain {
        explain(&trail, printer);
    }
    let LoggedIn { client, reply } = logged_in?;
    if wanted.save {
        let place = Place::of_this_process()?;
        let session = Session::of_token(client.address(), &reply.access_token, SystemClock.now());
        let name = session.name.clone();
        place.change(|all| all.add(session)).await?;
        printer.note(format!(
            "{name} is logged in at {}; stored in {}",
            client.address(),
            place.path().display()
        ));
        warn_of_tokens(printer);
    }
    let show = wanted.show;
    if let Some(format) = show.output.format() {
        return printer.structured(format, &reply);
    }
    if !wanted.save || show.plain {
        printer.data(&reply.access_token)?;
    }
    if !wanted.save && !show.plain {
        printer.note(format!(
            "logged in; the token is valid for {}. Give it to other commands in VOUCHSAFE_TOKEN",
            duration(reply.expires_in)
        ));
    }
    Ok(())
}

/// Says where the credential was looked for, in that order, and what was taken.
fn explain(trail: &Trail, printer: &Printer) {
    let rows: Vec<[String; 3]> = trail
        .findings()
        .iter()
        .map(|finding| {
            let taken = if finding.taken { "taken" } else { "passed" };
            [taken.to_owned(), finding.place.clone(), finding.what.clone()]
        })
        .collect();
    for line in table::lines(["", "WHERE", "WHAT"], &rows) {
        printer.note(line);
    }
}
