//! What the command line costs: how much longer a command takes under `run`, an export of many secrets, the start alone.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::api::Instance;
use crate::proc::{Scratch, step};

/// How often each command is started; the median is shown.
const STARTS: usize = 100;
/// How often many secrets are exported.
const EXPORTS: usize = 11;
/// How many secrets that is.
const MANY: usize = 10_000;
/// How many secrets the folder of a usual command has.
const FEW: usize = 20;

/// A project with secrets, and the binary that reads them.
struct Bench<'a> {
    binary: &'a Path,
    url: String,
    token: &'a str,
    project: String,
    folder: Scratch,
}

/// Measures on a warm server on loopback, and prints beside what is wanted.
pub(crate) fn measure(binary: &Path, url: &str, instance: &Instance) -> Result<()> {
    step("Measuring the command line");
    let project = instance.project("Commands")?;
    let folder = Scratch::new()?;
    let bench =
        Bench { binary, url: url.to_owned(), token: &instance.admin_token, project: project.id, folder };
    bench.fill("dev", FEW)?;
    bench.fill("prod", MANY)?;

    let bare = median(STARTS, || time(Command::new("true")))?;
    let run = median(STARTS, || time(bench.command(&["run", "--", "true"])))?;
    let watched = median(STARTS, || time(bench.command(&["run", "--watch", "--", "true"])))?;
    let export = median(EXPORTS, || time(bench.command(&["export", "--env", "prod", "--format", "dotenv"])))?;
    let version = median(STARTS, || time(bench.command(&["--version"])))?;

    println!("\nThe command line on a warm server on loopback, medians:");
    line("a bare command", bare, "");
    line("the same under `run`", run, "");
    line("  more than bare", run.saturating_sub(bare), "wanted: under 20 ms");
    line("the same under `run --watch`", watched, "");
    line(&format!("export of {MANY} secrets"), export, "wanted: under 1000 ms");
    line("--version", version, "wanted: under 10 ms");
    println!();
    Ok(())
}

fn line(what: &str, time: Duration, wanted: &str) {
    println!("  {what:<30} {:>9.2} ms  {wanted}", time.as_secs_f64() * 1000.0);
}

/// The median of some measurements, after one that is not counted.
fn median(count: usize, mut one: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    one()?;
    let mut times = (0..count).map(|_| one()).collect::<Result<Vec<_>>>()?;
    times.sort_unstable();
    Ok(times[count / 2])
}

impl Bench<'_> {
    /// Makes this many secrets in an environment.
    fn fill(&self, environment: &str, count: usize) -> Result<()> {
        let mut lines = String::new();
        for number in 0..count {
            let _ = writeln!(lines, "SECRET_{number:05}='postgres://app:{number:032x}@db.internal:5432/app'");
        }
        let file = self.folder.path().join("secrets.env");
        std::fs::write(&file, lines)?;
        let file = file.to_string_lossy();
        time(self.command(&["secrets", "set", "--env", environment, "--file", &file])).map(drop)
    }

    /// The binary, with nothing of the developer's environment.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("VOUCHSAFE_API_URL", &self.url).env("VOUCHSAFE_TOKEN", self.token);
        command.env("VOUCHSAFE_PROJECT_ID", &self.project);
        command
    }
}

/// How long a command takes from its start to its end, output into a pipe that is read.
fn time(mut command: Command) -> Result<Duration> {
    command.stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output()?;
    let time = start.elapsed();
    if !output.status.success() {
        bail!("{:?} failed: {}", command.get_args(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(time)
}
