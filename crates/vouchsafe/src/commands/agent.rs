//! `vouchsafe agent`.
#![allow(clippy::doc_markdown, reason = "comments on flags are shown as help, where markup is noise")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use tokio::sync::mpsc;
use vouchsafe_agent::config::{self, Config, Remark};
use vouchsafe_agent::{Agent, Around, Event, Mode, Stopped, SystemTicker, health};
use vouchsafe_client::platform::Surroundings;

use crate::failure::{Failure, Outcome};
use crate::logging;
use crate::printer::Printer;
use crate::settings::log::LogArgs;
use crate::settings::{FileSettings, variable};

/// The file if none is named, as with the official agent.
const DEFAULT_FILE: &str = "agent-config.yaml";
/// Variables with the whole file in base64; they come before a file.
const BASE64: [&str; 2] = ["VOUCHSAFE_AGENT_CONFIG_BASE64", "INFISICAL_AGENT_CONFIG_BASE64"];
/// Variables with the server's address, if neither a flag nor the file names one.
const ADDRESS: [&str; 2] = ["VOUCHSAFE_API_URL", "INFISICAL_API_URL"];
/// A configuration of this size is something else.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  # Stay logged in and keep files fresh, as agent.yaml says
  vouchsafe agent --config agent.yaml

  # In an init container: write everything once, and end
  vouchsafe agent --config agent.yaml --exit-after-auth

  # Say what is wrong with a file, and do nothing
  vouchsafe agent --config agent.yaml --check

SIGHUP reads the configuration again; SIGTERM and SIGINT stop. The file of the official agent works as it is.";

/// Flags of `vouchsafe agent`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AgentArgs {
    /// What to do, in YAML; `VOUCHSAFE_AGENT_CONFIG_BASE64` and `INFISICAL_AGENT_CONFIG_BASE64` may hold it
    /// instead, in base64 [default: agent-config.yaml]
    #[arg(long, env = "VOUCHSAFE_AGENT_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<OsString>,
    /// Address of the server, whatever the file says; if neither says, `VOUCHSAFE_API_URL` is read
    #[arg(long, visible_alias = "domain", value_name = "URL")]
    api_url: Option<String>,
    /// End once there is a token and everything was rendered and written; what fails is tried again
    #[arg(long)]
    exit_after_auth: bool,
    /// The same, but end with an error at the first thing that fails
    #[arg(long, conflicts_with = "exit_after_auth")]
    once: bool,
    /// Only say whether the configuration makes sense
    #[arg(long)]
    check: bool,
    /// Refuse a configuration with keys that nobody knows, instead of warning
    #[arg(long)]
    strict: bool,
    /// Serve /healthz, /readyz and /metrics here, whatever the file says; a port alone is on 127.0.0.1
    #[arg(long, value_name = "ADDRESS")]
    health_listen: Option<String>,
    #[command(flatten)]
    log: LogArgs,
}

/// Where the configuration comes from, to be read again.
struct Place {
    file: PathBuf,
    address: Option<String>,
    is_strict: bool,
}

/// Runs until it is stopped. A program that it ran decides the exit code.
pub(super) fn run(args: AgentArgs, printer: &Printer) -> Outcome {
    // The settings file is not read: `--config` names another file here.
    logging::start(&args.log.resolve(&FileSettings::default(), "info")?)?;
    let file = args.config.filter(|path| !path.is_empty()).map(PathBuf::from);
    // `VOUCHSAFE_CONFIG` may be set for everything, and names a settings file.
    let file = file.filter(|path| path.extension().is_none_or(|extension| extension != "toml"));
    let place = Place {
        file: file.unwrap_or_else(|| DEFAULT_FILE.into()),
        address: args.api_url.filter(|url| !url.trim().is_empty()),
        is_strict: args.strict,
    };
    let (mut config, remarks) = place.read()?;
    if args.check {
        for remark in &remarks {
            printer.warning(remark.to_string());
        }
        super::runtime()?.block_on(async { prepare(config) })?;
        printer.note("the configuration makes sense");
        return Ok(());
    }
    tell(&remarks);
    if let Some(text) = args.health_listen {
        config.health =
            Some(config::address(&text).map_err(|why| Failure::usage(format!("`--health-listen`: {why}")))?);
    }
    let mode = match (args.once, args.exit_after_auth || config.exit_after_auth) {
        (true, _) => Mode::Once,
        (false, true) => Mode::UntilReady,
        (false, false) => Mode::Forever,
    };
    let stopped = super::runtime()?.block_on(serve(config, mode, &place))?;
    match stopped {
        Stopped::Done => Ok(()),
        Stopped::Program(code) => std::process::exit(code),
        Stopped::Failed(why) => Err(Failure::message(why)),
    }
}

