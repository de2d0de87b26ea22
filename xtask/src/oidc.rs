//! The certified OpenID provider that tests of OIDC Auth start.

use std::process::Command;

use anyhow::Result;

use crate::cargo;
use crate::proc::step;
use crate::tools::{self, install_once, run};

/// Installs the provider below `target/oidc`; answers the variables by which tests find it.
pub(crate) fn prepare() -> Result<Vec<(&'static str, String)>> {
    step("Preparing the OpenID provider");
    let tools::Node { node, npm } = tools::node()?;
    let (source, target) = (cargo::root().join("tests/oidc"), cargo::target().join("oidc"));
    std::fs::create_dir_all(&target)?;
    for file in ["package.json", "package-lock.json", ".npmrc", "provider.mjs"] {
        std::fs::copy(source.join(file), target.join(file))?;
    }
    install_once(&target, &source.join("package-lock.json"), || {
        run("npm ci", Command::new(&npm).args(["ci", "--ignore-scripts"]).current_dir(&target))
    })?;
    Ok(vec![
        ("VOUCHSAFE_TEST_OIDC", target.display().to_string()),
        ("VOUCHSAFE_TEST_NODE", node.display().to_string()),
    ])
}
