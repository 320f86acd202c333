//! Everything that is measured, from one table: descriptions for Prometheus, buckets, and what `docs/metrics.md` is held
//! to.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// One measurement, whose labels have few values each: no ids.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Only grows while a process lives.
    Counter,
    Gauge,
    /// Of seconds, unless its name ends otherwise; with upper bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Answers and calls: from half a millisecond to a minute.
const QUICK: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0,
];
/// Work: up to an hour.
const SLOW: &[f64] = &[
    0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 900.0, 3_600.0,
];
/// How many times as long as the video.
const TIMES: &[f64] = &[0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Measure {
    Measure {
        name,
        kind: Kind::Counter,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Measure {
    Measure {
        name,
        kind: Kind::Gauge,
        labels,
        help,
    }
}

const fn histogram(
    name: &'static str,
    bounds: &'static [f64],
    labels: &'static [&'static str],
    help: &'static str,
) -> Measure {
    Measure {
        name,
        kind: Kind::Histogram(bounds),
        labels,
        help,
    }
}

/// By name.
pub const MEASURES: &[Measure] = &[
    gauge(
        "marquee_alerts_open",
        &["severity"],
        "Alerts that nobody has acknowledged",
    ),
    counter("marquee_alerts_total", &["code"], "Alerts raised, each time"),
    gauge(
        "marquee_books_broken",
        &["check"],
        "Rows for which a proof of the books did not hold when it was tried last",
    ),
    histogram(
        "marquee_call_seconds",
        QUICK,
        &["system", "call", "outcome"],
        "Calls of systems that we do not run",
    ),
    gauge(
        "marquee_clock_skew_seconds",
        &[],
        "How far this machine's clock is before Postgres's, when it was compared last",
    ),
    counter(
        "marquee_events_total",
        &["event"],
        "Facts that features told each other of",
    ),
    counter(
        "marquee_gateway_notices_total",
        &["outcome"],
        "Notices that came to the gateway's webhook",
    ),
    counter("marquee_hits_accepted_total", &[], "Hits counted"),
    histogram(
        "marquee_hits_batch_seconds",
        QUICK,
        &[],
        "Storing a batch of hits and deleting it from the queue",
    ),
    histogram(
        "marquee_hits_delay_seconds",
        SLOW,
        &[],
        "From a decision at the edge until it is counted, the oldest of each batch",
    ),
    counter(
        "marquee_hits_duplicates_total",
        &[],
        "Hits that had been counted before",
    ),
    gauge(
        "marquee_hits_lag_seconds",
        &[],
        "Age of the newest hit of the last batch",
    ),
    counter("marquee_hits_quarantined_total", &[], "Hits set aside"),
    counter(
        "marquee_hits_receive_failures_total",
        &[],
        "Times the hit queue could not be read",
    ),
    counter(
        "marquee_hits_received_total",
        &[],
        "Hits that came from the queue",
    ),
    counter(
        "marquee_hits_refused_by_postgres_total",
        &[],
        "Messages of hits that Postgres would not store",
    ),
    counter(
        "marquee_hits_refused_total",
        &["reason"],
        "Hits that could not be read",
    ),
    counter(
        "marquee_hits_store_failures_total",
        &[],
        "Times a batch of hits could not be stored",
    ),
    histogram(
        "marquee_http_request_seconds",
        QUICK,
        &["method", "route", "status"],
        "Requests answered; status is its class",
    ),
    histogram(
        "marquee_job_seconds",
        SLOW,
        &["job", "outcome"],
        "Attempts of jobs",
    ),
    gauge("marquee_jobs", &["role", "status"], "Jobs that are not done"),
    gauge(
        "marquee_jobs_overdue_seconds",
        &["role"],
        "How long the job that is due longest has waited",
    ),
    counter(
        "marquee_mails_total",
        &["template", "status"],
        "Mails that came to an end",
    ),
    counter("marquee_orders_total", &["event"], "Steps that orders took"),
    gauge(
        "marquee_pool_connections",
        &["state"],
        "Connections to Postgres, used or idle",
    ),
    gauge(
        "marquee_pool_limit",
        &[],
        "Connections to Postgres that there may be",
    ),
    histogram(
        "marquee_publish_seconds",
        SLOW,
        &[],
        "From going live in the database until KV has it",
    ),
    histogram(
        "marquee_transcode_ratio",
        TIMES,
        &[],
        "How many times a video's length making what is shown of it took",
    ),
    counter(
        "marquee_webhook_deliveries_total",
        &["status"],
        "Attempts to deliver webhooks, by what the delivery is then",
    ),
];

/// Tells the recorder what each means.
pub(super) fn describe() {
    for Measure { name, kind, help, .. } in MEASURES {
        let unit = if name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        match kind {
            Kind::Counter => describe_counter!(*name, unit, *help),
            Kind::Gauge => describe_gauge!(*name, unit, *help),
            Kind::Histogram(_) => describe_histogram!(*name, unit, *help),
        }
    }
}
