use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

/// In a second: what Linux counts the time of a processor in, on every machine.
const TICKS: f64 = 100.0;

/// What something took, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    pub(super) wall: f64,
    /// Of all processes that it started and waited for.
    pub(super) processor: f64,
}

pub(super) fn spent(work: impl FnOnce() -> Result<()>) -> Result<Spent> {
    let (before, begun) = (processor()?, Instant::now());
    work()?;
    Ok(Spent {
        wall: begun.elapsed().as_secs_f64(),
        processor: processor()? - before,
    })
}

/// Of all processes that ended and were waited for, and what these had waited for.
fn processor() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    // Behind the name, which may have spaces in it, the state is the third field of all.
    let fields = stat.rsplit_once(") ").context("/proc/self/stat has no name")?.1;
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap_or(0)).sum();
    Ok(ticks as f64 / TICKS)
}
