//! The command while it runs, and its end.

use std::process::{Command, ExitStatus};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::not_run;
use super::signals::{Forwarded, Signal, ends};
use crate::failure::Outcome;

/// How often to look whether what the command started has ended too.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(20);

/// A running command. Away from a terminal it leads a process group of its own, and signals reach all of the group.
pub(super) struct Child {
    process: tokio::process::Child,
    /// The group that it leads.
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

/// How a command ended that was asked to.
pub(super) struct Stopped {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// Whether we were asked to end meanwhile.
    pub(super) for_good: bool,
}

impl Child {
    /// Starts the command; if this process fails, the command is killed.
    pub(super) fn start(command: Command, signals: &Forwarded) -> Outcome<Self> {
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        #[cfg(unix)]
        if !signals.on_terminal() {
            command.process_group(0);
        }
        let process = command.spawn().map_err(|error| not_run(command.as_std(), &error))?;
        Ok(Self {
            #[cfg(unix)]
            group: if signals.on_terminal() { None } else { id(&process) },
            process,
        })
    }

    /// Waits for its end. May be dropped and asked again.
    pub(super) async fn wait(&mut self) -> Outcome<ExitStatus> {
        Ok(self.process.wait().await?)
    }

    /// Asks it to end, kills it if it takes longer than this, and passes signals on meanwhile.
    pub(super) async fn stop(&mut self, patience: Duration, signals: &mut Forwarded) -> Outcome<Stopped> {
        let deadline = Instant::now() + patience;
        let (mut for_good, mut killed) = (false, false);
        self.ask_to_end();
        let status = loop {
            tokio::select! {
                status = self.process.wait() => break status?,
                (signal, pass_on) = signals.next() => {
                    for_good |= ends(signal);
                    if pass_on {
                        self.send(signal);
                    }
                }
                () = sleep_until(deadline), if !killed => {
                    killed = true;
                    self.kill();
                }
            }
        };
        self.end_group(deadline).await;
        Ok(Stopped { status, for_good })
    }
}

#[cfg(unix)]
impl Child {
    /// Sends a signal to the command, and to what it started if it leads a group.
    pub(super) fn send(&self, signal: Signal) {
        use rustix::process::{kill_process, kill_process_group};
        // There is an id until the end was waited for. If the process has ended just now, nobody has to be told.
        let _ = match (id(&self.process), self.group) {
            (Some(_), Some(group)) => kill_process_group(group, signal),
            (Some(id), None) => kill_process(id, signal),
            (None, _) => Ok(()),
        };
    }

    fn ask_to_end(&self) {
        self.send(Signal::TERM);
    }

    fn kill(&self) {
        self.send(Signal::KILL);
    }

    /// Waits for the rest of a group whose leader has ended, and kills what is left of it in the end.
    async fn end_group(&self, deadline: Instant) {
        use rustix::process::{kill_process_group, test_kill_process_group};
        let Some(group) = self.group else { return };
        while test_kill_process_group(group).is_ok() {
            if Instant::now() >= deadline {
                let _ = kill_process_group(group, Signal::KILL);
                return;
            }
            sleep(LOOK).await;
        }
    }
}

/// The process id, until the end was waited for.
#[cfg(unix)]
fn id(process: &tokio::process::Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(process.id()?).ok()?)
}

#[cfg(not(unix))]
impl Child {
    /// The system has sent it already.
    pub(super) fn send(&self, _: Signal) {}

    fn ask_to_end(&mut self) {
        let _ = self.process.start_kill();
    }

    fn kill(&mut self) {
        let _ = self.process.start_kill();
    }

    async fn end_group(&self, _: Instant) {
        sleep(Duration::ZERO).await;
    }
}
