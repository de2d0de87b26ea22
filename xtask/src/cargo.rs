//! Calling cargo from within cargo.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::proc::Running;

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// A cargo command without what `cargo run` left in our environment: a build script that watches one of those
/// variables would run again each time.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let left = name.starts_with("CARGO_PKG_")
            || matches!(
                name,
                "CARGO" | "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_PRIMARY_PACKAGE"
            );
        if left {
            command.env_remove(name);
        }
    }
    command
}

/// Builds with the given arguments; answers where each executable is, by name.
pub(crate) fn build(arguments: &[&str], target: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo();
    command.arg("build").args(arguments).env("CARGO_TARGET_DIR", target);
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut build = Running::start("cargo build", &mut command)?;
    let mut executables = BTreeMap::new();
    for line in BufReader::new(build.stdout()?).lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(&line?) else { continue };
        if let (Some(name), Some(file)) = (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            executables.insert(name.to_owned(), PathBuf::from(file));
        }
    }
    let status = build.wait()?;
    if !status.success() {
        bail!("cargo build {} failed: {status}", arguments.join(" "));
    }
    Ok(executables)
}

/// One executable out of [`build`]'s answer.
pub(crate) fn executable(built: &BTreeMap<String, PathBuf>, name: &str) -> Result<PathBuf> {
    built.get(name).cloned().with_context(|| format!("cargo built no executable named {name}"))
}
