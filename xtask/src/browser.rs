//! A real browser without a screen, driven by tests of the console, and the checker of accessibility that they load into it.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::process::Signal;

use crate::cargo;
use crate::proc::{Running, Scratch, free_address, step, wait_until_listening};
use crate::tools::{self, found_or_installed, in_path};

/// A running WebDriver server, which starts browsers; dropping it ends it and them.
pub(crate) struct Browser {
    address: SocketAddr,
    server: Running,
    // Last, so that the server is gone before its log is.
    _folder: Scratch,
}

impl Browser {
    /// Finds or installs Chromium and its driver, and starts the driver on a free loopback port.
    pub(crate) fn start() -> Result<Self> {
        let driver = found_or_installed("Chromium and its driver", &["chromium", "chromium-driver"], || {
            in_path("chromium").and_then(|_| in_path("chromedriver"))
        })?;
        let (address, folder) = (free_address()?, Scratch::new()?);
        step(format!("Starting the driver of Chromium on {address}"));
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log)?;
        let mut command = Command::new(driver);
        command.arg(format!("--port={}", address.port())).env("TMPDIR", folder.path());
        command.stdout(output.try_clone()?).stderr(output);
        let mut server = Running::start("chromedriver", &mut command)?;
        wait_until_listening(&mut server, address, &log)?;
        Ok(Self { address, server, _folder: folder })
    }

    /// The variables by which tests find it, and the checker of accessibility.
    pub(crate) fn environment(&self) -> Result<[(&'static str, String); 2]> {
        let target = cargo::target().join("axe");
        tools::node_with(&cargo::root().join("tests/axe"), &[], &target)?;
        let axe = target.join("node_modules/axe-core/axe.min.js");
        Ok([
            ("VOUCHSAFE_TEST_WEBDRIVER", format!("http://{}", self.address)),
            ("VOUCHSAFE_TEST_AXE", axe.display().to_string()),
        ])
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.server.stop(Signal::TERM, Duration::from_secs(5));
    }
}

/// Runs the driver until it is interrupted, for tests that are run by hand.
pub(crate) fn serve() -> Result<()> {
    let mut browser = Browser::start()?;
    for (name, value) in browser.environment()? {
        println!("export {name}={value}");
    }
    while browser.server.ended()?.is_none() {
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("the driver ended")
}
