//! Python programs, pinned with hashes, in a virtual environment below `target/tools` where they disturb nobody.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::command;
use crate::npm::fingerprint;
use crate::progress::Progress;

/// Installs what the file `requirements` names, unless that was done before, and says where its programs are.
///
/// # Errors
/// When there is no Python 3.11 or newer that can make environments, or the packages cannot be fetched.
pub(crate) fn install(
    checkout: &Checkout,
    name: &str,
    requirements: &Path,
    progress: &mut Progress,
) -> Result<PathBuf> {
    let wanted = fs::read(requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let wanted = fingerprint(&wanted);
    let home = checkout.root.join("target/tools").join(name);
    let stamp = home.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(home.join("bin"));
    }
    check_python()?;
    let log = checkout.log(name)?;
    progress.step(&format!("install {name}"), |step| {
        // From nothing: what an older list left behind must not be found.
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&home);
        command::run(&mut make, &log, step)
            .context("Debian and Ubuntu have this in the package python3-venv")?;
        let mut pip = Command::new(home.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
        ])
        .arg(requirements);
        command::run(&mut pip, &log, step)
    })?;
    fs::write(&stamp, wanted).context("noting what pip installed")?;
    Ok(home.join("bin"))
}

fn check_python() -> Result<()> {
    const REMEDY: &str = "install Python 3.11 or newer with its venv module (python.org, or your distribution's \
                          packages python3 and python3-venv), then run this again";
    let Ok(version) = command::capture(Command::new("python3").arg("--version")) else {
        bail!("`python3` is not on the PATH: {REMEDY}");
    };
    match python_version(&version) {
        Some(found) if found >= (3, 11) => Ok(()),
        _ => bail!("`python3` is {}: {REMEDY}", version.trim()),
    }
}

/// Major and minor of `Python 3.11.2`.
fn python_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_version_is_read() {
        assert_eq!(python_version("Python 3.11.2\n"), Some((3, 11)));
        assert_eq!(python_version("nothing"), None);
    }
}
