//! Project tasks: `cargo xtask test` and `cargo xtask bench`.
#![allow(clippy::disallowed_methods, reason = "tasks call servers that they started")]
#![allow(clippy::print_stdout, reason = "a task's output is what it prints")]
#![allow(clippy::doc_markdown, reason = "PostgreSQL is a name and no code")]

mod api;
mod bench;
mod browser;
mod cargo;
mod http;
mod moto;
mod oidc;
mod postgres;
mod proc;
mod sdk;
mod server;
mod slapd;
mod tally;
mod test;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Project tasks")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test: the workspace on both databases, then the official SDKs against a real server.
    Test(test::Args),
    /// Measure reads and logins next to a bare server, on both databases.
    Bench(bench::Args),
    /// Run an LDAP directory for tests by hand; prints the variables by which they find it.
    Slapd,
    /// Run the driver of a browser for tests by hand; prints the variables by which they find it.
    Browser,
    /// A server that answers one constant: what the benchmark compares with.
    #[command(hide = true)]
    Bare(bench::bare::Args),
    /// The load generator, a process of its own so that its CPU time can be told apart.
    #[command(hide = true)]
    Load(bench::load::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test(args) => proc::interruptible(move || Ok(test::run(&args))),
        Task::Bench(args) => proc::interruptible(move || bench::run(&args)),
        Task::Slapd => proc::interruptible(|| slapd::serve().map(|()| ExitCode::SUCCESS)),
        Task::Browser => proc::interruptible(|| browser::serve().map(|()| ExitCode::SUCCESS)),
        Task::Bare(args) => bench::bare::run(&args).map(|()| ExitCode::SUCCESS),
        Task::Load(args) => bench::load::run(&args).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        println!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
