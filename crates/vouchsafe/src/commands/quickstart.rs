//! `vouchsafe quickstart`: see it work at once.
//!
//! Serves an embedded instance, sets it up over HTTP as a person would, logs in as the identity it
//! made, reads the secret, and goes on serving. What it made is kept in `quickstart.json`, so that a
//! second run on the same folder goes on from there.

mod saved;
mod setup;
mod tour;
mod typed;

use clap::Args;
use vouchsafe_client::Client;
use vouchsafe_domain::token_settings::TOKEN_AGE_CEILING;
use vouchsafe_server::start::Running;

use super::server::stop_on_signal;
use crate::failure::{Failure, Outcome};
use crate::instance::Instance;
use crate::logging;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::log::LogArgs;
use crate::settings::server::{Place, PlaceArgs, RootKeySource, ServerSettings, embedded};
use crate::signals::Signals;
use saved::Saved;
use setup::Setup;
use tour::Tour;

/// Flags of `vouchsafe quickstart`.
#[derive(Args)]
pub(crate) struct QuickstartArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// End after the steps instead of going on to serve
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    log: LogArgs,
}

/// Serves, shows the steps, and goes on serving until a signal comes.
pub(super) async fn run(args: QuickstartArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let place = args.place.resolve(file)?;
    let settings = settings(place, args.log, file)?;
    logging::start(&settings.log)?;
    let mut signals = Signals::listen()?;
    let instance = Instance::open(&settings, printer).await?;
    let (address, running) = (instance.local_url(), Running::new());
    let mut server = tokio::spawn(instance.serve(running.clone()));

    let tour = Tour::new(printer, &address, &settings.place.data_dir);
    let shown = tokio::select! {
        shown = show(&tour, &address) => shown,
        () = signals.next() => Err(Failure::message("interrupted before all steps were done")),
        ended = &mut server => return ended?,
    };
    if shown.is_ok() && !args.once {
        tour.serving()?;
        tokio::spawn(stop_on_signal(signals, running));
        return server.await?;
    }
    running.stop();
    server.await??;
    shown?;
    tour.stopped()
}

async fn show(tour: &Tour<'_>, address: &str) -> Outcome {
    let client = Client::new(address)?;
    let saved = match Saved::load(tour.folder())? {
        Some(saved) => saved,
        None if client.config().await?.initialized => return Err(somebody_elses(tour)),
        None => Saved::default(),
    };
    tour.welcome()?;
    let mut setup = Setup::new(tour, &client, saved);
    setup.prepare().await?;
    setup.log_in_and_read().await?;
    tour.farewell()
}

/// The folder holds an instance, but nothing says how to act in it.
fn somebody_elses(tour: &Tour<'_>) -> Failure {
    let (folder, program) = (tour.shown_folder(), tour.program());
    Failure::message(format!(
        "{folder} holds an instance that is set up, but no quickstart.json to go on from"
    ))
    .hint(format!(
        "serve it with `{program} server --data-dir {folder}`, or start afresh with \
             `{program} quickstart --data-dir` and another folder"
    ))
}

/// Everything in the data folder, whatever database the environment names.
fn settings(place: Place, log: LogArgs, file: &FileSettings) -> Outcome<ServerSettings> {
    Ok(ServerSettings {
        database: embedded(&place.data_dir),
        root_key: RootKeySource::Default(place.data_dir.join("root.key")),
        site_url: None,
        trusted_proxies: Vec::new(),
        tls: crate::settings::tls::TlsSettings::default(),
        max_token_age: TOKEN_AGE_CEILING,
        metrics_listen: None,
        outbound: crate::settings::outbound::OutboundSettings::default(),
        log: log.resolve(file, "warn")?,
        place,
    })
}
