//! `vouchsafe server`.

use vouchsafe_server::start::Running;

use crate::failure::Outcome;
use crate::instance::Instance;
use crate::logging;
use crate::printer::Printer;
use crate::settings::FileSettings;
use crate::settings::server::ServerArgs;
use crate::signals::Signals;

pub(super) fn run(args: ServerArgs, file: &FileSettings, printer: &Printer) -> Outcome {
    let settings = args.resolve(file)?;
    logging::start(&settings.log)?;
    super::serving_runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let instance = Instance::open(&settings, printer).await?;
        if instance.has_new_root_key() {
            printer.note(format!(
                "made a root key in {}; keep a copy of it in a safe place: without it the data cannot be read",
                settings.place.data_dir.display()
            ));
        }
        let (address, engine) = (instance.address(), instance.app().store.engine());
        printer.data(format!("listening on {}://{address}", instance.scheme()))?;
        tracing::info!(%address, engine, version = env!("CARGO_PKG_VERSION"), "ready");
        let running = Running::new();
        tokio::spawn(stop_on_signal(signals, running.clone()));
        instance.serve(running).await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// The first signal lets requests under way end; the second one does not.
pub(super) async fn stop_on_signal(mut signals: Signals, running: Running) {
    signals.next().await;
    tracing::info!("stopping; requests under way may end, a second signal stops at once");
    running.stop();
    signals.next().await;
    running.stop_now();
}
