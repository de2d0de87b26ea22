//! `cargo xtask bench`: what a read and a login cost, next to a bare server under the same load.

pub(crate) mod bare;
mod commands;
mod console;
mod fill;
mod jwt;
pub(crate) mod load;
mod report;
mod roles;
mod usage;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use self::bare::Bare;
use self::jwt::Issuer;
use self::load::Amount;
use self::report::{Row, mebibytes, milliseconds};
use self::roles::Many;
use self::usage::Processes;
use self::wire::render;
use crate::api::{Instance, LOGIN, login_body};
use crate::cargo;
use crate::postgres::Postgres;
use crate::proc::{Scratch, step};
use crate::server::{Engine, Server};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seconds each line of the table is measured for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// With how many connections.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    connections: Vec<usize>,
    /// Measure the command line and nothing else.
    #[arg(long, conflicts_with = "flat")]
    commands: bool,
    /// Measure pages of the console with many identities and nothing else.
    #[arg(long, conflicts_with_all = ["flat", "commands"])]
    console: bool,
    /// Also measure whether reads and logins stay as fast with many identities and after many logins.
    #[arg(long)]
    flat: bool,
    /// How many identities that means.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(11..))]
    identities: u64,
    /// How many logins that means.
    #[arg(long, default_value_t = 1_000_000)]
    logins: u64,
}

/// The names of what is measured with identities that have many roles.
const READ_MANY: &str = "read, 20 roles";
const BOUNDARY: &str = "boundary, 20 roles";

/// How many connections flatness is measured with.
const FLAT_CONNECTIONS: usize = 16;

/// How many identities flatness starts from.
const FEW: u64 = 10;

/// How long a server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(2);

/// How many client secrets the clients have that do not share one.
const CLIENT_SECRETS: usize = 64;

/// A server that is ready to be measured.
struct Candidate {
    engine: Engine,
    server: Server,
    instance: Instance,
    postmaster: Option<u32>,
    /// What the read answers.
    reply: String,
    read: Vec<String>,
    /// The same read by an identity with many roles.
    read_many: Vec<String>,
    /// A read that the boundary decides about, between two identities with many roles.
    boundary: Vec<String>,
    own_secret: Vec<String>,
    one_secret: Vec<String>,
}

/// Everything that has been measured, and what measuring needs.
struct Bench {
    binary: PathBuf,
    time: Duration,
    rows: Vec<Row>,
}

