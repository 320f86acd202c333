//! What a person should look at. For now alerts go to the log, where a collector can watch for
//! `alert.code`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// One condition that somebody should know of.
#[derive(Clone, Debug)]
pub struct Alert<'a> {
    /// Stable, dotted: `jobs.dead`.
    pub code: &'static str,
    pub severity: Severity,
    /// What it is about: a job's name, a brand. Part of the rate limit, so no ids that never repeat.
    pub subject: &'a str,
    /// For a person. No secrets, bodies or addresses.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Look at it this week.
    Warning,
    /// Look at it now.
    Serious,
}

/// Raises alerts, each code and subject at most once in [`Alerts::QUIET`] by a process.
#[derive(Debug, Default)]
pub struct Alerts {
    raised: Mutex<HashMap<(&'static str, String), OffsetDateTime>>,
}

impl Alerts {
    pub const QUIET: Duration = Duration::minutes(10);
    /// Past this many different alerts the oldest notes are dropped: the map cannot grow without end.
    const KEPT: usize = 1_000;

    /// Whether it was raised; `false`: the same was raised a moment ago.
    pub fn raise(&self, now: OffsetDateTime, alert: &Alert<'_>) -> bool {
        if !self.due(now, alert) {
            return false;
        }
        metrics::counter!("marquee_alerts_total", "code" => alert.code).increment(1);
        let (code, subject, detail) = (alert.code, alert.subject, &alert.detail);
        match alert.severity {
            Severity::Warning => tracing::warn!(alert.code = code, alert.subject = subject, "{detail}"),
            Severity::Serious => tracing::error!(alert.code = code, alert.subject = subject, "{detail}"),
        }
        true
    }

    fn due(&self, now: OffsetDateTime, alert: &Alert<'_>) -> bool {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if raised.len() >= Self::KEPT {
            raised.retain(|_, at| now - *at < Self::QUIET);
        }
        let key = (alert.code, alert.subject.to_owned());
        if raised.get(&key).is_some_and(|at| now - *at < Self::QUIET) {
            return false;
        }
        raised.insert(key, now);
        true
    }
}
