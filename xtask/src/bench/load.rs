//! The load generator: a fixed number of connections, each sending its next request when it has the last reply.

use std::io::{BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::usage::{Cpu, Processes};
use super::wire::Connection;
use crate::proc::{Running, Scratch};

/// Arguments of the hidden subcommand.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to connect to.
    #[arg(long)]
    address: SocketAddr,
    /// How many connections.
    #[arg(long)]
    connections: usize,
    /// How long to load without measuring.
    #[arg(long, value_parser = milliseconds)]
    warm_up: Duration,
    /// How long to measure.
    #[arg(long, value_parser = milliseconds, required_unless_present = "requests", conflicts_with = "requests")]
    time: Option<Duration>,
    /// How many requests to measure, however long that takes.
    #[arg(long)]
    requests: Option<u64>,
    /// A JSON list of requests to take turns with.
    #[arg(long)]
    from: PathBuf,
}

fn milliseconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// How many requests were answered with 200.
    pub(crate) answered: u64,
    /// How many were not.
    pub(crate) failed: u64,
    /// How it failed first.
    pub(crate) first_failure: Option<String>,
    /// Nanoseconds from the first request to the last reply.
    pub(crate) nanoseconds: u64,
    /// Median latency in nanoseconds.
    pub(crate) p50: u64,
    /// 99th percentile of the latencies in nanoseconds.
    pub(crate) p99: u64,
    /// CPU time of the load generator meanwhile, in milliseconds.
    pub(crate) loader_cpu: u64,
}

/// The line that says that measuring starts.
const MEASURING: &str = "measuring";

/// Loads, and prints [`MEASURING`] when the warm-up is over and [`Measured`] as JSON at the end.
pub(crate) fn run(args: &Args) -> Result<()> {
    let requests: Vec<String> = serde_json::from_str(&std::fs::read_to_string(&args.from)?)?;
    let requests: Rc<[Vec<u8>]> = requests.into_iter().map(String::into_bytes).collect();
    if requests.is_empty() || args.connections == 0 {
        bail!("nothing to send");
    }
    // One thread: it must not take more of the machine than it needs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let measured = local.block_on(&runtime, async {
        let mut loops = Vec::new();
        for first in 0..args.connections {
            let connection = Connection::open(args.address).await?;
            loops.push(Loop::new(args.address, connection, Rc::clone(&requests), first, args.connections));
        }
        let warm_up = Limit { until: Some(Instant::now() + args.warm_up), requests: None };
        let mut loops = drive(loops, warm_up).await?;
        loops.iter_mut().for_each(Loop::forget);
        println!("{MEASURING}");
        std::io::stdout().flush()?;

        let own = Processes { server: std::process::id(), postmaster: None };
        let before = own.cpu()?;
        let start = Instant::now();
        let limit = Limit { until: args.time.map(|time| start + time), requests: args.requests };
        let loops = drive(loops, limit).await?;
        let elapsed = start.elapsed();
        Ok::<_, anyhow::Error>(summary(loops, elapsed, (own.cpu()? - before).server))
    })?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// When to stop: at a time, or after so many requests over all connections.
#[derive(Clone, Copy)]
struct Limit {
    until: Option<Instant>,
    requests: Option<u64>,
}

/// Runs all loops side by side until the limit.
async fn drive(loops: Vec<Loop>, limit: Limit) -> Result<Vec<Loop>> {
    let left = Rc::new(std::cell::Cell::new(limit.requests.unwrap_or(u64::MAX)));
    let tasks: Vec<_> = loops
        .into_iter()
        .map(|mut each| {
            let left = Rc::clone(&left);
            tokio::task::spawn_local(async move {
                while limit.until.is_none_or(|until| Instant::now() < until) && left.get() > 0 {
                    left.set(left.get() - 1);
                    each.turn().await;
                }
                each
            })
        })
        .collect();
    let mut loops = Vec::with_capacity(tasks.len());
    for task in tasks {
        loops.push(task.await?);
    }
    Ok(loops)
}

/// One connection and what it has seen.
struct Loop {
    address: SocketAddr,
    connection: Option<Connection>,
    requests: Rc<[Vec<u8>]>,
    next: usize,
    stride: usize,
    latencies: Vec<u64>,
    failed: u64,
    first_failure: Option<String>,
}

