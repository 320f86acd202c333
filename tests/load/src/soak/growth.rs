//! Whether a figure grows, by a line that single outliers do not move.

use std::time::Duration;

use marquee_bench::stats::median;

/// The first part of the run, a third, is not judged: caches fill, allocators take what they keep.
const SETTLING: usize = 3;
/// Of more points each of these many: the line goes through all pairs.
const POINTS: usize = 500;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes that a program shares with no other.
    Memory,
    OpenFiles,
    Threads,
    /// Jobs that are due and not done.
    Waiting,
    /// Milliseconds, the median of a round.
    Latency,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::OpenFiles => "open files",
            Self::Threads => "threads",
            Self::Waiting => "waiting",
            Self::Latency => "latency",
        }
    }

    /// What may come on top of `start`, in all of the judged time: more than noise, less than a leak.
    fn allowance(self, start: f64) -> f64 {
        match self {
            Self::Memory => f64::max(16e6, 0.2 * start),
            Self::OpenFiles => f64::max(16.0, 0.2 * start),
            Self::Threads => 4.0,
            Self::Waiting => 100.0,
            Self::Latency => f64::max(20.0, start),
        }
    }
}

/// How a figure went in the part of the run that is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) an_hour: f64,
    pub(super) allowed: f64,
}

impl Growth {
    /// By the line of Theil and Sen: its slope is the median of those between all pairs of points. Nothing of less than
    /// two points.
    pub(super) fn of(kind: Kind, points: &[(Duration, f64)]) -> Option<Self> {
        let judged = points.get(points.len() / SETTLING..)?;
        let judged: Vec<(f64, f64)> = judged
            .iter()
            .step_by(judged.len().div_ceil(POINTS).max(1))
            .map(|(at, value)| (at.as_secs_f64(), *value))
            .collect();
        let ((first, _), (last, _)) = (*judged.first()?, *judged.last()?);
        let pairs = judged.iter().enumerate().flat_map(|(index, (from, low))| {
            let later = judged.iter().skip(index + 1);
            later.map(move |(to, high)| (high - low) / (to - from))
        });
        let slope = Some(median(pairs)).filter(|slope| slope.is_finite())?;
        let level = median(judged.iter().map(|(at, value)| value - slope * at));
        let start = level + slope * first;
        Some(Self {
            start,
            end: level + slope * last,
            an_hour: slope * 3_600.0,
            allowed: kind.allowance(start),
        })
    }

    pub(super) fn is_too_much(&self) -> bool {
        self.end - self.start > self.allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A look each 15 seconds for an hour.
    fn hour(value: impl Fn(f64) -> f64) -> Vec<(Duration, f64)> {
        let at = (0..240).map(|n| Duration::from_secs(15 * n));
        at.map(|at| (at, value(at.as_secs_f64() / 3_600.0))).collect()
    }

    fn is_too_much(kind: Kind, value: impl Fn(f64) -> f64) -> bool {
        Growth::of(kind, &hour(value)).unwrap().is_too_much()
    }

    #[test]
    fn what_is_taken_in_the_beginning_and_kept_is_no_growth() {
        let memory = |hours: f64| 80e6 + 60e6 * (hours * 4.0).min(1.0);
        assert!(!is_too_much(Kind::Memory, memory));
    }

    #[test]
    fn what_goes_on_to_be_taken_is_growth() {
        assert!(is_too_much(Kind::Memory, |hours| 80e6 + 40e6 * hours));
        assert!(is_too_much(Kind::OpenFiles, |hours| 30.0 + 60.0 * hours));
        assert!(is_too_much(Kind::Threads, |hours| (8.0 + 10.0 * hours).floor()));
        assert!(is_too_much(Kind::Waiting, |hours| 500.0 * hours));
        assert!(is_too_much(Kind::Latency, |hours| 10.0 + 60.0 * hours));
    }

    #[test]
    fn neither_a_saw_nor_outliers_hide_growth_or_feign_it() {
        let saw = |hours: f64| 30e6 * (hours * 37.0).fract();
        assert!(!is_too_much(Kind::Memory, |hours| 80e6 + saw(hours)));
        assert!(is_too_much(Kind::Memory, |hours| 80e6
            + saw(hours)
            + 60e6 * hours));
        let late_peak = |hours: f64| if hours > 0.9 { 400e6 } else { 80e6 };
        assert!(!is_too_much(Kind::Memory, late_peak));
    }

    #[test]
    fn an_hours_growth_is_told_by_the_hour_however_long_it_was_watched() {
        let watched = hour(|hours| 10.0 + 8.0 * hours);
        let growth = Growth::of(Kind::Threads, &watched[..120]).unwrap();
        assert!((growth.an_hour - 8.0).abs() < 1e-9, "{growth:?}");
        assert!(!growth.is_too_much(), "{growth:?}");
        assert_eq!(Growth::of(Kind::Threads, &watched[..1]), None);
    }
}
