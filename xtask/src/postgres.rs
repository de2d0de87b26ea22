//! A throw-away PostgreSQL cluster.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::proc::{Running, Scratch, free_address, step};
use crate::tools::{found_or_installed, in_path, is_executable, run};

/// A running cluster; dropping it ends the server and removes its data.
pub(crate) struct Postgres {
    binaries: PathBuf,
    address: SocketAddr,
    server: Running,
    // Last, so that the server is gone before its data is.
    _folder: Scratch,
}

/// Who owns the cluster: PostgreSQL refuses to run as root.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// Finds or installs PostgreSQL, makes a cluster in a temporary folder and starts it on a free loopback port.
    ///
    /// Durability is left as it is in production: fsync stays on.
    pub(crate) fn start() -> Result<Self> {
        let binaries = found_or_installed("PostgreSQL", &["postgresql"], binaries)?;
        let folder = Scratch::new()?;
        let owner = owner()?;
        if let Some(Owner { uid, gid }) = owner {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;
        let data = folder.path().join("data");

        let mut initdb = command(&binaries, "initdb", folder.path(), owner);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        initdb.arg("--pgdata").arg(&data).stdout(std::process::Stdio::null());
        run("initdb", &mut initdb)?;

        let address = free_address()?;
        step(format!("Starting PostgreSQL from {} on {address}", binaries.display()));
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log)?;
        let mut postgres = command(&binaries, "postgres", folder.path(), owner);
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path());
        postgres.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()]);
        for setting in ["max_connections=200", "fsync=on", "synchronous_commit=on", "full_page_writes=on"] {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(output.try_clone()?).stderr(output);
        let mut server = Running::start("postgres", &mut postgres)?;
        wait_until_ready(&mut server, &data, &log)?;
        Ok(Self { binaries, address, server, _folder: folder })
    }

    /// The URL of one database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address)
    }

    /// The URL of the administrator's database, from which others can be created.
    pub(crate) fn admin_url(&self) -> String {
        self.url("postgres")
    }

    /// Creates a database and gives its URL.
    pub(crate) fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = Command::new(self.binaries.join("createdb"));
        createdb.args(["-h", &self.address.ip().to_string(), "-p", &self.address.port().to_string()]);
        createdb.args(["-U", "postgres", name]);
        run("createdb", &mut createdb)?;
        Ok(self.url(name))
    }

    /// The process id of the postmaster; its children serve the connections.
    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // An immediate shutdown: no checkpoint for data that is about to be removed.
        let _ = self.server.stop(Signal::QUIT, Duration::from_secs(5));
    }
}

/// The newest installation below Debian's folder, else the one in `PATH`.
fn binaries() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "postgres", "createdb"].iter().all(|name| is_executable(&folder.join(name)))
    };
    let installed = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    installed
        .map(|version| version.path())
        .filter_map(|version| {
            let number: u32 = version.file_name()?.to_str()?.parse().ok()?;
            Some((number, version.join("bin")))
        })
        .filter(|(_, folder)| complete(folder))
        .max()
        .map(|(_, folder)| folder)
        .or_else(|| {
            let folder = in_path("initdb")?.canonicalize().ok()?.parent()?.to_owned();
            complete(&folder).then_some(folder)
        })
}

/// Whom to run as: nobody else unless we are root.
fn owner() -> Result<Option<Owner>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let named = fields.next()? == wanted;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            named.then_some(Owner { uid, gid })
        })
    };
    let owner = find("postgres").or_else(|| find("nobody"));
    owner.map(Some).context("there is neither a user postgres nor a user nobody to run PostgreSQL as")
}

fn command(binaries: &Path, name: &str, folder: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(binaries.join(name));
    command.current_dir(folder).env("LC_ALL", "C").env("HOME", folder);
    if let Some(Owner { uid, gid }) = owner {
        command.uid(uid).gid(gid);
    }
    command
}

/// PostgreSQL writes `ready` into the last line of its lock file once it accepts connections.
fn wait_until_ready(server: &mut Running, data: &Path, log: &Path) -> Result<()> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let lock = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if lock.lines().last().is_some_and(|status| status.trim() == "ready") {
            return Ok(());
        }
        let ended = server.ended()?;
        if ended.is_some() || Instant::now() > deadline {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            bail!("PostgreSQL did not start ({ended:?}):\n{log}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
