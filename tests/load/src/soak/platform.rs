//! All of Marquee on this machine: Worker, API, worker, ingestion, Postgres, and who asks them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use marquee_bench::edge::estate;
use marquee_bench::edge::workerd::Worker;
use marquee_bench::ingest::emulator::Emulator;
use marquee_bench::ingest::traffic::Traffic;
use marquee_bench::orders;
use marquee_bench::program::Core;
use marquee_core::platform::clock::{Clock as _, SystemClock};
use marquee_shared::hit::MAX_PACKED;
use marquee_shared::rules::RuleSet;
use sqlx::PgPool;
use tokio::process::Child;

use crate::Arguments;
use crate::edge::{self, VISITORS};
use crate::hits;
use crate::open::{Offered, calls, offer};
use crate::page;
use crate::processor::{Who, postmaster};
use crate::service::{ROLES, TALENTS};

/// A second, of each.
const ORDERS: f64 = 4.0;
const NOTICES: f64 = 4.0;
const PAGES: f64 = 16.0;
const REDIRECTS: f64 = 200.0;
/// Of a hundred hits each, a round.
const MESSAGES: usize = 30;
const BRAND: &str = "soaked";
const RULES: usize = 1_000;
const BRANDS_AT_THE_EDGE: usize = 10;

/// Everything ends when it is dropped.
pub(super) struct Platform {
    core: Core,
    ingest: Child,
    emulator: Emulator,
    worker: Worker,
    postgres: Who,
    db: PgPool,
    client: reqwest::Client,
    redirects: Vec<String>,
    traffic: Traffic,
    /// Published in turn.
    sets: [RuleSet; 2],
    published: usize,
    sent: Sent,
}

/// Everything that was taken in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) orders: i64,
    pub(super) hits: i64,
}

/// A quarter of a minute's load, and what became of it.
pub(super) struct Round {
    pub(super) offered: [(&'static str, Offered); 4],
}

impl Platform {
    pub(super) async fn start(arguments: &Arguments, db: &PgPool) -> Result<Self> {
        eprintln!("  … starting everything");
        let scratch = arguments.scratch.join("soak");
        fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
        let core = Core::start(&arguments.marquee, &arguments.database_url, None, ROLES, &scratch)?;
        orders::talents(db, TALENTS).await?;
        let mut set = marquee_sample::rules(RULES, 1);
        BRAND.clone_into(&mut set.brand);
        set.settings.hosts = vec![format!("{BRAND}.example.com")];
        core.create_brand(&set)?;
        let mut less = set.clone();
        less.rules.pop();
        let estate = estate::build(&scratch, BRANDS_AT_THE_EDGE, RULES, VISITORS)?;
        let worker = edge::serve(arguments, &scratch, &estate)?;
        let emulator = Emulator::start(&arguments.sqs).await?;
        Ok(Self {
            ingest: hits::ingest(arguments, &emulator)?,
            emulator,
            redirects: edge::urls(&worker, &estate),
            worker,
            postgres: postmaster(db).await?,
            db: db.clone(),
            client: page::client()?,
            traffic: Traffic::new(SystemClock.now())?,
            sets: [set, less],
            published: 0,
            sent: Sent::default(),
            core,
        })
    }

    /// Each program, by the name that figures have.
    pub(super) fn programs(&self) -> Result<[(&'static str, Who); 5]> {
        let ingest = self.ingest.id().context("the ingestion ended")?;
        Ok([
            ("the API", Who::One(self.core.api_id())),
            ("the worker", Who::One(self.core.worker_id())),
            ("the ingestion", Who::One(ingest)),
            ("the edge", Who::One(self.worker.server.id())),
            ("Postgres", self.postgres),
        ])
    }

    pub(super) fn sent(&self) -> Sent {
        self.sent
    }

    /// Another rule set for the brand, from a file to a revision that is live in the database.
    pub(super) fn publish(&mut self) -> Result<()> {
        let [one, other] = &self.sets;
        let set = if self.published.is_multiple_of(2) {
            one
        } else {
            other
        };
        self.published += 1;
        self.core.import(set)?;
        self.core.publish(BRAND).map(drop)
    }

    /// The books, by the program's own check.
    pub(super) fn check_books(&self) -> Result<()> {
        self.core.check_books()
    }

    /// The nth part of the load, and until all of it is answered.
    pub(super) async fn round(&mut self, n: usize, duration: Duration) -> Result<Round> {
        let first = |rate| n * calls(rate, duration);
        orders::quote(&self.db, first(ORDERS) + 1, calls(ORDERS, duration)).await?;
        self.emulator.fill(&self.traffic.messages(MESSAGES)?).await?;
        let (client, url) = (&self.client, &self.core.url());
        let paths = ["/", "/talents", "/sign-in", "/sign-up"];
        let (ordered, noticed, shown, redirected) = tokio::join!(
            offer(ORDERS, duration, |k| {
                page::post(client.clone(), orders::order(url, first(ORDERS) + k + 1))
            }),
            offer(NOTICES, duration, |k| {
                page::post(client.clone(), orders::notice(url, first(NOTICES) + k + 1))
            }),
            offer(PAGES, duration, |k| {
                let path = paths.get(k % paths.len()).copied().unwrap_or_default();
                page::get(client.clone(), format!("{url}{path}"), &[200])
            }),
            offer(REDIRECTS, duration, |k| {
                let redirect = self.redirects.get((first(REDIRECTS) + k) % self.redirects.len());
                page::get(client.clone(), redirect.cloned().unwrap_or_default(), &[302])
            }),
        );
        self.sent.orders += i64::try_from(calls(ORDERS, duration))?;
        self.sent.hits += i64::try_from(MESSAGES * MAX_PACKED)?;
        Ok(Round {
            offered: [
                ("orders", ordered),
                ("notices", noticed),
                ("pages", shown),
                ("redirects", redirected),
            ],
        })
    }
}

impl Round {
    /// What was answered wrongly, or not at all.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        self.offered.iter().filter_map(|(what, offered)| {
            let failure = offered.failure.as_deref()?;
            Some(format!("{} {what} failed, as with: {failure}", offered.failed))
        })
    }
}

/// What was done, in a few sentences.
pub(super) fn method(duration: Duration, round: Duration) -> String {
    format!(
        "{:.0} minutes of the same load, on one machine: a second {ORDERS} orders of guests, {NOTICES} notices of the gateway, {PAGES} \
         pages of the shop, {REDIRECTS} redirects of {BRANDS_AT_THE_EDGE} brands, {:.0} hits through the queue; and another revision of \
         {RULES} rules every other minute. Each {} s everything is looked at. *Then* and *in the end* are on a line through what was \
         seen after the first third, which no outlier moves; it grows when the end is above that by more than is allowed. Memory is \
         what a program shares with nobody, of Postgres all its processes'.\n",
        duration.as_secs_f64() / 60.0,
        (MESSAGES * MAX_PACKED) as f64 / round.as_secs_f64(),
        round.as_secs(),
    )
}
