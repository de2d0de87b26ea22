//! Child processes and temporary folders that never outlive the task, whether it ends, fails or is interrupted.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

/// What must be gone when the task is.
struct Leftovers {
    groups: Vec<Pid>,
    folders: Vec<PathBuf>,
    interrupted: bool,
}

static LEFTOVERS: Mutex<Leftovers> =
    Mutex::new(Leftovers { groups: Vec::new(), folders: Vec::new(), interrupted: false });

fn leftovers() -> MutexGuard<'static, Leftovers> {
    LEFTOVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `task`; on Ctrl-C, SIGTERM or SIGHUP kills every child, removes every temporary folder and exits with 130.
pub(crate) fn interruptible<F>(task: F) -> Result<ExitCode>
where
    F: FnOnce() -> Result<ExitCode> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let task = tokio::task::spawn_blocking(task);
        tokio::select! {
            outcome = task => return outcome.context("the task panicked")?,
            _ = interrupt.recv() => {},
            _ = terminate.recv() => {},
            _ = hangup.recv() => {},
        }
        println!("\nInterrupted: stopping what was started.");
        let mut leftovers = leftovers();
        leftovers.interrupted = true;
        // PostgreSQL cleans up its shared memory if it is asked rather than killed.
        signal_all(&leftovers.groups, Signal::INT);
        let deadline = Instant::now() + Duration::from_secs(2);
        while leftovers.groups.iter().any(|&group| is_alive(group)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        signal_all(&leftovers.groups, Signal::KILL);
        // The killed may still hold files open for a moment; a folder that gains a file while it is removed needs a
        // second try.
        for folder in &leftovers.folders {
            for _ in 0..10 {
                if std::fs::remove_dir_all(folder).is_ok() || !folder.exists() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        std::process::exit(130)
    })
}

fn signal_all(groups: &[Pid], signal: Signal) {
    for &group in groups {
        let _ = kill_process_group(group, signal);
    }
}

/// Whether the process is there and not just waiting to be collected.
fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
}

/// A child process in a process group of its own. Dropping it kills the whole group.
pub(crate) struct Running {
    child: Child,
    group: Pid,
    name: String,
}

impl Running {
    /// Starts `command` without a standard input.
    pub(crate) fn start(name: impl Into<String>, command: &mut Command) -> Result<Self> {
        Self::spawn(name.into(), command.stdin(Stdio::null()))
    }

    /// Starts `command` with a standard input that stays open as long as this does.
    pub(crate) fn start_with_input(name: impl Into<String>, command: &mut Command) -> Result<Self> {
        Self::spawn(name.into(), command.stdin(Stdio::piped()))
    }

    fn spawn(name: String, command: &mut Command) -> Result<Self> {
        command.process_group(0);
        // Held over the start, so that an interrupt sees either no child or a registered one.
        let mut leftovers = leftovers();
        if leftovers.interrupted {
            bail!("interrupted");
        }
        let child = command.spawn().with_context(|| format!("starting {name} ({command:?})"))?;
        let group = Pid::from_child(&child);
        leftovers.groups.push(group);
        Ok(Self { child, group, name })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child's standard output, once.
    pub(crate) fn stdout(&mut self) -> Result<std::process::ChildStdout> {
        self.child.stdout.take().with_context(|| format!("{} has no standard output to read", self.name))
    }

    /// The exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// Asks it to end with `with`, and kills it if it has not within `patience`.
    pub(crate) fn stop(&mut self, with: Signal, patience: Duration) -> Result<()> {
        let _ = rustix::process::kill_process(self.group, with);
        let deadline = Instant::now() + patience;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("{} did not end within {patience:?}", self.name);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Children of the child may still be there when it has ended.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.child.wait();
        leftovers().groups.retain(|&group| group != self.group);
    }
}

/// A temporary folder. Dropping it removes it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// A new one.
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("vouchsafe-xtask-").tempdir()?;
        leftovers().folders.push(folder.path().to_owned());
        Ok(Self(folder))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        leftovers().folders.retain(|folder| folder != self.0.path());
    }
}

/// An address on the loopback interface that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Says what happens next.
pub(crate) fn step(what: impl AsRef<str>) {
    println!("==> {}", what.as_ref());
}

/// Waits up to 30 seconds until a server takes connections; if it ends or takes longer, the error shows its log.
pub(crate) fn wait_until_listening(server: &mut Running, address: SocketAddr, log: &Path) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(address).is_err() {
        let ended = server.ended()?;
        if ended.is_some() || Instant::now() > deadline {
            let log = std::fs::read_to_string(log).context("reading a server's log")?;
            bail!("the server for {address} did not start ({ended:?}):\n{log}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
