use std::time::Duration;

use marquee_bench::report::{aligned, number};

use super::growth::{Growth, Kind};

/// What was seen of everything, from the first look to the last.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Series>);

#[derive(Debug)]
struct Series {
    of: &'static str,
    kind: Kind,
    points: Vec<(Duration, f64)>,
}

impl Figures {
    pub(super) fn add(&mut self, of: &'static str, kind: Kind, at: Duration, value: f64) {
        let known = self
            .0
            .iter_mut()
            .find(|series| series.of == of && series.kind == kind);
        match known {
            Some(series) => series.points.push((at, value)),
            None => self.0.push(Series {
                of,
                kind,
                points: vec![(at, value)],
            }),
        }
    }

    /// The last look at one kind, in a line.
    pub(super) fn latest(&self, kind: Kind) -> String {
        let of_kind = self.0.iter().filter(|series| series.kind == kind);
        let latest = of_kind.filter_map(|series| {
            let (_, value) = series.points.last()?;
            Some(format!("{} {}", series.of, written(kind, *value)))
        });
        latest.collect::<Vec<_>>().join(", ")
    }

    /// A sentence for each that grew by more than it may.
    pub(super) fn grown(&self) -> Vec<String> {
        let grown = self.0.iter().filter_map(|series| {
            let growth = series.growth().filter(Growth::is_too_much)?;
            let written = |value| written(series.kind, value);
            Some(format!(
                "{} of {} grew from {} to {}, {} an hour; allowed are {} more",
                series.kind.name(),
                series.of,
                written(growth.start),
                written(growth.end),
                written(growth.an_hour),
                written(growth.allowed),
            ))
        });
        grown.collect()
    }

    pub(super) fn text(&self, judged: bool) -> String {
        let head = ["what", "at first", "then", "in the end", "an hour", "allowed", ""].map(str::to_owned);
        let rows = self.0.iter().filter_map(|series| {
            let growth = series.growth()?;
            let written = |value| written(series.kind, value);
            let verdict = match (judged, growth.is_too_much()) {
                (false, _) => "not judged",
                (true, true) => "GROWS",
                (true, false) => "holds",
            };
            Some(vec![
                format!("{} of {}", series.kind.name(), series.of),
                series
                    .points
                    .first()
                    .map_or_else(String::new, |(_, first)| written(*first)),
                written(growth.start),
                written(growth.end),
                written(growth.an_hour),
                written(growth.allowed),
                verdict.to_owned(),
            ])
        });
        aligned(&head, rows)
    }
}

impl Series {
    fn growth(&self) -> Option<Growth> {
        Growth::of(self.kind, &self.points)
    }
}

fn written(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Memory => format!("{:.1} MB", value / 1e6),
        Kind::Latency => number(value, "ms"),
        Kind::OpenFiles | Kind::Threads | Kind::Waiting => format!("{value:.0}"),
    }
}
