//! Cargo-installed tools, pinned, kept in `target/tools` where they disturb nobody.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::command;
use crate::progress::{Progress, Step};

/// A tool we need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Builds the Worker that the bench compares ours with.
    WorkerBuild,
    /// Must have the very version that `Cargo.lock` gives the `wasm-bindgen` crate.
    WasmBindgen,
    /// Prepares and checks `.sqlx`.
    Sqlx,
    /// Checks licences, bans and sources of dependencies.
    Deny,
    /// An S3 that keeps objects in a folder and checks signatures.
    S3s,
    /// Writes a program's bill of materials.
    CycloneDx,
    /// Makes the book of `docs/`.
    MdBook,
}

impl Tool {
    /// docker/sbom-tool.sh installs the same.
    pub(crate) const CYCLONEDX: &str = "0.5.9";

    fn package(self) -> &'static str {
        match self {
            Self::WorkerBuild => "worker-build",
            Self::WasmBindgen => "wasm-bindgen-cli",
            Self::Sqlx => "sqlx-cli",
            Self::Deny => "cargo-deny",
            Self::S3s => "s3s-fs",
            Self::CycloneDx => "cargo-cyclonedx",
            Self::MdBook => "mdbook",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::WorkerBuild => "worker-build",
            Self::WasmBindgen => "wasm-bindgen",
            Self::Sqlx => "sqlx",
            Self::Deny => "cargo-deny",
            Self::S3s => "s3s-fs",
            Self::MdBook => "mdbook",
            Self::CycloneDx => "cargo-cyclonedx",
        }
    }

    /// How it is asked for its version.
    fn version_arguments(self) -> &'static [&'static str] {
        match self {
            Self::CycloneDx => &["cyclonedx", "--version"],
            _ => &["--version"],
        }
    }

    fn version(self, lock: &str) -> Result<String> {
        Ok(match self {
            Self::WorkerBuild => "0.8.7".to_owned(),
            Self::WasmBindgen => locked_version(lock, "wasm-bindgen")
                .context("Cargo.lock has no wasm-bindgen")?
                .to_owned(),
            Self::Sqlx => "0.9.0".to_owned(),
            Self::Deny => "0.19.9".to_owned(),
            Self::S3s => "0.14.1".to_owned(),
            Self::CycloneDx => Self::CYCLONEDX.to_owned(),
            Self::MdBook => "0.5.4".to_owned(),
        })
    }

    fn install_arguments(self) -> &'static [&'static str] {
        match self {
            Self::WorkerBuild | Self::Deny | Self::CycloneDx => &["--locked"],
            // Its own lock file names a release of webpki-roots that has been withdrawn.
            Self::WasmBindgen => &[],
            Self::S3s => &["--locked", "--features", "binary"],
            Self::Sqlx => &["--locked", "--no-default-features", "--features", "postgres"],
            Self::MdBook => &["--locked", "--no-default-features", "--features", "search"],
        }
    }
}

