//! What the server is compared with: the same framework answering a constant.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use axum::Router;
use axum::http::header::CONTENT_TYPE;

use crate::http::Http;
use crate::proc::{Running, free_address};

/// Arguments of the hidden subcommand.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// The file that holds the answer.
    #[arg(long)]
    body: PathBuf,
}

/// Serves the constant until killed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let body: &'static str = std::fs::read_to_string(&args.body)?.leak();
    let router = Router::new().fallback(move || async move { ([(CONTENT_TYPE, "application/json")], body) });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen).await?;
        Ok(axum::serve(listener, router).await?)
    })
}

/// A running bare server.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    running: Running,
}

impl Bare {
    /// Starts one out of `binary` that answers what is in the file `body`.
    pub(crate) fn start(binary: &Path, body: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.arg("bare").arg("--listen").arg(address.to_string()).arg("--body").arg(body);
        let mut running = Running::start("the bare server", &mut command)?;
        let http = Http::new(&format!("http://{address}"));
        let start = Instant::now();
        while http.status("/") != Some(200) {
            if running.ended()?.is_some() || start.elapsed() > Duration::from_secs(10) {
                bail!("the bare server did not start");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { address, running })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.running.id()
    }
}
