//! What is said in two files, because each is read by another program, and must be the same in both.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::release;
use crate::tools::Tool;

/// # Errors
/// Names the first two files that disagree.
pub(super) fn check(root: &Path) -> Result<()> {
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("reading {file}"));
    let dockerfile = read("Dockerfile")?;
    let toolchain = read("rust-toolchain.toml")?;
    let compiler =
        between(&toolchain, "channel = \"", "\"").context("rust-toolchain.toml names no channel")?;
    for said in [
        format!("FROM rust:{compiler}-"),
        format!("ENV RUSTUP_TOOLCHAIN={compiler}\n"),
    ] {
        ensure!(
            dockerfile.contains(&said),
            "Dockerfile must say `{}`: rust-toolchain.toml has {compiler}",
            said.trim()
        );
    }
    let base = between(&dockerfile, "base.name=\"docker.io/library/", "\"")
        .context("Dockerfile has no label of its base")?;
    ensure!(
        dockerfile.contains(&format!("\nFROM {base}\n")),
        "Dockerfile is not built on {base}, which its label names"
    );

    let tool = read("docker/sbom-tool.sh")?;
    let version = between(&tool, "VERSION=", "\n").context("docker/sbom-tool.sh names no version")?;
    ensure!(
        version == Tool::CYCLONEDX,
        "docker/sbom-tool.sh installs {version}, `cargo xtask` {}",
        Tool::CYCLONEDX
    );

    let version = release::version(root)?;
    ensure!(
        read("CHANGELOG.md")?.contains(&format!("\n## [{version}]")),
        "CHANGELOG.md says nothing of {version}, which Cargo.toml names"
    );
    Ok(())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_is_found() {
        assert_eq!(
            between("channel = \"1.95.0\"\n", "channel = \"", "\""),
            Some("1.95.0")
        );
        assert_eq!(between("channel = 1", "channel = \"", "\""), None);
    }
}
