//! Prints what the engine costs at 3,000, 20,000 and 100,000 rules:
//! `cargo run --release -p marquee-sample --example measure`.
//!
//! Times are the thread's own on the processor where the kernel tells them (Linux), so that a busy machine
//! disturbs little.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use marquee_sample::rules;
use marquee_shared::compile::{check, compile};
use marquee_shared::decide::{Device, Site, Visitor, decide};
use marquee_shared::manifest::{Blob, Brand, Mode};
use marquee_shared::table::{Question, Table};
use marquee_shared::zip::{Typed, Zip, locate};

const VISITORS: usize = 65_536;
const ROUNDS: usize = 31;

fn main() -> anyhow::Result<()> {
    println!("rules     raw KB  gzip KB  check ms  compile ms  load ms   resolve ns      decide ns");
    println!("                                                           p50    p99      p50");
    for count in [3_000, 20_000, 100_000] {
        let set = rules(count, 1);
        let check_ms = best(5, || check(&set).len());
        let compile_ms = best(5, || {
            compile(&set)
                .map(|compiled| compiled.bytes.len())
                .unwrap_or_default()
        });
        let bytes = compile(&set)?.bytes;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let gzip = gzip.finish()?.len();
        let load_ms = best(20, || Table::load(bytes.clone()).is_ok());
        let copy_ms = best(20, || bytes.clone().len());

        let products: Vec<_> = set
            .settings
            .products
            .iter()
            .map(|product| product.code.clone())
            .collect();
        let media: Vec<_> = (0..40).map(|index| format!("media-{index}")).collect();
        let visitors = visitors(&products, &media);
        let table = Table::load(bytes.clone())?;
        let (p50, p99) = resolve(&table, &visitors);
        let decide_p50 = decide_all(&set.settings.destinations, &table, &visitors);
        println!(
            "{count:>7} {:>8} {:>8} {check_ms:>9.1} {:>11.1} {:>8.3}  {p50:>6.0} {p99:>6.0} {decide_p50:>9.0}",
            bytes.len() / 1_000,
            gzip / 1_000,
            compile_ms - check_ms,
            load_ms - copy_ms,
        );
    }
    Ok(())
}

/// Uniform over ZIPs of assigned prefixes and all values.
fn visitors<'a>(products: &'a [String], media: &'a [String]) -> Vec<Visitor<'a>> {
    let mut state = 42_u64;
    let mut below = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut visitors = Vec::with_capacity(VISITORS);
    while visitors.len() < VISITORS {
        let Some(zip) = Zip::from_number(below(100_000) as i64) else {
            continue;
        };
        if locate(zip).state.is_none() {
            continue;
        }
        visitors.push(Visitor {
            product: &products[below(products.len())],
            zip: Typed { zip, plus4: None },
            language: ["en", "es"][below(2)],
            device: Device::ALL[below(3)],
            media: &media[below(media.len())],
            at: 1_795_305_600,
            hit: "01890000-0000-7000-8000-000000000000",
            seed: visitors.len() as u64,
            query: "",
        });
    }
    visitors
}

/// Nanoseconds of a look-up, the next one waiting for it: the median round, and the 99th percentile of rounds of
/// sixteen look-ups.
fn resolve(table: &Table, visitors: &[Visitor<'_>]) -> (f64, f64) {
    let questions: Vec<Question> = visitors
        .iter()
        .filter_map(|visitor| table.question(visitor, locate(visitor.zip.zip).state))
        .collect();
    let mut rounds = Vec::new();
    let mut sixteens = Vec::new();
    let mut next = 0_usize;
    for _ in 0..ROUNDS {
        let begin = Clock::start();
        for index in 0..questions.len() {
            let answer = table.rule(&questions[(index + next) % questions.len()]);
            next = black_box(answer).map_or(0, |rule| rule as usize & 1);
        }
        rounds.push(begin.elapsed().as_nanos() as f64 / questions.len() as f64);
    }
    for questions in questions.chunks(16) {
        let begin = Instant::now();
        for question in questions {
            black_box(table.rule(question));
        }
        sixteens.push(begin.elapsed().as_nanos() as f64 / questions.len() as f64);
    }
    (percentile(&mut rounds, 50), percentile(&mut sixteens, 99))
}

fn decide_all(destinations: &[String], table: &Table, visitors: &[Visitor<'_>]) -> f64 {
    let brand = Brand {
        code: "large".to_owned(),
        hosts: Vec::new(),
        origins: Vec::new(),
        languages: vec!["en".to_owned(), "es".to_owned()],
        default_language: "en".to_owned(),
        destinations: destinations.to_vec(),
        pass_query: Vec::new(),
        ask_url: None,
        fallback_url: None,
        mode: Mode::Rules,
        revision: 1,
        table: Blob {
            sha256: String::new(),
            size: 0,
        },
        city: None,
        canary: None,
    };
    let site = Site {
        brand: &brand,
        revision: 1,
        canary: false,
        table,
        city: None,
    };
    let round = |_| {
        let begin = Clock::start();
        for visitor in visitors {
            black_box(decide(&site, visitor));
        }
        begin.elapsed().as_nanos() as f64 / visitors.len() as f64
    };
    percentile(&mut (0..7).map(round).collect::<Vec<_>>(), 50)
}

fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

struct Clock {
    wall: Instant,
    processor: Option<Duration>,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            processor: Self::processor(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.processor, Self::processor()) {
            (Some(begin), Some(end)) => end - begin,
            _ => self.wall.elapsed(),
        }
    }

    fn processor() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace()
            .next()?
            .parse()
            .ok()
            .map(Duration::from_nanos)
    }
}

/// Milliseconds, the least of several runs.
fn best<T>(runs: usize, work: impl Fn() -> T) -> f64 {
    let run = |_| {
        let begin = Clock::start();
        black_box(work());
        begin.elapsed().as_secs_f64() * 1_000.0
    };
    (0..runs).map(run).fold(f64::INFINITY, f64::min)
}
