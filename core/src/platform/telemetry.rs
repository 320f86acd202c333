//! What the process tells of itself: logs on standard error, and measurements for Prometheus; and what it is doing
//! while it tells.

mod measures;
mod traces;

use std::future::Future;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use tracing::field::Empty;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

pub use measures::{Kind, MEASURES, Measure};
pub use traces::{Traces, follow, traceparent};

/// Libraries that would repeat what we log ourselves. A filter given may say otherwise.
const QUIET: &str = "graphile_worker=warn,sqlx=warn,aws=warn,hyper=warn,reqwest=warn,rustls=warn";

tokio::task_local! {
    static DOING: Vec<(&'static str, String)>;
}

/// What asked for something that is done later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Where it stands in its trace, as W3C writes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl Origin {
    /// What this task is at; `None` where that is nothing of note.
    pub fn here() -> Option<Self> {
        let here = Self {
            request: request(),
            traceparent: traceparent(),
        };
        (here.request.is_some() || here.traceparent.is_some()).then_some(here)
    }
}

/// What this task is at, by kind and id: `request`, `job`. Alerts and logs refer to it.
pub fn doing() -> Vec<(String, String)> {
    let doing = DOING.try_with(Clone::clone).unwrap_or_default();
    doing
        .into_iter()
        .map(|(what, id)| (what.to_owned(), id))
        .collect()
}

/// The id of the request being answered, if one is.
pub fn request() -> Option<String> {
    let doing = doing().into_iter();
    doing.rev().find(|(what, _)| what == "request").map(|(_, id)| id)
}

/// Does `work` as a part of this.
pub async fn within<W: Future>(this: (&'static str, String), work: W) -> W::Output {
    let mut doing = DOING.try_with(Clone::clone).unwrap_or_default();
    doing.push(this);
    DOING.scope(doing, work).await
}

/// `work`, which another task will do, as a part of what this one is at.
pub fn keep<W: Future>(work: W) -> impl Future<Output = W::Output> {
    DOING.scope(DOING.try_with(Clone::clone).unwrap_or_default(), work)
}

/// Starts logging: one JSON object a line, or text for people where standard error is a terminal. `filter`
/// is what `MARQUEE_LOG` says: `info`, or `info,marquee_core::hits=debug`. Spans go to `traces`, too, whatever is logged.
pub fn init(filter: &str, traces: Option<&Traces>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}"))
        .with_context(|| format!("MARQUEE_LOG: {filter:?} is not a filter"))?;
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let logs = if std::io::stderr().is_terminal() {
        logs.with_filter(filter).boxed()
    } else {
        let logs = logs.json().flatten_event(true).with_span_list(false);
        logs.with_filter(filter).boxed()
    };
    let registry = tracing_subscriber::registry().with(logs);
    let started = registry.with(traces.map(Traces::layer)).try_init();
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// A call of a system that we do not run, measured: `outcome` names how it ended, by one of few words.
pub async fn call<T>(
    system: &'static str,
    call: &'static str,
    work: impl Future<Output = T>,
    outcome: impl FnOnce(&T) -> &'static str,
) -> T {
    let began = Instant::now();
    let span = tracing::info_span!(
        "call",
        otel.name = %format_args!("{system} {call}"),
        otel.kind = "client",
        outcome = Empty
    );
    let ended = work.instrument(span.clone()).await;
    let word = outcome(&ended);
    span.record("outcome", word);
    let labels = [("system", system), ("call", call), ("outcome", word)];
    metrics::histogram!("marquee_call_seconds", &labels).record(began.elapsed());
    ended
}

/// How most calls end: `ok` or `failed`.
pub fn ended<T, E>(result: &Result<T, E>) -> &'static str {
    if result.is_ok() { "ok" } else { "failed" }
}

/// The process's measurements. The first call begins to keep them.
pub fn prometheus() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let mut builder = PrometheusBuilder::new();
        for Measure { name, kind, .. } in MEASURES {
            if let Kind::Histogram(bounds) = kind {
                // Refused only for no bounds at all.
                builder = builder
                    .set_buckets_for_metric(Matcher::Full((*name).to_owned()), bounds)
                    .unwrap_or_else(|_| PrometheusBuilder::new());
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Refused only when somebody else already keeps them; then ours stay empty.
        let _ = metrics::set_global_recorder(recorder);
        measures::describe();
        handle
    })
}