impl Loop {
    /// Each connection starts at another request and leaves out those of the others, as far as there are enough.
    fn new(
        address: SocketAddr,
        connection: Connection,
        requests: Rc<[Vec<u8>]>,
        first: usize,
        stride: usize,
    ) -> Self {
        Self {
            address,
            connection: Some(connection),
            next: first % requests.len(),
            stride,
            requests,
            latencies: Vec::with_capacity(1 << 16),
            failed: 0,
            first_failure: None,
        }
    }

    /// Sends one request and waits for its reply.
    async fn turn(&mut self) {
        let requests = Rc::clone(&self.requests);
        let request = &requests[self.next];
        self.next = (self.next + self.stride) % requests.len();
        let start = Instant::now();
        let failure = match self.exchange(request).await {
            Ok(None) => {
                self.latencies.push(nanoseconds(start.elapsed()));
                return;
            }
            Ok(Some(failure)) => failure,
            Err(error) => {
                self.connection = None;
                // Not a busy loop when the server is gone.
                tokio::time::sleep(Duration::from_millis(10)).await;
                error.to_string()
            }
        };
        self.failed += 1;
        self.first_failure.get_or_insert(failure);
    }

    /// Answers how the reply was not a 200, if it was not.
    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Option<String>> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.address).await?),
        };
        let (status, body) = connection.exchange(request).await?;
        Ok((status != 200).then(|| format!("{status}: {}", String::from_utf8_lossy(body))))
    }

    /// Forgets the latencies of the warm-up. Its failures stay: they are failures all the same.
    fn forget(&mut self) {
        self.latencies.clear();
    }
}

fn summary(loops: Vec<Loop>, elapsed: Duration, loader_cpu: Duration) -> Measured {
    let failed = loops.iter().map(|each| each.failed).sum();
    let first_failure = loops.iter().find_map(|each| each.first_failure.clone());
    let mut latencies: Vec<u64> = loops.into_iter().flat_map(|each| each.latencies).collect();
    latencies.sort_unstable();
    Measured {
        answered: latencies.len() as u64,
        failed,
        first_failure,
        nanoseconds: nanoseconds(elapsed),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        loader_cpu: loader_cpu.as_millis().try_into().unwrap_or(u64::MAX),
    }
}

/// The smallest latency that so many percent do not exceed.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// How much to load.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Time(Duration),
    Requests(u64),
}

/// Runs the load generator in a process of its own.
///
/// Answers what it measured, and the CPU time that `processes` used meanwhile.
pub(crate) fn measure(
    binary: &Path,
    address: SocketAddr,
    requests: &[String],
    connections: usize,
    amount: Amount,
    processes: Processes,
) -> Result<(Measured, Cpu)> {
    let scratch = Scratch::new()?;
    let from = scratch.path().join("requests.json");
    std::fs::write(&from, serde_json::to_string(requests)?)?;
    let mut command = Command::new(binary);
    command.arg("load").arg("--address").arg(address.to_string()).arg("--from").arg(&from);
    command.arg("--connections").arg(connections.to_string());
    match amount {
        Amount::Time(time) => {
            command.arg("--warm-up").arg("500").arg("--time").arg(time.as_millis().to_string())
        }
        Amount::Requests(requests) => {
            command.arg("--warm-up").arg("0").arg("--requests").arg(requests.to_string())
        }
    };
    let mut load = Running::start("the load generator", command.stdout(Stdio::piped()))?;
    let mut lines = BufReader::new(load.stdout()?).lines();
    let mut line = || lines.next().context("the load generator ended early")?.map_err(anyhow::Error::from);
    if line()? != MEASURING {
        bail!("the load generator did not start measuring");
    }
    let before = processes.cpu()?;
    let measured = serde_json::from_str(&line()?)?;
    let cpu = processes.cpu()? - before;
    Ok((measured, cpu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let sorted: Vec<u64> = (1..=200).collect();
        assert_eq!(percentile(&sorted, 50), 100);
        assert_eq!(percentile(&sorted, 99), 198);
        assert_eq!(percentile(&[7], 99), 7);
        assert_eq!(percentile(&[], 99), 0);
    }
}
