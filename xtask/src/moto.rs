//! moto, an STS that others wrote, with signatures checked: what official SDKs sign requests to AWS for.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;
use crate::http::string;
use crate::proc::{Running, Scratch, free_address, step, wait_until_listening};

/// A running server with the user `bob` of account 123456789012; dropping it ends it.
pub(crate) struct Moto {
    /// Where it takes requests.
    pub(crate) url: String,
    /// The user's key.
    pub(crate) key_id: String,
    /// The secret of that key.
    pub(crate) secret: String,
    _server: Running,
    _folder: Scratch,
}

impl Moto {
    /// Starts one with a Python that has `tests/aws/requirements.txt`.
    pub(crate) fn start(python: &Path) -> Result<Self> {
        let (folder, address) = (Scratch::new()?, free_address()?);
        step(format!("Starting moto on {address}"));
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log)?;
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()]);
        command.stdout(output.try_clone()?).stderr(output);
        let mut server = Running::start("moto", &mut command)?;
        wait_until_listening(&mut server, address, &log)?;
        let url = format!("http://{address}");
        let keys = account(python, &url)?;
        let key_id = string(&keys, "/user/accessKeyId")?;
        let secret = string(&keys, "/user/secretAccessKey")?;
        Ok(Self { url, key_id, secret, _server: server, _folder: folder })
    }
}

/// Fills it, and has it check signatures from then on.
fn account(python: &Path, url: &str) -> Result<Value> {
    let mut command = Command::new(python);
    command.arg(cargo::root().join("tests/aws/account.py")).arg(url).stdout(Stdio::piped());
    let mut script = Running::start("account.py", &mut command)?;
    let keys = serde_json::from_reader(script.stdout()?).context("account.py printed no JSON")?;
    script.wait()?;
    Ok(keys)
}
