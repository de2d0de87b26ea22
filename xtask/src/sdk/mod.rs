//! The official SDKs, unchanged, against a real server on both databases.
//!
//! A suite is a program in `tests/sdk`. It gets what it needs in environment variables, prints `ok NAME` or
//! `FAILED NAME: why` for each check, and exits with a failure if there was one.

mod platforms;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::api::Instance;
use crate::cargo;
use crate::postgres::Postgres;
use crate::proc::{Running, step};
use crate::server::{Engine, Server};
use crate::tally::Tally;
use crate::tools;

pub(crate) use platforms::Platforms;

/// An official SDK.
#[derive(Clone, Copy)]
pub(crate) enum Sdk {
    Node,
    Python,
    Rust,
}

impl Sdk {
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }

    /// Installs the SDK below `target/sdk`; answers how to run its suite.
    fn prepare(self) -> Result<Suite> {
        step(format!("Preparing the {} SDK suite", self.name()));
        let source = cargo::root().join("tests/sdk").join(self.name());
        let target = cargo::target().join("sdk").join(self.name());
        let command = match self {
            Self::Node => prepare_node(&source, &target),
            Self::Python => prepare_python(&source, &target),
            Self::Rust => prepare_rust(&source, &target),
        };
        let (program, argument) =
            command.with_context(|| format!("preparing the {} SDK suite", self.name()))?;
        Ok(Suite { sdk: self, program, argument })
    }
}

/// A suite that is ready to run.
struct Suite {
    sdk: Sdk,
    program: PathBuf,
    argument: Option<PathBuf>,
}

/// Runs the suites on each database, adding up in `tally`.
pub(crate) fn run(
    sdks: &[Sdk],
    postgres: &Postgres,
    platforms: &Platforms<'_>,
    tally: &mut Tally,
) -> Result<()> {
    let suites = sdks.iter().map(|sdk| sdk.prepare()).collect::<Result<Vec<_>>>()?;
    step("Building vouchsafe");
    let built = cargo::build(&["--workspace", "--bin", "vouchsafe"], &cargo::target())?;
    let binary = cargo::executable(&built, "vouchsafe")?;
    for engine in Engine::ALL {
        step(format!("Starting vouchsafe on {}", engine.name()));
        // A server that does not start on one database says nothing about the other.
        if let Err(error) = run_on(engine, &suites, &binary, (postgres, platforms), tally) {
            println!("FAILED {}: {error:#}", engine.name());
            *tally += Tally::FAILURE;
        }
    }
    Ok(())
}

fn run_on(
    engine: Engine,
    suites: &[Suite],
    binary: &Path,
    (postgres, platforms): (&Postgres, &Platforms<'_>),
    tally: &mut Tally,
) -> Result<()> {
    let server = Server::start_with(binary, engine, postgres, "sdk", &platforms.arguments())?;
    let instance = Instance::bootstrap(&server.url()).with_context(|| server.log_tail())?;
    for suite in suites {
        step(format!("Running the {} SDK suite on {}", suite.sdk.name(), engine.name()));
        let outcome = suite.run(&server, &instance, platforms).unwrap_or_else(|error| {
            println!("FAILED {} on {}: {error:#}", suite.sdk.name(), engine.name());
            Tally::FAILURE
        });
        if !outcome.is_good() {
            println!("The server's last words:\n{}", server.log_tail());
        }
        *tally += outcome;
    }
    Ok(())
}

impl Suite {
    /// Runs against a project and an identity of its own.
    ///
    /// The project holds what not every SDK can make: the folders `/library`, `/app` and `/app/deep`, the secret
    /// `FROM_LIBRARY` in the first, and an import of the first into the second.
    fn run(&self, server: &Server, instance: &Instance, platforms: &Platforms<'_>) -> Result<Tally> {
        let name = self.sdk.name();
        let project = instance.project(&format!("SDK {name}"))?;
        let identity = instance.identity(&format!("sdk-{name}"))?;
        let client_secret = instance.client_secret(&identity)?;
        platforms.attach(instance, &identity)?;
        instance.admit(&identity, &project, "admin")?;
        instance.folder(&project, "/", "library")?;
        instance.folder(&project, "/", "app")?;
        instance.folder(&project, "/app", "deep")?;
        instance.secret(&project, "/library", "FROM_LIBRARY", "shelf")?;
        instance.import(&project, "/library", "/app")?;
        let user_token = instance.sign_in()?;

        let mut command = Command::new(&self.program);
        command.args(&self.argument).current_dir(cargo::root()).stdout(Stdio::piped());
        command
            .env("VOUCHSAFE_API_URL", server.url())
            .envs(platforms.environment()?)
            .env("VOUCHSAFE_IDENTITY_ID", &identity.id)
            .env("VOUCHSAFE_CLIENT_ID", &identity.client_id)
            .env("VOUCHSAFE_CLIENT_SECRET", client_secret)
            .env("VOUCHSAFE_PROJECT_ID", &project.id)
            .env("VOUCHSAFE_PROJECT_SLUG", &project.slug)
            .env("VOUCHSAFE_ORGANIZATION_ID", &instance.organization)
            .env("VOUCHSAFE_ADMIN_TOKEN", &instance.admin_token)
            .env("VOUCHSAFE_ADMIN_EMAIL", &instance.admin_email)
            .env("VOUCHSAFE_USER_TOKEN", user_token);
        let mut suite = Running::start(format!("the {name} SDK suite"), &mut command)?;
        let mut tally = Tally::default();
        for line in BufReader::new(suite.stdout()?).lines() {
            let line = line?;
            println!("{line}");
            tally += Tally::of_suite_line(&line).unwrap_or_default();
        }
        let status = suite.wait()?;
        let judged = tally.judged(status.success());
        if judged != tally {
            println!("FAILED {name}: the suite ended with {status} after {} checks", tally.passed);
        }
        Ok(judged)
    }
}

type Runnable = (PathBuf, Option<PathBuf>);

fn prepare_node(source: &Path, target: &Path) -> Result<Runnable> {
    let tools::Node { node, npm } = tools::node()?;
    copy(source, target, &["package.json", ".npmrc", "suite.mjs"])?;
    tools::install_once(target, &source.join("package-lock.json"), || {
        copy(source, target, &["package-lock.json"])?;
        tools::run("npm ci", Command::new(&npm).args(["ci", "--ignore-scripts"]).current_dir(target))
    })?;
    Ok((node, Some(target.join("suite.mjs"))))
}

fn prepare_python(source: &Path, target: &Path) -> Result<Runnable> {
    let python = tools::python_with(&source.join("requirements.txt"), target)?;
    Ok((python, Some(source.join("suite.py"))))
}

fn prepare_rust(source: &Path, target: &Path) -> Result<Runnable> {
    let manifest = source.join("Cargo.toml");
    let manifest = manifest.to_str().context("the path of the workspace is not UTF-8")?;
    let built = cargo::build(&["--locked", "--manifest-path", manifest], target)?;
    Ok((cargo::executable(&built, "vouchsafe-sdk-rust")?, None))
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for name in names {
        std::fs::copy(from.join(name), to.join(name)).with_context(|| format!("copying {name}"))?;
    }
    Ok(())
}
