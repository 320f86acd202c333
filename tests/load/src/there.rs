//! Load on what is deployed somewhere else: only what a client sees of it can be told.

use std::time::Duration;

use anyhow::{Result, ensure};
use marquee_bench::report::{aligned, number};
use reqwest::Url;
use tokio::runtime::Runtime;

use crate::open::{Offered, offer};
use crate::page;

/// What is answered rightly: shown, or redirected.
const RIGHT: &[u16] = &[200, 204, 301, 302, 303, 307, 308];

/// Who asks for what, and how often.
#[derive(clap::Args)]
pub(crate) struct There {
    /// Addresses to get, in turn. Redirects are not followed.
    #[arg(required = true, value_name = "URL")]
    urls: Vec<Url>,
    /// Requests a second, one step after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10, 20], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rates: Vec<u32>,
    /// How long each step takes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
}

/// Prints a table, a row for each rate.
///
/// # Errors
/// Something was not answered, or not rightly.
pub(crate) fn run(there: &There, runtime: &Runtime) -> Result<()> {
    let client = page::client()?;
    let duration = Duration::from_secs(there.seconds);
    let url = |n: usize| there.urls.get(n % there.urls.len()).map_or("", Url::as_str);
    let mut steps = Vec::new();
    for rate in &there.rates {
        eprintln!("  … {rate} a second for {} s", there.seconds);
        let call = |n| page::get(client.clone(), url(n).to_owned(), RIGHT);
        steps.push(runtime.block_on(offer(f64::from(*rate), duration, call)));
    }
    println!("{}", table(&steps));
    let faults: Vec<String> = steps.iter().filter_map(fault).collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn table(steps: &[Offered]) -> String {
    let head = [
        "offered /s",
        "answered /s",
        "p50",
        "p95",
        "p99",
        "worst",
        "failed",
    ]
    .map(str::to_owned);
    let rows = steps.iter().map(|step| {
        let latency = &step.latency_ms;
        let latencies = [latency.p50(), latency.p95(), latency.p99(), latency.p100()];
        let mut row = vec![format!("{:.0}", step.per_second), format!("{:.1}", step.achieved)];
        row.extend(latencies.map(|latency| number(latency, "ms")));
        row.push(step.failed.to_string());
        row
    });
    aligned(&head, rows)
}

fn fault(step: &Offered) -> Option<String> {
    let failure = step.failure.as_deref()?;
    let Offered {
        per_second, failed, ..
    } = step;
    Some(format!(
        "at {per_second:.0} a second {failed} had no right answer, as with: {failure}"
    ))
}
