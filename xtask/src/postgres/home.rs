//! Where a cluster lives: in `.local`, or where the account that runs it can reach it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::account::Account;
use crate::checkout::{Checkout, create_dir};
use crate::command;

/// The folders of one cluster.
pub(crate) struct Home {
    /// `bin`, `lib` and `share` of Postgres.
    pub(crate) native: PathBuf,
    /// Holds `data`, `password` and `port`.
    pub(crate) cluster: PathBuf,
    pub(crate) account: Option<Account>,
    /// Said to the developer when the data is not in `.local`.
    pub(crate) elsewhere: Option<String>,
}

impl Home {
    /// `.local/<name>`; but below a folder that the account may not enter (root's home, say) that cannot work, and
    /// binaries and data go to `/var/tmp`, under a name made from the path of the checkout.
    pub(crate) fn choose(checkout: &Checkout, native: &Path, name: &str) -> Result<Self> {
        let account = Account::choose()?;
        let near = checkout.local().join(name);
        match account {
            Some(account) if !account.can_execute(&native.join("bin/postgres")) => {
                let base = far(&checkout.root)?;
                let native = copy_binaries(native, &base)?;
                let cluster = base.join(name);
                let elsewhere = format!(
                    "the account {} cannot enter {}, so Postgres' data is in {}",
                    account.name,
                    checkout.root.display(),
                    cluster.display()
                );
                Ok(Self {
                    native,
                    cluster,
                    account: Some(account),
                    elsewhere: Some(elsewhere),
                })
            }
            account => Ok(Self {
                native: native.to_owned(),
                cluster: near,
                account,
                elsewhere: None,
            }),
        }
    }

    /// Creates the folder, closed to all but the account that runs Postgres.
    pub(crate) fn create(&self) -> Result<()> {
        create_dir(&self.cluster)?;
        self.give(&self.cluster)?;
        fs::set_permissions(&self.cluster, fs::Permissions::from_mode(0o700))
            .context("closing the cluster's folder")
    }

    /// Makes the account that runs Postgres the owner of `path`.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        chown(path, Some(account.uid), Some(account.gid))
            .with_context(|| format!("giving {} to the account {}", path.display(), account.name))
    }
}

/// A folder for this checkout below `/var/tmp`, where everybody may write: so it must be ours.
fn far(root: &Path) -> Result<PathBuf> {
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let key: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let base = PathBuf::from(format!("/var/tmp/marquee-{key}"));
    create_dir(&base)?;
    let found = fs::symlink_metadata(&base).with_context(|| format!("looking at {}", base.display()))?;
    let ours = rustix::process::geteuid().as_raw();
    if !found.is_dir() || found.uid() != ours || found.mode() & 0o022 != 0 {
        bail!(
            "{} is not ours alone: remove it and run this again",
            base.display()
        );
    }
    Ok(base)
}

/// Copies Postgres to `base` unless this very version is there.
fn copy_binaries(native: &Path, base: &Path) -> Result<PathBuf> {
    let package = native
        .parent()
        .context("Postgres has no package folder")?
        .join("package.json");
    let package = fs::read(package).context("reading Postgres' package.json")?;
    let package: serde_json::Value =
        serde_json::from_slice(&package).context("reading Postgres' package.json")?;
    let version = package
        .get("version")
        .and_then(|version| version.as_str())
        .context("Postgres has no version")?;
    let copy = base.join(format!("native-{version}"));
    if !copy.exists() {
        let unfinished = base.join("native-unfinished");
        let _absent_is_fine = fs::remove_dir_all(&unfinished);
        command::capture(Command::new("cp").arg("-a").arg(native).arg(&unfinished))?;
        fs::rename(&unfinished, &copy).context("moving Postgres' binaries to their place")?;
    }
    Ok(copy)
}
