//! Which version this is. It stands in Cargo.toml once, for all packages.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// As `[workspace.package]` has it: `0.1.0`.
///
/// # Errors
/// When Cargo.toml cannot be read or names none.
pub(crate) fn version(root: &Path) -> Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).context("reading Cargo.toml")?;
    workspace_version(&manifest)
        .map(str::to_owned)
        .context("Cargo.toml's [workspace.package] names no version")
}

fn workspace_version(manifest: &str) -> Option<&str> {
    let (_, section) = manifest.split_once("\n[workspace.package]\n")?;
    let mut lines = section.lines().take_while(|line| !line.starts_with('['));
    lines.find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_workspace() {
        let manifest = "[workspace]\nversion = \"9\"\n\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n\n[x]\n";
        assert_eq!(workspace_version(manifest), Some("0.1.0"));
        assert_eq!(
            workspace_version("\n[workspace.package]\n[other]\nversion = \"9\"\n"),
            None
        );
    }
}
