use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::server::installed;

pub(super) const TABLE: &str =
    "create table bench_commit (id bigint generated always as identity, note text)";
const ONE: &str = "insert into bench_commit (note) values ('one row, one commit');\n";

/// How many transactions of one small row Postgres commits by as many connections, as pgbench sees it.
pub(super) fn per_second(
    scratch: &Path,
    database_url: &str,
    connections: usize,
    seconds: u32,
) -> Result<f64> {
    let script = scratch.join("commit.sql");
    fs::write(&script, ONE).with_context(|| format!("writing {}", script.display()))?;
    let output = Command::new(installed("pgbench", "postgresql-contrib")?)
        .args(["--no-vacuum", "--jobs=2"])
        .arg(format!("--client={connections}"))
        .arg(format!("--time={seconds}"))
        .arg(format!("--file={}", script.display()))
        .arg(database_url)
        .output()
        .context("running pgbench")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "pgbench: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rate = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next());
    rate.and_then(|rate| rate.parse().ok())
        .with_context(|| format!("pgbench said no rate:\n{said}"))
}
