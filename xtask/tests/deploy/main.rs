//! The scripts that deploy (`deploy/`), without Cloudflare and AWS: their programs are replaced by ones that note how they
//! are called, and the Worker by a server that answers as the version that is deployed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod changes;
mod cloudflare;
mod config;
mod dead_hits;
mod edge;
mod log_worker;
mod migration;
mod release;
mod rollout;
mod services;
mod tasks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder in which the stand-ins keep what they are told.
struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// An empty one for the test `name`.
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _absent_is_fine = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// A file's lines; none when there is no such file yet.
    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// One of `deploy/`, with the stand-ins instead of the real programs.
    fn script(&self, name: &str) -> Command {
        let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy");
        let mut path = stand_ins.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut script = Command::new(root().join("deploy").join(name));
        script
            .env("FAKE", &self.folder)
            .env("PATH", path)
            .env("WRANGLER", stand_ins.join("wrangler"))
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("PAUSE_SECONDS", "0.05")
            // However busy this machine is.
            .env("ANSWER_SECONDS", "120");
        script
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What a script said to people.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
