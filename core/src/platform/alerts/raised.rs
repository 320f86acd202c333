//! What was raised in this process, and what of that is not kept yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::{Alert, Code, QUIET, Severity, scrub};
use crate::platform::telemetry;

/// How many different alerts are remembered at most.
const MOST: usize = 1_000;
/// Characters of what is kept.
const SUBJECT_CHARS: usize = 200;
const DETAIL_CHARS: usize = 2_000;

/// Alerts of this process: each is logged at most once in [`QUIET`], and waits here until it is kept.
#[derive(Debug, Default)]
pub struct Alerts(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    groups: HashMap<(Code, String), Group>,
    /// Somebody is at keeping what waits.
    keeping: bool,
}

#[derive(Debug)]
struct Group {
    logged_at: OffsetDateTime,
    /// When it was told by this process itself, since it could not be kept.
    told_at: Option<OffsetDateTime>,
    waiting: Option<Raised>,
}

/// The same alert, as often as it was raised since it was kept last.
#[derive(Clone, Debug)]
pub(super) struct Raised {
    pub(super) code: Code,
    pub(super) subject: String,
    /// As it was raised last.
    pub(super) detail: String,
    pub(super) about: BTreeMap<String, String>,
    pub(super) first_at: OffsetDateTime,
    pub(super) last_at: OffsetDateTime,
    pub(super) count: i64,
    /// Where this process told it itself, and how often it had been raised then.
    pub(super) told: Vec<(&'static str, i64)>,
}

impl Alerts {
    /// Whether it was logged; `false`: the same was a moment ago. It waits to be kept either way.
    pub fn raise(&self, now: OffsetDateTime, alert: &Alert<'_>) -> bool {
        let code = alert.code;
        metrics::counter!("marquee_alerts_total", "code" => code.name()).increment(1);
        let raised = Raised::new(now, alert);
        let (subject, detail) = (raised.subject.clone(), raised.detail.clone());
        if !self.remember(raised) {
            return false;
        }
        let about = tracing::field::debug(&alert.about);
        let name = code.name();
        match code.severity() {
            Severity::Warning => {
                tracing::warn!(alert.code = name, alert.subject = subject, about, "{detail}")
            }
            Severity::Serious => {
                tracing::error!(alert.code = name, alert.subject = subject, about, "{detail}")
            }
        }
        true
    }

    /// Whether this process raised it in the last ten minutes.
    pub fn is_recent(&self, now: OffsetDateTime, code: Code, subject: &str) -> bool {
        let memory = self.lock();
        let group = memory.groups.get(&(code, subject.to_owned()));
        group.is_some_and(|group| now - group.logged_at < QUIET)
    }

    fn remember(&self, raised: Raised) -> bool {
        let mut memory = self.lock();
        let now = raised.last_at;
        let key = (raised.code, raised.subject.clone());
        if let Some(group) = memory.groups.get_mut(&key) {
            let due = now - group.logged_at >= QUIET;
            if due {
                group.logged_at = now;
            }
            group.add(raised);
            return due;
        }
        if memory.groups.len() >= MOST {
            let fresh = |group: &Group| now - group.logged_at < QUIET;
            memory
                .groups
                .retain(|_, group| group.waiting.is_some() || fresh(group));
        }
        if memory.groups.len() >= MOST {
            // So many at once are one storm: what is not waiting is forgotten rather than grow.
            memory.groups.retain(|_, group| group.waiting.is_some());
        }
        if memory.groups.len() < MOST {
            let group = Group {
                logged_at: now,
                told_at: None,
                waiting: Some(raised),
            };
            memory.groups.insert(key, group);
        }
        true
    }

    /// Whether the caller is to keep what waits; `false`: nothing does, or somebody is at it.
    pub(super) fn begin_to_keep(&self) -> bool {
        let mut memory = self.lock();
        let begin = !memory.keeping && memory.groups.values().any(|group| group.waiting.is_some());
        memory.keeping |= begin;
        begin
    }

    /// What waits; nothing any more: the caller has ended keeping.
    pub(super) fn take(&self) -> Vec<Raised> {
        let mut memory = self.lock();
        let waiting = memory
            .groups
            .values_mut()
            .filter_map(|group| group.waiting.take());
        let mut waiting: Vec<Raised> = waiting.collect();
        if waiting.is_empty() {
            memory.keeping = false;
        }
        // In one order, so that two processes wait for each other's rows and never in a circle.
        waiting.sort_by(|a, b| (a.code, &a.subject).cmp(&(b.code, &b.subject)));
        waiting
    }

