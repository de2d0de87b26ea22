//! The agent as a process: its steps, the program beside it, and what it is told meanwhile.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::agent::Agent;
use crate::child::Supervisor;
use crate::config::{Config, OnChange};
use crate::moment::Moment;
use crate::process::TERM;
use crate::status::Count;

/// What the agent is told from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// To stop, by this signal.
    Stop(i32),
    /// To read its configuration again.
    Reload,
    /// To pass this signal on to the program.
    Signal(i32),
}

/// How long the agent runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Until it is stopped, or the program ends.
    Forever,
    /// Until everything was rendered and written once; what fails is tried again.
    UntilReady,
    /// The same, but what fails is not tried again.
    Once,
}

/// How it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stopped {
    /// It was told to, or had nothing more to do.
    Done,
    /// The program ended with this code.
    Program(i32),
    /// Something failed that cannot be tried again.
    Failed(String),
}

/// What happened while the agent was busy or asleep.
enum Happened {
    Woke,
    Told(Event),
    ProgramEnded(Result<i32, String>),
}

/// How long commands that run may take to end when the agent is told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the agent until the mode, the program or an event ends it. `reread` reads the configuration again, and logs what
/// is odd about it; without a sender of events left, the agent stops.
pub async fn run(
    mut agent: Agent,
    mode: Mode,
    mut events: mpsc::UnboundedReceiver<Event>,
    reread: impl Fn() -> Result<Config, String>,
) -> Stopped {
    let (mut program, mut wake) = (None::<Supervisor>, Moment::default());
    loop {
        let happened = tokio::select! {
            biased;
            event = events.recv() => Happened::Told(event.unwrap_or(Event::Stop(TERM))),
            code = ended(program.as_mut()) => Happened::ProgramEnded(code),
            () = turn(&mut agent, &mut wake) => Happened::Woke,
        };
        let stopped = match happened {
            Happened::Woke => match after_turn(&mut agent, &mut program, mode) {
                Some(stopped) => stopped,
                None => continue,
            },
            Happened::Told(Event::Reload) => {
                reload(&mut agent, &reread);
                wake = Moment::default();
                continue;
            }
            Happened::Told(Event::Signal(signal)) => {
                if let Some(program) = &program {
                    program.signal(signal);
                }
                continue;
            }
            Happened::Told(Event::Stop(signal)) => {
                tracing::info!("stopping");
                stop_program(program, signal, &mut events).await
            }
            Happened::ProgramEnded(Ok(code)) => {
                tracing::info!(code, "the program ended");
                Stopped::Program(code)
            }
            Happened::ProgramEnded(Err(why)) => Stopped::Failed(why),
        };
        let patience = if mode == Mode::Forever { PATIENCE } else { Duration::MAX };
        agent.stop(patience).await;
        return stopped;
    }
}

/// Does what is due, or waits until something is.
async fn turn(agent: &mut Agent, wake: &mut Moment) {
    let sleep = agent.now().until(*wake);
    if sleep.is_zero() {
        *wake = agent.step().await;
    } else {
        tokio::time::sleep(sleep).await;
    }
}

async fn ended(program: Option<&mut Supervisor>) -> Result<i32, String> {
    match program {
        Some(program) => program.ended().await,
        None => std::future::pending().await,
    }
}

/// Starts the program or tells it of changes. Answers if there is nothing more to do.
fn after_turn(agent: &mut Agent, program: &mut Option<Supervisor>, mode: Mode) -> Option<Stopped> {
    if mode != Mode::Forever {
        if agent.is_ready() {
            return Some(Stopped::Done);
        }
        let trouble = agent.trouble().filter(|_| mode == Mode::Once);
        return trouble.map(|trouble| Stopped::Failed(trouble.to_owned()));
    }
    let exec = agent.config().exec.clone().filter(|_| agent.is_ready())?;
    let has_changed = agent.take_change();
    match program {
        None => match Supervisor::start(exec, agent.variables(), agent.status().clone()) {
            Ok(started) => *program = Some(started),
            Err(why) => return Some(Stopped::Failed(why)),
        },
        Some(program) if has_changed => match exec.on_change {
            OnChange::Restart => program.restart(agent.variables()),
            OnChange::Signal(signal) => program.signal(signal),
            OnChange::Nothing => {}
        },
        Some(_) => {}
    }
    None
}

fn reload(agent: &mut Agent, reread: &impl Fn() -> Result<Config, String>) {
    let exec = agent.config().exec.clone();
    let result = reread().and_then(|config| agent.reload(config).map_err(|error| error.to_string()));
    match result {
        Ok(()) => {
            tracing::info!("read the configuration again");
            if agent.config().exec != exec {
                tracing::warn!("`exec` changed, which takes effect when the agent starts again");
            }
        }
        Err(why) => {
            agent.status().add(Count::ReloadsFailed);
            tracing::error!("the new configuration cannot be used, the old one stays: {why}");
        }
    }
}

/// Asks the program to end; a second request to stop kills it.
async fn stop_program(
    program: Option<Supervisor>,
    signal: i32,
    events: &mut mpsc::UnboundedReceiver<Event>,
) -> Stopped {
    let Some(mut program) = program else { return Stopped::Done };
    program.stop(signal);
    loop {
        tokio::select! {
            ended = program.ended() => return ended.map_or_else(Stopped::Failed, Stopped::Program),
            Some(event) = events.recv() => if matches!(event, Event::Stop(_)) {
                program.kill();
            }
        }
    }
}