/// Installs `tool` unless this very version is there, in `target/tools` or on the PATH, and says where it is.
///
/// # Errors
/// When it cannot be fetched or does not compile.
pub(crate) fn ensure(checkout: &Checkout, tool: Tool, progress: &mut Progress) -> Result<PathBuf> {
    let lock = fs::read_to_string(checkout.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let version = tool.version(&lock)?;
    let home = checkout.root.join("target/tools");
    let ours = home.join("bin").join(tool.program());
    for candidate in [ours.as_path(), Path::new(tool.program())] {
        if is_version(candidate, tool, &version) {
            return Ok(candidate.to_owned());
        }
    }
    let log = checkout.log(tool.package())?;
    progress.step(&format!("install {} {version}", tool.package()), |step| {
        install(checkout, tool, &version, &home, &log, step)
    })?;
    if !is_version(&ours, tool, &version) {
        bail!("{} was installed but is not version {version}", ours.display());
    }
    Ok(ours)
}

/// What building a Worker of the `worker` crate takes.
pub(crate) struct WorkerTools {
    pub(crate) worker_build: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

pub(crate) fn worker(checkout: &Checkout, progress: &mut Progress) -> Result<WorkerTools> {
    Ok(WorkerTools {
        worker_build: ensure(checkout, Tool::WorkerBuild, progress)?,
        wasm_bindgen: ensure(checkout, Tool::WasmBindgen, progress)?,
    })
}

/// Installs the standard library for the Worker's target, unless it is there.
pub(crate) fn ensure_wasm_target(checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libraries = command::capture(
        Command::new("rustc")
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(&checkout.root),
    )?;
    if Path::new(libraries.trim()).exists() {
        return Ok(());
    }
    let log = checkout.log("rustup")?;
    progress
        .step("install Rust's wasm target", |step| {
            let mut rustup = Command::new("rustup");
            command::run(rustup.args(["target", "add", TARGET]).current_dir(&checkout.root), &log, step)
        })
        .with_context(|| {
            format!(
                "the Worker needs Rust's standard library for {TARGET}: install rustup (rustup.rs) and run this \
                 again, or install the target with the packages that brought your Rust"
            )
        })
}

/// What comes from the system's own packages: Debian's are pinned by Debian.
#[derive(Clone, Copy)]
pub(crate) struct Package {
    name: &'static str,
    /// How one sees that it is there.
    program: &'static str,
    version: &'static str,
    remedy: &'static str,
}

/// Videos are made with it, and looked into.
pub(crate) const FFMPEG: Package = Package {
    name: "ffmpeg",
    program: "ffprobe",
    version: "-version",
    remedy: "videos are made with ffmpeg: install it (Debian and Ubuntu: `sudo apt-get install --no-install-recommends \
             ffmpeg`; macOS: `brew install ffmpeg`), then run this again",
};

/// A real browser, for tests.
pub(crate) const CHROMIUM: Package = Package {
    name: "chromium",
    program: "chromium",
    version: "--version",
    remedy: "tests play videos in Chromium: install it (Debian: `sudo apt-get install --no-install-recommends \
             chromium`), then run this again",
};

/// Sees to it that a package is there.
///
/// # Errors
/// When it is missing and we are not the ones who may install it, or it cannot be fetched.
pub(crate) fn ensure_package(package: Package, checkout: &Checkout, progress: &mut Progress) -> Result<()> {
    let Package {
        name,
        program,
        version,
        remedy,
    } = package;
    if command::capture(Command::new(program).arg(version)).is_ok() {
        return Ok(());
    }
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || command::capture(Command::new("apt-get").arg("--version")).is_err() {
        bail!("{remedy}");
    }
    let log = checkout.log(name)?;
    progress
        .step(&format!("install {name}"), |step| {
            let apt = || {
                let mut apt = Command::new("apt-get");
                apt.env("DEBIAN_FRONTEND", "noninteractive");
                apt
            };
            let install = ["install", "-y", "--no-install-recommends", name];
            // The lists of a fresh machine are empty; those of another are good enough.
            if command::run(apt().args(install), &log, step).is_err() {
                command::run(apt().arg("update"), &log, step)?;
                command::run(apt().args(install), &log, step)?;
            }
            Ok(())
        })
        .context(remedy)
}

/// Frees what building the tools took; they are only built again when a version changes.
pub(crate) fn remove_build_folder(checkout: &Checkout) {
    let _absent_is_fine = fs::remove_dir_all(checkout.root.join("target/tools/build"));
}

fn install(
    checkout: &Checkout,
    tool: Tool,
    version: &str,
    home: &Path,
    log: &Path,
    step: &Step,
) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "install",
            tool.package(),
            "--version",
            &format!("={version}"),
            "--profile",
            "dev",
        ])
        .args(tool.install_arguments())
        .arg("--root")
        .arg(home)
        .arg("--target-dir")
        .arg(home.join("build"))
        // Nobody debugs these; without symbols they build faster and take a tenth of the room.
        .envs([
            ("CARGO_PROFILE_DEV_DEBUG", "0"),
            ("CARGO_PROFILE_DEV_STRIP", "symbols"),
            ("CARGO_INCREMENTAL", "0"),
            ("CARGO_TERM_COLOR", "never"),
        ])
        .current_dir(&checkout.root);
    command::run(&mut cargo, log, step)
}

fn is_version(program: &Path, tool: Tool, version: &str) -> bool {
    command::capture(Command::new(program).args(tool.version_arguments())).is_ok_and(|printed| {
        let words = printed.split_whitespace();
        words
            .map(|word| word.trim_start_matches('v'))
            .any(|word| word == version)
    })
}

/// The version of `package` in the text of a `Cargo.lock`.
pub(crate) fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?;
    version.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n";

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-futures"), Some("0.4.80"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }
}
