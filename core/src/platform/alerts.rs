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
    /// How many different alerts are remembered at most.
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
            // So many at once are one storm: begin anew rather than grow.
            if raised.len() >= Self::KEPT {
                raised.clear();
            }
        }
        let key = (alert.code, alert.subject.to_owned());
        if raised.get(&key).is_some_and(|at| now - *at < Self::QUIET) {
            return false;
        }
        raised.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn alert(code: &'static str, subject: &'static str) -> Alert<'static> {
        Alert {
            code,
            severity: Severity::Warning,
            subject,
            detail: "something".to_owned(),
        }
    }

    #[test]
    fn the_same_alert_is_raised_once_in_ten_minutes() {
        let (alerts, now) = (Alerts::default(), datetime!(2026-07-01 12:00 UTC));

        assert!(alerts.raise(now, &alert("jobs.dead", "a")));
        assert!(!alerts.raise(now + Duration::minutes(9), &alert("jobs.dead", "a")));
        assert!(alerts.raise(now, &alert("jobs.dead", "b")), "another subject");
        assert!(alerts.raise(now, &alert("jobs.failing", "a")), "another code");
        assert!(alerts.raise(now + Duration::minutes(10), &alert("jobs.dead", "a")));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (alerts, now) = (Alerts::default(), datetime!(2026-07-01 12:00 UTC));
        for n in 0..3 * Alerts::KEPT {
            let subject = format!("subject {n}");
            alerts.raise(
                now,
                &Alert {
                    subject: &subject,
                    ..alert("jobs.dead", "")
                },
            );
        }
        assert!(alerts.raised.lock().unwrap().len() <= Alerts::KEPT);
    }
}
