//! What the process tells of itself: logs on standard error, and measurements for Prometheus.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Libraries that would repeat what we log ourselves. A filter given may say otherwise.
const QUIET: &str = "graphile_worker=warn,sqlx=warn,aws=warn,hyper=warn,reqwest=warn,rustls=warn";

/// Bounds for everything measured in seconds: from half a millisecond to a minute.
const SECONDS: [f64; 14] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0,
];

/// Starts logging: one JSON object a line, or text for people where standard error is a terminal. `filter`
/// is what `MARQUEE_LOG` says: `info`, or `info,marquee_core::hits=debug`.
pub fn init(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .with_context(|| format!("MARQUEE_LOG: {filter:?} is not a filter"))?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if std::io::stderr().is_terminal() {
        logs.try_init()
    } else {
        logs.json().flatten_event(true).with_span_list(false).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// The process's measurements. The first call begins to keep them.
pub fn prometheus() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new();
        // Refused only for no bounds at all.
        let builder = builder
            .set_buckets_for_metric(seconds, &SECONDS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Refused only when somebody else already keeps them; then ours stay empty.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}