/// Measures; fails if any request was not answered with 200.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    step("Building for release");
    let built = cargo::build(
        &["--release", "--workspace", "--bin", "vouchsafe", "--bin", "xtask", "--example", "issuer"],
        &cargo::target(),
    )?;
    let vouchsafe = cargo::executable(&built, "vouchsafe")?;
    let postgres = Postgres::start()?;
    if args.commands {
        let server = Server::start(&vouchsafe, Engine::Sqlite, &postgres, "bench")?;
        let instance = Instance::bootstrap(&server.url()).with_context(|| server.log_tail())?;
        commands::measure(&vouchsafe, &server.url(), &instance)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.console {
        for engine in Engine::ALL {
            let server = Server::start(&vouchsafe, engine, &postgres, "bench")?;
            let instance = Instance::bootstrap(&server.url()).with_context(|| server.log_tail())?;
            console::measure(server.address(), engine.name(), &instance, args.identities)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut candidates = Vec::new();
    for engine in Engine::ALL {
        step(format!("Starting vouchsafe on {}", engine.name()));
        let server = Server::start(&vouchsafe, engine, &postgres, "bench")?;
        let postmaster = (engine == Engine::Postgres).then(|| postgres.id());
        candidates.push(Candidate::prepare(engine, server, postmaster)?);
    }
    let scratch = Scratch::new()?;
    let body = scratch.path().join("body.json");
    std::fs::write(&body, &candidates.first().context("no engine")?.reply)?;

    let time = Duration::from_secs(args.seconds);
    let mut bench = Bench { binary: cargo::executable(&built, "xtask")?, time, rows: Vec::new() };
    let bare = Bare::start(&bench.binary, &body)?;

    println!("At rest after all that was made:");
    std::thread::sleep(REST);
    for candidate in &candidates {
        println!("  {}: {} MiB resident", candidate.engine.name(), candidate.resident()?);
    }
    for &connections in &args.connections {
        bench.compare(&bare, &candidates, connections)?;
    }
    let issuer = Issuer::start(&cargo::executable(&built, "issuer")?)?;
    bench.jwt(&issuer, &candidates, &args.connections)?;
    for candidate in &candidates {
        bench.candidate(BOUNDARY, candidate, &candidate.boundary, 1, Amount::Time(time))?;
    }
    report::print(&bench.rows);
    bench.compare_roles();

    drop(bare);
    for candidate in candidates.iter().filter(|candidate| candidate.engine == Engine::Sqlite) {
        commands::measure(&vouchsafe, &candidate.server.url(), &candidate.instance)?;
    }
    if args.flat {
        for candidate in &candidates {
            let from = bench.rows.len();
            bench.flatness(candidate, args)?;
            report::print(&bench.rows[from..]);
        }
    }
    println!(
        "Start to ready on the database as it is now (wanted: 300 ms), and idle after it (wanted: 60 MB):"
    );
    for candidate in &mut candidates {
        let ready = candidate.server.restart()?;
        std::thread::sleep(REST);
        let (name, ready) = (candidate.engine.name(), ready.as_secs_f64() * 1000.0);
        println!("  {name}: {ready:.0} ms, {} MiB resident", candidate.resident()?);
    }
    Ok(bench.verdict())
}

impl Bench {
    /// The bare server and every scenario on every engine, with as many connections.
    fn compare(&mut self, bare: &Bare, candidates: &[Candidate], connections: usize) -> Result<()> {
        let processes = Processes { server: bare.id(), postmaster: None };
        let get = [render(bare.address, "GET", "/", None, None)];
        let time = Amount::Time(self.time);
        self.measure("bare", "-", bare.address, processes, &get, connections, time)?;
        let bare_rate = self.rows.last().map(Row::rate);
        for candidate in candidates {
            let scenarios = [
                ("read", &candidate.read),
                (READ_MANY, &candidate.read_many),
                ("login, own secrets", &candidate.own_secret),
                ("login, one secret", &candidate.one_secret),
            ];
            for (scenario, requests) in scenarios {
                self.candidate(scenario, candidate, requests, connections, time)?;
                if let Some(row) = self.rows.last_mut() {
                    row.bare = bare_rate;
                }
            }
        }
        Ok(())
    }

    /// Says what many roles cost, beside what is wanted.
    fn compare_roles(&self) {
        println!(
            "With 20 custom roles of 50 rules instead of one built-in role (wanted: at most 10 % slower):"
        );
        for many in self.rows.iter().filter(|row| row.scenario == READ_MANY) {
            let is_one = |row: &&Row| {
                row.scenario == "read" && (row.engine, row.connections) == (many.engine, many.connections)
            };
            if let Some(one) = self.rows.iter().find(is_one) {
                let share = 100.0 * many.rate() / one.rate();
                println!("  {}, {} connections: {share:.1} % of the rate", many.engine, many.connections);
            }
        }
        println!(
            "A request that the boundary decides about, between two such identities (wanted: under 50 ms):"
        );
        for row in self.rows.iter().filter(|row| row.scenario == BOUNDARY) {
            let (median, worst) = (milliseconds(row.measured.p50), milliseconds(row.measured.p99));
            println!("  {}: {median} ms, 99 of 100 within {worst} ms", row.engine);
        }
        println!();
    }

    /// Reads and logins with few identities, with many, and after many logins.
    fn flatness(&mut self, candidate: &Candidate, args: &Args) -> Result<()> {
        let name = candidate.engine.name();
        let time = Amount::Time(self.time);
        let phase = |bench: &mut Self, what: String, logins: &[String]| -> Result<()> {
            bench.candidate(&format!("read, {what}"), candidate, &candidate.read, FLAT_CONNECTIONS, time)?;
            bench.candidate(&format!("login, {what}"), candidate, logins, FLAT_CONNECTIONS, time)
        };

        step(format!("Making {} identities on {name}", args.identities));
        let few = candidate.fill(0, FEW)?;
        phase(self, format!("{FEW} identities"), &few)?;
        let many = candidate.fill(FEW, args.identities - FEW)?;
        phase(self, format!("{} identities", args.identities), &many)?;

        step(format!("Logging in {} times on {name}", args.logins));
        let logins = Amount::Requests(args.logins);
        self.candidate("the logins themselves", candidate, &many, FLAT_CONNECTIONS, logins)?;
        phase(self, format!("{} logins before", args.logins), &many)
    }

    fn candidate(
        &mut self,
        scenario: &str,
        candidate: &Candidate,
        requests: &[String],
        connections: usize,
        amount: Amount,
    ) -> Result<()> {
        let address = candidate.server.address();
        let engine = candidate.engine.name();
        self.measure(scenario, engine, address, candidate.processes()?, requests, connections, amount)
    }

    /// Measures one line of the table.
    #[allow(clippy::too_many_arguments, reason = "a line of the table has as many parts")]
    fn measure(
        &mut self,
        scenario: &str,
        engine: &'static str,
        address: SocketAddr,
        processes: Processes,
        requests: &[String],
        connections: usize,
        amount: Amount,
    ) -> Result<()> {
        step(format!("Measuring {scenario} on {engine} with {connections} connections"));
        let (measured, cpu) = load::measure(&self.binary, address, requests, connections, amount, processes)?;
        let memory = processes.memory()?;
        let scenario = scenario.to_owned();
        self.rows.push(Row { scenario, engine, connections, measured, cpu, memory, bare: None });
        Ok(())
    }

    /// Names what failed.
    fn verdict(&self) -> ExitCode {
        let mut verdict = ExitCode::SUCCESS;
        for row in &self.rows {
            let failed = row.measured.failed;
            if failed > 0 || row.measured.answered == 0 {
                let why = row.measured.first_failure.as_deref().unwrap_or("nothing was answered");
                println!(
                    "FAILED {} on {} with {} connections: {failed} of {} requests failed; first: {why}",
                    row.scenario,
                    row.engine,
                    row.connections,
                    failed + row.measured.answered
                );
                verdict = ExitCode::FAILURE;
            }
        }
        verdict
    }
}

impl Candidate {
    /// Makes a project with a secret, and an identity that may read it.
    fn prepare(engine: Engine, server: Server, postmaster: Option<u32>) -> Result<Self> {
        let instance = Instance::bootstrap(&server.url()).with_context(|| server.log_tail())?;
        let project = instance.project("Bench")?;
        instance.secret(
            &project,
            "/",
            "DATABASE_URL",
            "postgres://app:correct-horse@db.internal:5432/app",
        )?;
        let identity = instance.identity("bench")?;
        instance.admit(&identity, &project, "member")?;
        let secrets =
            (0..CLIENT_SECRETS).map(|_| instance.client_secret(&identity)).collect::<Result<Vec<_>>>()?;
        let first = secrets.first().context("no client secret")?;
        let token = instance.log_in(&identity.client_id, first)?;
        let path = format!("/api/v3/secrets/raw/DATABASE_URL?workspaceId={}&environment=dev", project.id);
        let reply = instance.get(&token, &path)?;
        let many = Many::prepare(&instance, &project)?;
        instance.get(&many.token, &path)?;
        let address = server.address();
        let own_secret: Vec<_> =
            secrets.iter().map(|secret| login_request(address, &identity.client_id, secret)).collect();
        Ok(Self {
            read: vec![render(address, "GET", &path, Some(&token), None)],
            read_many: vec![render(address, "GET", &path, Some(&many.token), None)],
            boundary: vec![render(address, "GET", &many.other, Some(&many.token), None)],
            one_secret: own_secret[..1].to_vec(),
            own_secret,
            engine,
            server,
            instance,
            postmaster,
            reply,
        })
    }

    fn processes(&self) -> Result<Processes> {
        Ok(Processes { server: self.server.id()?, postmaster: self.postmaster })
    }

    /// Resident memory of the server in MiB, as text.
    fn resident(&self) -> Result<String> {
        Ok(mebibytes(self.processes()?.memory()?))
    }

    /// Makes identities; answers logins of some of them.
    fn fill(&self, first: u64, count: u64) -> Result<Vec<String>> {
        let address = self.server.address();
        let Instance { admin_token, organization, .. } = &self.instance;
        let made = fill::identities(address, admin_token, organization, first, count)?;
        Ok(made.iter().map(|(client_id, secret)| login_request(address, client_id, secret)).collect())
    }
}

fn login_request(address: SocketAddr, client_id: &str, client_secret: &str) -> String {
    render(address, "POST", LOGIN, None, Some(&login_body(client_id, client_secret).to_string()))
}
