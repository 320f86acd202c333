//! Rounds of load on several servers in turn.

use std::time::Duration;

use anyhow::{Context, Result};

use super::load::{self, Generator, Load};
use crate::report::{Row, Target, number};
use crate::stats::median;

/// A server under load.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    port: u16,
    /// The least that ours, divided by this one's requests per second, should be.
    least: Option<f64>,
    rounds: Vec<Load>,
}

impl Contender {
    pub(crate) fn new(name: &'static str, port: u16, least: Option<f64>) -> Self {
        Self {
            name,
            port,
            least,
            rounds: Vec::new(),
        }
    }

    /// Answers given in all rounds.
    pub(crate) fn answered(&self) -> u64 {
        self.rounds.iter().map(|load| load.requests).sum()
    }

    fn per_second(&self) -> f64 {
        median(self.rounds.iter().map(Load::per_second))
    }
}

/// Asks each a while without counting: every table is loaded and every function compiled before it counts.
pub(crate) fn warm_up(contenders: &[Contender], generator: &Generator<'_>) -> Result<()> {
    for contender in contenders {
        ask(contender, generator, Duration::from_secs(5))?;
    }
    Ok(())
}

/// Puts load on each, round by round.
pub(crate) fn run(
    contenders: &mut [Contender],
    generator: &Generator<'_>,
    rounds: usize,
    each: Duration,
) -> Result<()> {
    for round in 0..rounds {
        eprintln!("  … edge, round {} of {rounds}", round + 1);
        let count = contenders.len();
        // Nobody is always first, or always after the same one.
        let (first, rest) = contenders.split_at_mut(round % count);
        for contender in rest.iter_mut().chain(first) {
            let load = ask(contender, generator, each)?;
            contender.rounds.push(load);
        }
    }
    Ok(())
}

fn ask(contender: &Contender, generator: &Generator<'_>, duration: Duration) -> Result<Load> {
    load::apply(generator, contender.port, duration).with_context(|| format!("load on {}", contender.name))
}

/// The first one's speed beside each other one's, then everybody's latency.
pub(crate) fn rows(contenders: &[Contender]) -> Vec<Row> {
    let Some((ours, peers)) = contenders.split_first() else {
        return Vec::new();
    };
    let beside = |peer: &Contender| {
        let rounds = ours.rounds.iter().zip(&peer.rounds);
        let ratio = median(rounds.map(|(ours, peer)| ours.per_second() / peer.per_second()));
        let row = Row::new(ours.name, number(ours.per_second(), "req/s")).beside(
            format!("{} {}", peer.name, number(peer.per_second(), "req/s")),
            ratio,
        );
        match peer.least {
            Some(least) => row.target(Target::AtLeast(least), ratio, format!("≥ {least} ×")),
            None => row,
        }
    };
    let latency = |contender: &Contender| {
        let of = |value: fn(&Load) -> f64| number(median(contender.rounds.iter().map(value)), "µs");
        let figure = format!("{} / {}", of(|load| load.p50_us), of(|load| load.p99_us));
        Row::new(format!("{}, latency p50 / p99", contender.name), figure)
    };
    peers
        .iter()
        .map(beside)
        .chain(contenders.iter().map(latency))
        .collect()
}
