use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

use crate::e2e::{Database, Printed};
use crate::process::root;

/// A database and one that is restored from its backup, by the commands of `docs/restore.md`.
pub struct Restore {
    /// There once `restore` was followed; dropped with this.
    pub restored: Database,
    /// What the page calls `names`, for these.
    names: String,
}

impl Restore {
    /// Of the database at `from`; backups go into `folder`. Needs what `cargo xtask test` installs.
    pub fn of(from: &Url, folder: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("marquee_restored_{}_{count}", std::process::id());
        let restored = Database::named(name.clone());
        let tools = root().join("target/tools/postgres-client/postgres/bin");
        let mut names = "set -eu\n".to_owned();
        for (variable, value) in [
            (
                "PATH",
                format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display()),
            ),
            ("DATABASE_URL", from.to_string()),
            ("RESTORED", name),
            ("RESTORED_URL", restored.url().to_string()),
            ("BACKUP", folder.display().to_string()),
        ] {
            let _infallible = writeln!(names, "export {variable}='{value}'");
        }
        Self { restored, names }
    }

    /// The commands that the page gives for `what`, for a shell at the top of the checkout.
    ///
    /// # Panics
    /// When the page has none.
    pub fn script(&self, what: &str) -> String {
        format!("{}{}", self.names, commands(what))
    }

    /// The same where `DATABASE_URL` is the restored one's, as it is from `prove` on.
    ///
    /// # Panics
    /// When the page has none.
    pub fn script_there(&self, what: &str) -> String {
        let there = "export DATABASE_URL=\"$RESTORED_URL\"\n";
        format!("{}{there}{}", self.names, commands(what))
    }

    /// Runs them, without a core.
    ///
    /// # Panics
    /// When one fails.
    pub fn follow(&self, what: &str) -> Printed {
        let mut shell = Command::new("sh");
        shell.args(["-c", &self.script(what)]).current_dir(root());
        let printed: Printed = shell.output().expect("sh runs").into();
        assert_eq!(printed.code, Some(0), "{what}: {printed:?}");
        printed
    }
}

/// Those that the page gives for `what`.
fn commands(what: &str) -> String {
    let page = fs::read_to_string(root().join("docs/restore.md")).expect("docs/restore.md");
    let begin = format!("```sh\n# {what}\n");
    let (_, rest) = page
        .split_once(&begin)
        .unwrap_or_else(|| panic!("docs/restore.md has no commands for {what}"));
    let (commands, _) = rest.split_once("```").expect("an end of the commands");
    commands.to_owned()
}
