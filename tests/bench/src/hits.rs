//! What a person waits for who looks at a month of 50 million hits.

mod estate;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use marquee_core::app::App;
use marquee_core::hits::domain::Range;
use marquee_core::hits::queries::{
    self, Bots, Dimension, Filter, LostZips, Order, Paging, Unused, lost_zips, totals, unused_rules,
};
use marquee_core::platform::database;
use marquee_core::redirects::queries::Which;
use time::{Date, Duration, OffsetDateTime};

use self::estate::{BRAND, Estate};
use crate::Run;
use crate::ingest::Programs;
use crate::report::{Row, Section, Target, number};
use crate::service;
use crate::stats::Samples;

/// The most milliseconds that a question may take.
const LIMIT: f64 = 200.0;

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    runtime.block_on(measure(run, programs))
}

async fn measure(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs
        .database_url
        .as_deref()
        .context("--database-url is missing")?;
    let app = App::connect(service::config(database_url)?).await?;
    database::migrate(&app.db).await?;
    let now = app.now();
    eprintln!("  … hits, filling a month");
    let estate = if run.quick { Estate::SMALL } else { Estate::WHOLE };
    let filled = estate.fill(&app, now).await?;
    let rounds = if run.quick { 3 } else { 30 };

    let mut rows = Vec::new();
    for question in Question::ALL {
        eprintln!("  … hits, {}", question.name());
        // The first plans, and fetches what is not in memory.
        let first = question.ask(&app, now).await?;
        let mut samples = Vec::new();
        for _ in 0..rounds {
            samples.push(question.ask(&app, now).await?);
        }
        let samples: Samples = samples.into_iter().collect();
        let (p50, p95) = (samples.p50(), samples.p95());
        let figure = format!("p50 {}, p95 {}", number(p50, "ms"), number(p95, "ms"));
        let what = format!("{} (first {})", question.name(), number(first, "ms"));
        rows.push(Row::new(what, figure).target(Target::AtMost(LIMIT), p95, "p95 ≤ 200 ms"));
    }
    Ok(Section {
        title: "Hits of 30 days",
        method: format!(
            "{} hits of 30 days in {} counts by the day ({} brands, 4 products, 51 states, 288 rules a brand, splits, fallbacks, lost, \
             bots), in {} counts by few columns, and in {} cells of lost ZIPs, written as ingestion leaves them but by SQL, each \
             day's rows in no order. Asked through the core's queries, one after the other, {rounds} times each, after the first. Of other \
             cells there are none: the index of lost ones does not have them.",
            number(filled.hits, ""),
            number(filled.counts, ""),
            estate.brands,
            number(filled.summary, ""),
            number(filled.lost, ""),
        ),
        rows,
    })
}

#[derive(Clone, Copy)]
enum Question {
    Series,
    ByBrand,
    ByOutcomeAndProduct,
    ByState,
    BrandByRule,
    BrandByState,
    Splits,
    Unused,
    LostNewest,
    LostFrequent,
    BrandLost,
}

impl Question {
    const ALL: [Self; 11] = [
        Self::Series,
        Self::ByBrand,
        Self::ByOutcomeAndProduct,
        Self::ByState,
        Self::BrandByRule,
        Self::BrandByState,
        Self::Splits,
        Self::Unused,
        Self::LostNewest,
        Self::LostFrequent,
        Self::BrandLost,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Series => "all hits by day",
            Self::ByBrand => "all by brand",
            Self::ByOutcomeAndProduct => "all by outcome and product",
            Self::ByState => "all by state",
            Self::BrandByRule => "the largest brand by rule",
            Self::BrandByState => "the largest brand by state",
            Self::Splits => "its splits, beside what is intended",
            Self::Unused => "its unused rules",
            Self::LostNewest => "lost ZIPs of all brands, newest",
            Self::LostFrequent => "lost ZIPs of all brands, most frequent",
            Self::BrandLost => "lost ZIPs of the largest brand",
        }
    }

    /// How many milliseconds the answer takes; it must not be empty.
    async fn ask(self, app: &App, now: OffsetDateTime) -> Result<f64> {
        let since = now.date().saturating_sub(Duration::days(29));
        let range = Range::resolve(Some(since.midnight().assume_utc()), None, None, now)?;
        let paging = Paging {
            cursor: None,
            limit: 50,
        };
        let (everything, brand) = (
            Filter::default(),
            Filter {
                brand: Some(BRAND.to_owned()),
                ..Filter::default()
            },
        );
        let counted = async |filter: &Filter, by: &[Dimension]| {
            let totals = totals(app, range, filter, by, 50).await?;
            Ok::<_, anyhow::Error>(totals.hits > 0 && (by.is_empty() || !totals.groups.is_empty()))
        };
        let lost = async |brand: Option<&str>, order| {
            let which = lost(brand, since, order);
            Ok::<_, anyhow::Error>(!lost_zips(app, &which, &paging).await?.items.is_empty())
        };
        let begun = Instant::now();
        let answered = match self {
            Self::Series => counted(&everything, &[]).await?,
            Self::ByBrand => counted(&everything, &[Dimension::Brand]).await?,
            Self::ByOutcomeAndProduct => {
                counted(&everything, &[Dimension::Outcome, Dimension::Product]).await?
            }
            Self::ByState => counted(&everything, &[Dimension::State]).await?,
            Self::BrandByRule => counted(&brand, &[Dimension::Rule]).await?,
            Self::BrandByState => counted(&brand, &[Dimension::State]).await?,
            Self::Splits => {
                let splits = queries::splits(app, BRAND, range, &brand, &paging).await?;
                splits.items.iter().any(|split| split.compatible.is_some())
            }
            Self::Unused => {
                let asked = Unused {
                    of: Which::Live,
                    since,
                    bots: Bots::Exclude,
                };
                let unused = unused_rules(app, BRAND, asked, &paging).await?;
                !unused.items.is_empty()
            }
            Self::LostNewest => lost(None, Order::Newest).await?,
            Self::LostFrequent => lost(None, Order::Frequent).await?,
            Self::BrandLost => lost(Some(BRAND), Order::Newest).await?,
        };
        let elapsed = begun.elapsed().as_secs_f64() * 1_000.0;
        ensure!(answered, "{}: nothing was found", self.name());
        Ok(elapsed)
    }
}

fn lost(brand: Option<&str>, since: Date, order: Order) -> LostZips {
    LostZips {
        brand: brand.map(str::to_owned),
        product: None,
        since,
        bots: Bots::Exclude,
        order,
    }
}
