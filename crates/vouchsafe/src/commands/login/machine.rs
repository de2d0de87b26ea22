//! Logging in as an identity.

use vouchsafe_client::platform::{Source as _, Surroundings, Trail};

use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use super::{Show, warn_of_tokens};
use crate::commands::duration;
use crate::failure::Outcome;
use crate::printer::Printer;
use crate::sessions::{Place, Session};
use crate::settings::FileSettings;
use crate::settings::api::{AddressArgs, UniversalArgs};

/// Logs in; prints the access token, or stores it.
pub(super) async fn run(
    universal: UniversalArgs,
    address: AddressArgs,
    save: bool,
    show: Show,
    file: &FileSettings,
    printer: &Printer,
) -> Outcome {
    let client = address.client(file)?;
    let proof = universal.source().proof(&Surroundings::of_this_process(), &mut Trail::default()).await?;
    let reply = client.log_in(&proof).await?;
    if save {
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
    if let Some(format) = show.output.format() {
        return printer.structured(format, &reply);
    }
    if !save || show.plain {
        printer.data(&reply.access_token)?;
    }
    if !save && !show.plain {
        printer.note(format!(
            "logged in; the token is valid for {}. Give it to other commands in VOUCHSAFE_TOKEN",
            duration(reply.expires_in)
        ));
    }
    Ok(())
}
