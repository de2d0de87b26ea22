//! Finding what the tests need on this machine, and installing what is not there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::proc::{Running, Scratch, step};

/// Node.js and npm.
pub(crate) struct Node {
    pub(crate) node: PathBuf,
    pub(crate) npm: PathBuf,
}

/// Finds Node.js and npm, or installs them.
pub(crate) fn node() -> Result<Node> {
    found_or_installed("Node.js and npm", &["nodejs", "npm"], || {
        Some(Node { node: in_path("node")?, npm: in_path("npm")? })
    })
}

/// Installs in `target` what the lock file in `source` names, and copies further files there; answers Node.js.
pub(crate) fn node_with(source: &Path, files: &[&str], target: &Path) -> Result<PathBuf> {
    let Node { node, npm } = node()?;
    std::fs::create_dir_all(target)?;
    for file in ["package.json", "package-lock.json", ".npmrc"].iter().chain(files) {
        std::fs::copy(source.join(file), target.join(file))?;
    }
    install_once(target, &source.join("package-lock.json"), || {
        run("npm ci", Command::new(&npm).args(["ci", "--ignore-scripts"]).current_dir(target))
    })?;
    Ok(node)
}

/// Makes sure `python3 -m venv` works, and makes a virtual environment in `folder`.
fn python_environment(folder: &Path) -> Result<()> {
    let make = || {
        let _ = std::fs::remove_dir_all(folder);
        // Debian's own interpreter is the one that `python3-venv` completes.
        [in_path("python3"), Some(PathBuf::from("/usr/bin/python3"))].into_iter().flatten().find(|python| {
            let made = Command::new(python).args(["-m", "venv"]).arg(folder).output();
            made.is_ok_and(|made| made.status.success())
        })
    };
    found_or_installed("Python 3 with venv", &["python3", "python3-venv"], make).map(drop)
}

/// Makes sure that curl and OpenSSL are there, which tests use as TLS clients.
pub(crate) fn tls_clients() -> Result<()> {
    found_or_installed("curl and OpenSSL", &["curl", "openssl"], || in_path("curl").zip(in_path("openssl")))
        .map(drop)
}

/// A virtual environment in `folder` with what a list of requirements names; answers its interpreter. The list has to be
/// complete: dependencies are not resolved.
pub(crate) fn python_with(requirements: &Path, folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    install_once(folder, requirements, || {
        python_environment(folder)?;
        let mut pip = Command::new(&python);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--requirement",
        ]);
        run("pip install", pip.arg(requirements))
    })?;
    Ok(python)
}

/// Installs what `list` lists, unless that has been done in `target` before.
pub(crate) fn install_once(target: &Path, list: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = std::fs::read_to_string(list)?;
    let mark = target.join(".installed");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let _ = std::fs::remove_file(&mark);
    install()?;
    Ok(std::fs::write(mark, wanted)?)
}

/// What `find` finds; if that is nothing, once more after installing `packages`.
pub(crate) fn found_or_installed<T>(
    what: &str,
    packages: &[&str],
    find: impl Fn() -> Option<T>,
) -> Result<T> {
    if let Some(found) = find() {
        return Ok(found);
    }
    step(format!("Installing {what}: {}", packages.join(" ")));
    install(packages).with_context(|| format!("{what} is missing and could not be installed"))?;
    find().with_context(|| format!("{what} is still missing after installing {}", packages.join(" ")))
}

fn install(packages: &[&str]) -> Result<()> {
    let Some(apt) = in_path("apt-get") else {
        bail!("there is no apt-get here: install {} by hand", packages.join(" "));
    };
    if !rustix::process::geteuid().is_root() {
        bail!("not root: run `apt-get install {}` and try again", packages.join(" "));
    }
    let install: Vec<&OsStr> = ["install", "--yes", "--no-install-recommends"]
        .into_iter()
        .chain(packages.iter().copied())
        .map(OsStr::new)
        .collect();
    // The package lists may be missing or old; fetch them only if it does not work as it is.
    if apt_get(&apt, &install).is_err() {
        apt_get(&apt, &[OsStr::new("update")])?;
        apt_get(&apt, &install)?;
    }
    Ok(())
}

/// Installing prints a lot; it is shown only if it fails.
fn apt_get(apt: &Path, arguments: &[&OsStr]) -> Result<()> {
    let scratch = Scratch::new()?;
    let log = scratch.path().join("log");
    let output = std::fs::File::create(&log)?;
    let mut command = Command::new(apt);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command.stdout(output.try_clone()?).stderr(output);
    run("apt-get", &mut command).with_context(|| std::fs::read_to_string(&log).unwrap_or_default())
}

/// Runs a command to its end; anything but success is an error.
pub(crate) fn run(name: &str, command: &mut Command) -> Result<()> {
    let status = Running::start(name, command)?.wait()?;
    if !status.success() {
        bail!("{name} failed: {status}");
    }
    Ok(())
}

/// The first executable of that name in `PATH`.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

/// Whether this is a file that can be run.
pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