    /// It could not be kept, and waits again. Whether it may be told by this process itself.
    pub(super) fn put_back(&self, raised: Raised) -> bool {
        let mut memory = self.lock();
        let now = raised.last_at;
        let group = memory
            .groups
            .entry((raised.code, raised.subject.clone()))
            .or_insert(Group {
                logged_at: now,
                told_at: None,
                waiting: None,
            });
        let quiet = group.told_at.is_some_and(|at| now - at < QUIET);
        if !quiet {
            group.told_at = Some(now);
        }
        group.add(raised);
        !quiet
    }

    /// It was told by this process itself.
    pub(super) fn note_told(&self, raised: &Raised, place: &'static str) {
        let mut memory = self.lock();
        let key = (raised.code, raised.subject.clone());
        let group = memory.groups.get_mut(&key);
        if let Some(waiting) = group.and_then(|group| group.waiting.as_mut()) {
            waiting.told.retain(|(told, _)| *told != place);
            waiting.told.push((place, raised.count));
        }
    }

    /// Nobody keeps what waits any more: the process ends.
    pub(super) fn stop_keeping(&self) {
        self.lock().keeping = false;
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    fn add(&mut self, raised: Raised) {
        self.waiting = Some(match self.waiting.take() {
            Some(before) => before.and(raised),
            None => raised,
        });
    }
}

impl Raised {
    fn new(now: OffsetDateTime, alert: &Alert<'_>) -> Self {
        let about = alert
            .about
            .iter()
            .map(|(what, id)| ((*what).to_owned(), id.clone()));
        Self {
            code: alert.code,
            subject: kept(alert.subject, SUBJECT_CHARS),
            detail: kept(&scrub(&alert.detail), DETAIL_CHARS),
            about: telemetry::doing().into_iter().chain(about).collect(),
            first_at: now,
            last_at: now,
            count: 1,
            told: vec![],
        }
    }

    /// Both as one; what is told of it is what the later one says.
    fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        let first_at = self.first_at.min(other.first_at);
        let (mut later, earlier) = if other.last_at >= self.last_at {
            (other, self)
        } else {
            (self, other)
        };
        later.told.extend(earlier.told);
        Self {
            count,
            first_at,
            ..later
        }
    }
}

/// Postgres has no text with a null byte.
fn kept(text: &str, chars: usize) -> String {
    text.chars().filter(|char| *char != '\0').take(chars).collect()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

    fn alert(code: Code, subject: &str) -> Alert<'_> {
        Alert::new(code, subject, "something")
    }

    #[test]
    fn the_same_alert_is_logged_once_in_ten_minutes() {
        let alerts = Alerts::default();

        assert!(alerts.raise(NOW, &alert(Code::JobsDead, "a")));
        assert!(!alerts.raise(NOW + Duration::minutes(9), &alert(Code::JobsDead, "a")));
        assert!(alerts.raise(NOW, &alert(Code::JobsDead, "b")), "another subject");
        assert!(alerts.raise(NOW, &alert(Code::JobsFailing, "a")), "another code");
        assert!(alerts.raise(NOW + Duration::minutes(10), &alert(Code::JobsDead, "a")));
    }

    #[test]
    fn what_waits_is_taken_once_and_as_one() {
        let alerts = Alerts::default();
        for minute in 0..3 {
            alerts.raise(NOW + Duration::minutes(minute), &alert(Code::JobsDead, "a"));
        }

        assert!(alerts.begin_to_keep());
        assert!(!alerts.begin_to_keep(), "somebody is at it");
        let [raised] = &alerts.take()[..] else {
            panic!("there is one");
        };
        assert_eq!((raised.count, raised.first_at), (3, NOW));
        assert_eq!(raised.last_at, NOW + Duration::minutes(2));
        assert!(alerts.take().is_empty());
        assert!(!alerts.begin_to_keep(), "nothing waits");
    }

    #[test]
    fn what_could_not_be_kept_waits_with_what_was_raised_meanwhile() {
        let alerts = Alerts::default();
        alerts.raise(NOW, &alert(Code::JobsDead, "a"));
        let raised = alerts.take().remove(0);
        alerts.raise(NOW, &alert(Code::JobsDead, "a"));

        assert!(alerts.put_back(raised.clone()), "to be told by this process");
        alerts.note_told(&raised, "telegram");
        let again = alerts.take().remove(0);
        assert_eq!((again.count, &again.told[..]), (2, &[("telegram", 1)][..]));
        assert!(!alerts.put_back(again), "it was told a moment ago");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let alerts = Alerts::default();
        for n in 0..3 * MOST {
            let subject = format!("subject {n}");
            alerts.raise(NOW, &alert(Code::JobsDead, &subject));
        }
        assert_eq!(alerts.take().len(), MOST);
    }
}
