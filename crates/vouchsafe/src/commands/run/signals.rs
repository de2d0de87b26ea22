//! Signals that are passed on to the command.

#[cfg(unix)]
pub(super) use unix::{Forwarded, Signal, ends};

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::io::IsTerminal;
    use std::task::Poll;

    pub(in crate::commands::run) use rustix::process::Signal;
    use tokio::signal::unix::{Signal as Listener, SignalKind, signal};

    use crate::failure::Outcome;

    /// Those that a program may be sent to be told something, or to be ended.
    const ALL: [Signal; 7] =
        [Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::TERM, Signal::WINCH];
    /// Those that a terminal sends to the command by itself, as it is in our process group there.
    const FROM_TERMINAL: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::WINCH];

    /// Whether a signal asks for the end.
    pub(in crate::commands::run) fn ends(signal: Signal) -> bool {
        matches!(signal, Signal::HUP | Signal::INT | Signal::QUIT | Signal::TERM)
    }

    /// Signals to us, from the moment it is made.
    pub(in crate::commands::run) struct Forwarded {
        listeners: Vec<(Signal, Listener)>,
        on_terminal: bool,
    }

    impl Forwarded {
        /// From now on these signals no longer end this process by themselves.
        pub(in crate::commands::run) fn listen() -> Outcome<Self> {
            let mut listeners = Vec::with_capacity(ALL.len());
            for one in ALL {
                listeners.push((one, signal(SignalKind::from_raw(one.as_raw()))?));
            }
            Ok(Self { listeners, on_terminal: std::io::stdin().is_terminal() })
        }

        /// Whether the command shares our process group, because a terminal is read by one group only.
        pub(in crate::commands::run) fn on_terminal(&self) -> bool {
            self.on_terminal
        }

        /// The next signal, and whether it has to be passed on.
        pub(in crate::commands::run) async fn next(&mut self) -> (Signal, bool) {
            let signal = poll_fn(|cx| {
                for (signal, listener) in &mut self.listeners {
                    if let Poll::Ready(Some(())) = listener.poll_recv(cx) {
                        return Poll::Ready(*signal);
                    }
                }
                Poll::Pending
            })
            .await;
            (signal, !(self.on_terminal && FROM_TERMINAL.contains(&signal)))
        }
    }
}

#[cfg(not(unix))]
pub(super) use other::{Forwarded, Signal, ends};

#[cfg(not(unix))]
mod other {
    use crate::failure::Outcome;

    /// Ctrl-C, which the system sends to the command by itself.
    #[derive(Clone, Copy)]
    pub(in crate::commands::run) struct Signal;

    /// Whether a signal asks for the end.
    pub(in crate::commands::run) fn ends(_: Signal) -> bool {
        true
    }

    /// Signals to us, from the moment it is made.
    pub(in crate::commands::run) struct Forwarded;

    impl Forwarded {
        /// From now on Ctrl-C no longer ends this process by itself.
        pub(in crate::commands::run) fn listen() -> Outcome<Self> {
            Ok(Self)
        }

        /// Whether the command shares our console.
        pub(in crate::commands::run) fn on_terminal(&self) -> bool {
            true
        }

        /// The next signal, and whether it has to be passed on.
        pub(in crate::commands::run) async fn next(&mut self) -> (Signal, bool) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            (Signal, false)
        }
    }
}
