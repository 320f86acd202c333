//! Where things are in this checkout.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;
use crate::interrupt;

/// The workspace, and the folders that commands write to.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the configuration puts it.
    pub(crate) target: PathBuf,
}

impl Checkout {
    /// The checkout one stands in. Not the one that this program was built in: they may share a target folder, and
    /// one may have been moved since.
    pub(crate) fn find() -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            workspace_root: PathBuf,
            target_directory: PathBuf,
        }
        let metadata = command::capture(Command::new("cargo").args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ]))?;
        let metadata: Metadata =
            serde_json::from_str(&metadata).context("reading what `cargo metadata` printed")?;
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
        })
    }

    /// `.local`: data, keys and logs of the local stack.
    pub(crate) fn local(&self) -> PathBuf {
        self.root.join(".local")
    }

    /// The log of a step or service, in a folder that exists.
    pub(crate) fn log(&self, name: &str) -> Result<PathBuf> {
        let dir = self.local().join("logs");
        create_dir(&dir)?;
        Ok(dir.join(format!("{name}.log")))
    }

    /// Where the services of `up` are noted while they run (see `Service::recorded`).
    pub(crate) fn records(&self) -> PathBuf {
        self.local().join("run")
    }

    /// Claims `command` for this process until the file is dropped, even if we are killed. None: another has it.
    pub(crate) fn try_lock(&self, command: &str) -> Result<Option<fs::File>> {
        create_dir(&self.local())?;
        let path = self.local().join(format!("{command}.lock"));
        let file = fs::File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    /// As [`Self::try_lock`], but waits for the other.
    pub(crate) fn lock(&self, command: &str) -> Result<fs::File> {
        let mut told = false;
        loop {
            if let Some(file) = self.try_lock(command)? {
                return Ok(file);
            }
            if !told {
                eprintln!("  another `cargo xtask {command}` runs in this checkout; waiting for it");
                told = true;
            }
            interrupt::check()?;
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// A program that npm installed.
    pub(crate) fn npm_bin(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }
}

/// Creates a folder and its parents.
pub(crate) fn create_dir(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .with_context(|| format!("creating {}", path.display()))
}

/// Writes a file that only its owner may read: a key, a password.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let _absent_is_fine = fs::remove_file(path);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("creating {}", path.display()))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("writing {}", path.display()))
}
