//! How long a month's payout takes, from what is owed to the bank's answer, beside what Postgres needs for the same rows.

mod estate;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use marquee_core::access::Principal;
use marquee_core::app::App;
use marquee_core::catalogue::Payee;
use marquee_core::locale::Locale;
use marquee_core::money::{Currency, Money};
use marquee_core::payouts::{self, Format, Month, Report, queries, statement};
use marquee_core::platform::database;

use crate::Run;
use crate::ingest::Programs;
use crate::report::{Row, Section, number};
use crate::service;
use crate::stats::median;

pub(crate) fn run(run: &Run, programs: &Programs) -> Result<Section> {
    let database_url = programs.database_url.as_deref();
    let database_url = database_url.context("--database-url is missing")?;
    let (lines, rounds) = if run.quick { (100, 1) } else { (10_000, 3) };
    let config = service::config(database_url)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the asynchronous runtime")?;
    let rows = runtime.block_on(async {
        let app = App::connect(config).await?;
        database::migrate(&app.db).await?;
        eprintln!("  … payouts, filling");
        estate::fill(&app, lines).await?;
        let mut figures = Figures::default();
        let last = Month::of(&app.config.zone, app.now()).before();
        for round in 0..rounds {
            eprintln!("  … payouts, round {round} of {rounds}");
            estate::sell(&app, last, lines).await?;
            figures.limits.push(estate::copy(&app, lines).await?);
            measure(&app, last, lines, &mut figures).await?;
        }
        anyhow::Ok(figures.rows(lines))
    })?;
    Ok(Section {
        title: "Payouts",
        method: format!(
            "{} talents, each with an account and one sale of the last month, all written by SQL; the commands of the core in this \
             process, one after the other, which seal, hash and post each line. Limit: as many rows into a table without \
             indexes by `insert … select` in one transaction, in the same Postgres and round. {rounds} rounds, medians.",
            number(f64::from(lines), ""),
        ),
        rows,
    })
}

#[derive(Default)]
struct Figures {
    limits: Vec<f64>,
    created: Vec<f64>,
    approved: Vec<f64>,
    exported: Vec<f64>,
    imported: Vec<f64>,
    told: Vec<f64>,
}

impl Figures {
    fn rows(&self, lines: i32) -> Vec<Row> {
        let limit = median(self.limits.iter().copied());
        let row = |what: &str, seconds: &[f64]| {
            let took = median(seconds.iter().copied());
            let figure = format!(
                "{}, {}",
                number(took, "s"),
                number(f64::from(lines) / took, "lines/s")
            );
            Row::new(what, figure).beside(format!("insert {}", number(limit, "s")), took / limit)
        };
        vec![
            row("created: what is owed, frozen and sealed", &self.created),
            row("approved: each line posted, one transaction", &self.approved),
            row("the file for the bank written and kept", &self.exported),
            row(
                "the bank's answer taken in, 200 lines a transaction",
                &self.imported,
            ),
            row("statements of all, as CSV", &self.told),
        ]
    }
}

async fn measure(app: &App, month: Month, lines: i32, figures: &mut Figures) -> Result<()> {
    let (maker, approver) = (
        Principal::named_operator("maker"),
        Principal::named_operator("approver"),
    );
    let quiet = |_, _| {};

    let begun = Instant::now();
    let payout = payouts::create(app, &maker, None, month, Currency::BRL)
        .await?
        .payout;
    figures.created.push(begun.elapsed().as_secs_f64());

    let found = queries::find_payout(&mut *app.db.acquire().await?, payout).await?;
    let found = found.context("the payout is gone")?;
    ensure!(found.lines == i64::from(lines), "{} lines", found.lines);
    let begun = Instant::now();
    let total = Money::new(found.total_minor, Currency::BRL)?;
    payouts::approve(app, &approver, payout, total, &quiet).await?;
    figures.approved.push(begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    let file = payouts::export(app, &maker, payout, Format::Full, Locale::En).await?;
    figures.exported.push(begun.elapsed().as_secs_f64());

    let answered = String::from_utf8(file)?.replace(estate::UNANSWERED, estate::PAID);
    let begun = Instant::now();
    let report: Report = payouts::import(app, &maker, payout, answered.as_bytes(), false, &quiet).await?;
    figures.imported.push(begun.elapsed().as_secs_f64());
    ensure!(
        report.paid == u64::try_from(lines)? && report.findings.is_empty(),
        "{report:?}"
    );

    let begun = Instant::now();
    for n in 1..=lines {
        let payee = Payee::Talent(estate::talent(n));
        let (view, locale) = queries::statement(app, payee, month, Currency::BRL, None).await?;
        let bytes = statement::sheet(&view, locale, &app.config.zone).write(true)?;
        ensure!(
            !view.lines.items.is_empty() && !bytes.is_empty(),
            "an empty statement"
        );
    }
    figures.told.push(begun.elapsed().as_secs_f64());
    Ok(())
}
