//! The signals that ask a process to end.

use crate::failure::Outcome;

/// Listens for SIGINT and SIGTERM (Ctrl-C elsewhere) from the moment it is made.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on these signals no longer end the process by themselves.
    #[cfg(unix)]
    pub(crate) fn listen() -> Outcome<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// From now on Ctrl-C no longer ends the process by itself.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Outcome<Self> {
        Ok(Self {})
    }

    /// Answers when the next one comes.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Answers when the next one comes.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
