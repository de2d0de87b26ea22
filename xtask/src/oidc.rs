//! The certified OpenID provider that tests of OIDC Auth start.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cargo;
use crate::http::string;
use crate::proc::{Running, step};
use crate::tools;

/// The provider, installed.
pub(crate) struct Installed {
    node: PathBuf,
    folder: PathBuf,
}

impl Installed {
    /// Installs it below `target/oidc`.
    pub(crate) fn prepare() -> Result<Self> {
        step("Preparing the OpenID provider");
        let folder = cargo::target().join("oidc");
        let node = tools::node_with(&cargo::root().join("tests/oidc"), &["provider.mjs"], &folder)?;
        Ok(Self { node, folder })
    }

    /// The variables by which tests find it.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [
            ("VOUCHSAFE_TEST_OIDC", self.folder.display().to_string()),
            ("VOUCHSAFE_TEST_NODE", self.node.display().to_string()),
        ]
    }
}

/// A running provider; dropping it ends it.
pub(crate) struct Provider {
    /// The issuer of its tokens.
    pub(crate) url: String,
    _running: Running,
}

impl Provider {
    /// Starts one on a free loopback port.
    pub(crate) fn start(installed: &Installed) -> Result<Self> {
        let mut command = Command::new(&installed.node);
        command.arg(installed.folder.join("provider.mjs")).stdout(Stdio::piped());
        // It ends when its input does.
        let mut running = Running::start_with_input("the OpenID provider", &mut command)?;
        let mut url = String::new();
        BufReader::new(running.stdout()?).read_line(&mut url)?;
        Ok(Self { url: url.trim().to_owned(), _running: running })
    }

    /// A new token for the audience `vouchsafe`, good for five minutes.
    pub(crate) fn token(&self) -> Result<String> {
        let request = ureq::post(format!("{}/token", self.url))
            .header("authorization", format!("Basic {}", STANDARD.encode("ci:secret")))
            .header("content-type", "application/x-www-form-urlencoded");
        let form = "grant_type=client_credentials&resource=urn%3Avouchsafe%3ARS256";
        let mut reply = request.send(form).context("asking the OpenID provider for a token")?;
        let reply: Value = serde_json::from_str(&reply.body_mut().read_to_string()?)?;
        string(&reply, "/access_token")
    }
}
