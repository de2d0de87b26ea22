//! `cargo xtask test`: everything, from nothing but a Rust toolchain.

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};

use anyhow::Result;
use clap::ValueEnum;

use crate::browser::Browser;
use crate::cargo;
use crate::oidc;
use crate::postgres::Postgres;
use crate::proc::{Running, step};
use crate::sdk::{self, Platforms, Sdk};
use crate::slapd::Slapd;
use crate::tally::Tally;
use crate::tools;

/// What to test.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only this part; may be given more than once.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

/// A part of the whole.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Everything that needs nothing but cargo and the databases.
    Rust,
    /// The unit tests inside the crates, without a database server.
    Unit,
    /// The official Node SDK.
    Node,
    /// The official Python SDK.
    Python,
    /// The official Rust SDK.
    SdkRust,
}

impl Args {
    fn wants(&self, part: Part) -> bool {
        // The unit tests are among the Rust tests, so they are no part of the whole.
        if self.only.is_empty() { part != Part::Unit } else { self.only.contains(&part) }
    }
}

/// Runs the parts; the last line it prints is `N passed, N failed`.
pub(crate) fn run(args: &Args) -> ExitCode {
    let mut tally = Tally::default();
    if let Err(error) = run_parts(args, &mut tally) {
        println!("FAILED: {error:#}");
        tally += Tally::FAILURE;
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Adds up in `tally`, so that what was counted before an error is not lost.
fn run_parts(args: &Args, tally: &mut Tally) -> Result<()> {
    if args.wants(Part::Unit) {
        step("Running the unit tests");
        *tally += cargo_test(&["--workspace", "--lib", "--bins"], &[])?;
    }
    let sdks: Vec<Sdk> = [(Part::Node, Sdk::Node), (Part::Python, Sdk::Python), (Part::SdkRust, Sdk::Rust)]
        .into_iter()
        .filter_map(|(part, sdk)| args.wants(part).then_some(sdk))
        .collect();
    if !args.wants(Part::Rust) && sdks.is_empty() {
        return Ok(());
    }
    let postgres = Postgres::start()?;
    step("Preparing what tests of AWS Auth need");
    let aws = cargo::root().join("tests/aws/requirements.txt");
    let python = tools::python_with(&aws, &cargo::target().join("aws"))?;
    let slapd = Slapd::start()?;
    let provider = oidc::Installed::prepare()?;
    if args.wants(Part::Rust) {
        tools::tls_clients()?;
        let mut counterparts = vec![
            (POSTGRES, postgres.admin_url()),
            ("VOUCHSAFE_TEST_AWS_PYTHON", python.display().to_string()),
        ];
        counterparts.extend(slapd.environment());
        counterparts.extend(provider.environment());
        let browser = Browser::start()?;
        counterparts.extend(browser.environment()?);
        step("Running the workspace's tests");
        *tally += cargo_test(&["--workspace"], &counterparts)?;
    }
    if !sdks.is_empty() {
        let platforms = Platforms::start(&slapd, &python, &provider)?;
        sdk::run(&sdks, &postgres, &platforms, tally)?;
    }
    Ok(())
}

/// Names the `PostgreSQL` server to tests.
const POSTGRES: &str = "VOUCHSAFE_TEST_POSTGRES";

/// Runs `cargo test`, shows what it prints, and adds up its results. Tests find their counterparts by variables.
fn cargo_test(arguments: &[&str], counterparts: &[(&str, String)]) -> Result<Tally> {
    let mut command = cargo::cargo();
    command.arg("test").args(arguments).arg("--no-fail-fast").stdout(Stdio::piped());
    command.env_remove(POSTGRES).envs(counterparts.iter().map(|(name, value)| (*name, value)));
    let mut test = Running::start("cargo test", &mut command)?;
    let mut tally = Tally::default();
    for line in BufReader::new(test.stdout()?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally += Tally::of_cargo_line(&line).unwrap_or_default();
    }
    Ok(tally.judged(test.wait()?.success()))
}
