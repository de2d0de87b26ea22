//! The program that runs beside the agent: started, told of changes, and ended.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::auth::CREDENTIALS;
use crate::config::Exec;
use crate::process::{self, KILL, TERM};
use crate::status::{Count, Status};

/// Variables for the program beside those of the agent.
pub(crate) type Variables = BTreeMap<String, vouchsafe_api::concealed::Concealed>;

enum Order {
    Restart(Variables),
    Signal(i32),
    Stop(i32),
}

/// Watches over the program.
pub(crate) struct Supervisor {
    orders: mpsc::UnboundedSender<Order>,
    kill: Arc<Notify>,
    task: JoinHandle<Result<i32, String>>,
}

impl Supervisor {
    /// Starts the program.
    pub(crate) fn start(exec: Exec, variables: Variables, status: Arc<Status>) -> Result<Self, String> {
        let (orders, queue) = mpsc::unbounded_channel();
        let child = spawn(&exec, &variables)?;
        status.add(Count::ProgramStarts);
        let kill = Arc::new(Notify::new());
        let watch = watch(exec, child, queue, Arc::clone(&kill), status);
        Ok(Self { orders, kill, task: tokio::spawn(watch) })
    }

    /// Ends the program and starts it with these variables.
    pub(crate) fn restart(&self, variables: Variables) {
        let _ = self.orders.send(Order::Restart(variables));
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: i32) {
        let _ = self.orders.send(Order::Signal(signal));
    }

    /// Asks the program to end, by this signal first.
    pub(crate) fn stop(&self, signal: i32) {
        let _ = self.orders.send(Order::Stop(signal));
    }

    /// Ends it at once, if it was asked to end.
    pub(crate) fn kill(&self) {
        self.kill.notify_one();
    }

    /// Its exit code, once it ended by itself or after [`Self::stop`]. Can be dropped and called again.
    pub(crate) async fn ended(&mut self) -> Result<i32, String> {
        (&mut self.task).await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

async fn watch(
    exec: Exec,
    mut child: Child,
    mut orders: mpsc::UnboundedReceiver<Order>,
    kill: Arc<Notify>,
    status: Arc<Status>,
) -> Result<i32, String> {
    loop {
        let order = tokio::select! {
            ended = child.wait() => return ended.map(process::code).map_err(|error| error.to_string()),
            order = orders.recv() => order,
        };
        match order {
            Some(Order::Signal(signal)) => send(&child, signal),
            Some(Order::Restart(variables)) => {
                end(&mut child, TERM, exec.grace, &kill).await?;
                child = spawn(&exec, &variables)?;
                status.add(Count::ProgramStarts);
                tracing::info!("restarted the program");
            }
            Some(Order::Stop(signal)) => return end(&mut child, signal, exec.grace, &kill).await,
            None => return end(&mut child, TERM, exec.grace, &kill).await,
        }
    }
}

fn spawn(exec: &Exec, variables: &Variables) -> Result<Child, String> {
    let mut command = Command::new(&exec.command.program);
    command.args(&exec.command.arguments).stdin(Stdio::inherit()).kill_on_drop(true);
    // What the agent logs in with is none of the program's business.
    for name in CREDENTIALS {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value.reveal())));
    command.spawn().map_err(|error| format!("cannot run {}: {error}", exec.command.program))
}

/// Asks the program to end, and kills it if it does not within its time.
async fn end(child: &mut Child, signal: i32, grace: Duration, kill: &Notify) -> Result<i32, String> {
    send(child, signal);
    let ended = tokio::select! {
        ended = child.wait() => Some(ended),
        () = kill.notified() => None,
        () = tokio::time::sleep(grace) => {
            tracing::warn!("the program did not end within {} seconds; it is killed", grace.as_secs());
            None
        }
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        send(child, KILL);
        child.wait().await
    };
    ended.map(process::code).map_err(|error| error.to_string())
}

fn send(child: &Child, signal: i32) {
    if let Some(id) = child.id() {
        process::send(id, signal, false);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use vouchsafe_api::concealed::Concealed;

    use super::*;
    use crate::config::{self, OnChange};

    fn exec(script: &str, grace: Duration) -> Exec {
        Exec {
            command: config::Command {
                program: "sh".to_owned(),
                arguments: vec!["-c".to_owned(), script.to_owned()],
            },
            environment: None,
            token_variable: None,
            on_change: OnChange::Restart,
            grace,
        }
    }

    fn start(script: &str, grace: Duration) -> Supervisor {
        Supervisor::start(exec(script, grace), Variables::new(), Arc::default()).unwrap()
    }

    async fn file(path: &std::path::Path) -> String {
        for _ in 0..1000 {
            if let Ok(text) = std::fs::read_to_string(path)
                && text.ends_with('\n')
            {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} does not come", path.display());
    }

    #[tokio::test]
    async fn its_exit_code_is_passed_on() {
        let long = Duration::from_secs(20);
        assert_eq!(start("exit 7", long).ended().await, Ok(7));
        assert_eq!(start("kill -KILL $$", long).ended().await, Ok(137));
        let nothing = config::Command { program: "/no/such/program".to_owned(), arguments: Vec::new() };
        let exec = Exec { command: nothing, ..exec("", long) };
        assert!(Supervisor::start(exec, Variables::new(), Arc::default()).is_err());
    }

    #[tokio::test]
    async fn it_gets_signals_and_is_asked_before_it_is_killed() {
        let folder = tempfile::TempDir::new().unwrap();
        let (up, got) = (folder.path().join("up"), folder.path().join("got"));
        let script = format!(
            "trap 'echo usr1 > {}' USR1; trap 'exit 9' TERM; echo > {}; while :; do sleep 0.01; done",
            got.display(),
            up.display()
        );
        let mut supervisor = start(&script, Duration::from_secs(20));
        file(&up).await;
        supervisor.signal(process::signal_number("USR1").unwrap());
        assert_eq!(file(&got).await, "usr1\n");
        supervisor.stop(TERM);
        assert_eq!(supervisor.ended().await, Ok(9));
    }

    #[tokio::test]
    async fn one_that_will_not_end_is_killed() {
        let folder = tempfile::TempDir::new().unwrap();
        let up = folder.path().join("up");
        let script = format!("trap '' TERM; echo > {}; while :; do sleep 0.01; done", up.display());
        let mut supervisor = start(&script, Duration::from_millis(100));
        file(&up).await;
        supervisor.stop(TERM);
        assert_eq!(supervisor.ended().await, Ok(137));
    }

    #[tokio::test]
    async fn a_restart_brings_new_variables() {
        let folder = tempfile::TempDir::new().unwrap();
        let script = format!("echo \"$A\" > {}/$A; while :; do sleep 0.01; done", folder.path().display());
        let variables = |value: &str| Variables::from([("A".to_owned(), Concealed::new(value))]);
        let exec = exec(&script, Duration::from_secs(20));
        let mut supervisor = Supervisor::start(exec, variables("one"), Arc::default()).unwrap();
        file(&folder.path().join("one")).await;
        supervisor.restart(variables("two"));
        file(&folder.path().join("two")).await;
        supervisor.stop(TERM);
        assert_eq!(supervisor.ended().await, Ok(128 + TERM));
    }
}