async fn serve(config: Config, mode: Mode, place: &Place) -> Outcome<Stopped> {
    let events = listen(config.exec.is_some())?;
    let health = config.health.filter(|_| mode == Mode::Forever);
    let (agent, ticker) = prepare(config)?;
    if let Some(address) = health {
        let status = Arc::clone(agent.status());
        let bound = health::serve(address, status, ticker).await.map_err(|error| {
            Failure::message(format!("cannot serve health checks on {address}: {error}"))
                .hint("choose another address with --health-listen, or in `health.listen`")
        })?;
        tracing::info!(address = %bound, "health checks");
    }
    let reread = || {
        let (config, remarks) = place.read().map_err(|failure| failure.error.to_string())?;
        tell(&remarks);
        Ok(config)
    };
    Ok(vouchsafe_agent::run(agent, mode, events, reread).await)
}

fn prepare(config: Config) -> Outcome<(Agent, Arc<SystemTicker>)> {
    let ticker = Arc::new(SystemTicker::start());
    let around = Around {
        surroundings: Surroundings::of_this_process(),
        ticker: Arc::clone(&ticker) as _,
        chance: Arc::new(rand::random),
    };
    let agent = Agent::new(config, around).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((agent, ticker))
}

fn tell(remarks: &[Remark]) {
    for remark in remarks {
        tracing::warn!("configuration: {remark}");
    }
}

impl Place {
    fn read(&self) -> Outcome<(Config, Vec<Remark>)> {
        let (name, text) = match variable(&BASE64) {
            Some(encoded) => (BASE64.join(" or "), decoded(&encoded)?),
            None => (self.file.display().to_string(), contents(&self.file)?),
        };
        let refuse = |error: &config::ConfigError| Failure::usage(format!("{name}, {error}"));
        let (mut config, remarks) = config::parse(&text).map_err(|error| refuse(&error))?;
        if let Some(remark) = remarks.first().filter(|_| self.is_strict) {
            return Err(refuse(remark));
        }
        // A file says where its credentials go; a variable that is left over from something else must not.
        config.address = self.address.clone().or(config.address).or_else(|| variable(&ADDRESS));
        Ok((config, remarks))
    }
}

fn contents(file: &Path) -> Outcome<String> {
    let name = file.display();
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("cannot read the agent's configuration {name}: {error}"))
            .hint("name it with --config; see docs/cli/agent.md for what it says")
    };
    if std::fs::metadata(file).map_err(unreadable)?.len() > LARGEST_FILE {
        return Err(Failure::usage(format!("the agent's configuration {name} is larger than 4 MiB")));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

fn decoded(encoded: &str) -> Outcome<String> {
    let bytes = STANDARD.decode(encoded.trim()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Failure::usage(format!("{}: expected a configuration in base64", BASE64.join(" or "))))
}

/// What the agent is told by signals. Without a program, those that would be passed on keep their meaning.
#[cfg(unix)]
fn listen(has_program: bool) -> Outcome<mpsc::UnboundedReceiver<Event>> {
    use tokio::signal::unix::{SignalKind, signal};
    let stops = [SignalKind::terminate(), SignalKind::interrupt()];
    let passed = [SignalKind::user_defined1(), SignalKind::user_defined2(), SignalKind::quit()];
    let passed = passed.into_iter().chain([SignalKind::window_change()]).filter(|_| has_program);
    let stops = stops.into_iter().map(|kind| (kind, Event::Stop(kind.as_raw_value())));
    let passed = passed.map(|kind| (kind, Event::Signal(kind.as_raw_value())));
    let (sender, events) = mpsc::unbounded_channel();
    for (kind, event) in stops.chain(passed).chain([(SignalKind::hangup(), Event::Reload)]) {
        let (mut stream, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move { while stream.recv().await.is_some() && sender.send(event).is_ok() {} });
    }
    Ok(events)
}

/// What the agent is told by Ctrl-C.
#[cfg(not(unix))]
fn listen(_: bool) -> Outcome<mpsc::UnboundedReceiver<Event>> {
    let (sender, events) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && sender.send(Event::Stop(2)).is_ok() {}
    });
    Ok(events)
}
