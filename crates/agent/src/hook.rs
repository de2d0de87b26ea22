//! Commands that run when a file changed. They run beside the agent, so a slow one holds nothing up.

use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::Hook;
use crate::process::{self, KILL};
use crate::status::{Count, Status};

/// Runs one command, once at a time. What changes while it runs makes it run once more.
pub(crate) struct Runner {
    orders: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Runner {
    /// `file` is what changes, for the log.
    pub(crate) fn new(hook: Hook, file: String, status: Arc<Status>) -> Self {
        let (orders, mut queue) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while let Some(()) = queue.recv().await {
                match run(&hook).await {
                    Ok(()) => {
                        status.add(Count::CommandsRun);
                        tracing::info!(file, "ran the command for a changed file");
                    }
                    Err(why) => {
                        status.add(Count::CommandsFailed);
                        tracing::error!(file, "the command for a changed file failed: {why}");
                    }
                }
            }
        });
        Self { orders, task }
    }

    /// Asks for a run. Answers at once.
    pub(crate) fn trigger(&self) {
        // If one is waiting already, it will see this change too.
        let _ = self.orders.try_send(());
    }

    /// Waits until everything that was asked for has run.
    pub(crate) async fn finish(self) {
        drop(self.orders);
        let _ = self.task.await;
    }
}

async fn run(hook: &Hook) -> Result<(), String> {
    let mut command = Command::new(&hook.command.program);
    command.args(&hook.command.arguments).stdin(Stdio::null()).kill_on_drop(true);
    // Its own group, so that what a shell started ends with it.
    #[cfg(unix)]
    command.process_group(0);
    let mut child =
        command.spawn().map_err(|error| format!("cannot run {}: {error}", hook.command.program))?;
    let id = child.id();
    match tokio::time::timeout(hook.timeout, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("it ended with code {}", process::code(status))),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => {
            if let Some(id) = id {
                process::send(id, KILL, true);
            }
            let _ = child.kill().await;
            Err(format!("it took longer than {} seconds and was killed", hook.timeout.as_secs()))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config;

    fn hook(script: &str, timeout: Duration) -> Hook {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        Hook { command: config::Command { program: "sh".to_owned(), arguments }, timeout }
    }

    #[tokio::test]
    async fn it_runs_once_for_what_changes_before_and_once_more_for_what_changes_meanwhile() {
        let folder = tempfile::TempDir::new().unwrap();
        let (log, go) = (folder.path().join("log"), folder.path().join("go"));
        let script =
            format!("echo x >> {}; while [ ! -e {} ]; do sleep 0.01; done", log.display(), go.display());
        let status = Arc::new(Status::default());
        let runner = Runner::new(hook(&script, Duration::from_secs(20)), "f".to_owned(), Arc::clone(&status));
        runner.trigger();
        while !log.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..5 {
            runner.trigger();
        }
        std::fs::write(go, "").unwrap();
        runner.finish().await;
        assert_eq!(std::fs::read_to_string(log).unwrap(), "x\nx\n");
        assert_eq!(status.count(Count::CommandsRun), 2);
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::TempDir::new().unwrap();
        let id = folder.path().join("id");
        let script = format!("sleep 600 & echo $! > {}; wait", id.display());
        let why = run(&hook(&script, Duration::from_millis(300))).await.unwrap_err();
        assert!(why.contains("was killed"), "{why}");
        let id = std::fs::read_to_string(id).unwrap();
        let stat = format!("/proc/{}/stat", id.trim());
        let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
        for _ in 0..200 {
            if is_gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the shell's child runs on");
    }

    #[tokio::test]
    async fn failures_are_told() {
        let second = Duration::from_secs(10);
        assert_eq!(run(&hook("exit 3", second)).await.unwrap_err(), "it ended with code 3");
        let nothing = config::Command { program: "/no/such/program".to_owned(), arguments: Vec::new() };
        assert!(run(&Hook { command: nothing, timeout: second }).await.unwrap_err().contains("cannot run"));
    }
}
