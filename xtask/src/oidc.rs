//! The certified OpenID provider that tests of OIDC Auth start.

use anyhow::Result;

use crate::cargo;
use crate::proc::step;
use crate::tools;

/// Installs the provider below `target/oidc`; answers the variables by which tests find it.
pub(crate) fn prepare() -> Result<Vec<(&'static str, String)>> {
    step("Preparing the OpenID provider");
    let target = cargo::target().join("oidc");
    let node = tools::node_with(&cargo::root().join("tests/oidc"), &["provider.mjs"], &target)?;
    Ok(vec![
        ("VOUCHSAFE_TEST_OIDC", target.display().to_string()),
        ("VOUCHSAFE_TEST_NODE", node.display().to_string()),
    ])
}
