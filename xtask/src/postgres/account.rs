//! Who may run Postgres: it refuses root.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// An unprivileged account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// None for an ordinary user, who runs Postgres himself; for root the account `postgres` or else `nobody`.
    pub(crate) fn choose() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        match find(&accounts, "postgres").or_else(|| find(&accounts, "nobody")) {
            Some(account) => Ok(Some(account)),
            None => bail!(
                "Postgres does not run as root, and this machine has neither the account `postgres` nor `nobody`: \
                 run this as an ordinary user"
            ),
        }
    }

    /// Whether the account can reach and execute `path`, permissions of all folders above included.
    pub(crate) fn can_execute(&self, path: &Path) -> bool {
        Command::new("test")
            .arg("-x")
            .arg(path)
            .current_dir("/")
            .uid(self.uid)
            .gid(self.gid)
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// `name` in the text of `/etc/passwd`.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let _password = fields.next()?;
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:7::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        let found = find(accounts, "postgres").unwrap();
        assert_eq!((found.uid, found.gid), (101, 104));
        assert_eq!(find(accounts, "nobody"), None);
    }
}
