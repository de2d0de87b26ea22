//! moto: an STS that others wrote, with signatures checked; and botocore, which signs.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The account that moto is.
pub(crate) const ACCOUNT: &str = "123456789012";

fn python() -> Command {
    let python = std::env::var("VOUCHSAFE_TEST_AWS_PYTHON")
        .expect("VOUCHSAFE_TEST_AWS_PYTHON names a Python with tests/aws/requirements.txt; cargo xtask test makes one");
    Command::new(python)
}

/// Runs a script of `tests/aws` and reads the JSON that it prints.
pub(crate) fn run(name: &str, arguments: &[&str], input: &Value) -> Value {
    let script = format!("{}/../../tests/aws/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut command = python();
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A moto server with the user `bob` and the role `App`; stops when it is dropped.
pub(crate) struct Moto {
    pub(crate) url: String,
    child: Child,
    /// Keys of the user at `user`, and of somebody who assumed the role at `assumed`.
    pub(crate) keys: Value,
}

impl Moto {
    /// Starts one; takes some seconds.
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = python();
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut moto = Self { url: format!("http://127.0.0.1:{port}"), child, keys: Value::Null };
        let mut tries = 0;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            tries += 1;
            assert!(tries < 600, "moto does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto.keys = run("account.py", &[&moto.url], &Value::Null);
        moto
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
