//! Load by wrk: a closed loop of connections that ask as fast as they are answered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::server::pinned;

/// Connections at once.
pub const CONNECTIONS: u32 = 32;

/// wrk, and what it asks.
pub struct Generator<'a> {
    pub wrk: &'a Path,
    /// `urls.lua`.
    pub script: PathBuf,
    /// A path a line.
    pub paths: &'a Path,
    /// Where it runs.
    pub core: usize,
}

/// What one run saw.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Load {
    pub requests: u64,
    duration_us: f64,
    /// Microseconds from question to answer, waiting for the other connections included.
    pub p50_us: f64,
    pub p99_us: f64,
    /// Answers of 400 and above.
    refused: u64,
    /// Connections that failed or timed out.
    broken: u64,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 * 1e6 / self.duration_us
    }
}

/// Asks the server on `port` for every path in turn.
///
/// # Errors
/// When wrk fails, or any answer is not a redirect or does not come: such a figure would compare nothing.
pub fn apply(generator: &Generator<'_>, port: u16, duration: Duration) -> Result<Load> {
    let mut command = pinned(generator.core, generator.wrk);
    command.args([
        "--threads",
        "1",
        "--connections",
        &CONNECTIONS.to_string(),
        "--timeout",
        "10s",
    ]);
    command.args(["--duration", &format!("{}s", duration.as_secs())]);
    command
        .arg("--script")
        .arg(&generator.script)
        .arg(format!("http://127.0.0.1:{port}"));
    let output = command
        .arg("--")
        .arg(generator.paths)
        .output()
        .context("starting wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let outcome = text.lines().rfind(|line| line.starts_with('{'));
    let outcome = outcome.with_context(|| {
        format!(
            "wrk printed no outcome:\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    let load: Load = serde_json::from_str(outcome).context("reading wrk's outcome")?;
    ensure!(
        load.refused == 0 && load.broken == 0,
        "not every request was redirected: {outcome}"
    );
    Ok(load)
}
