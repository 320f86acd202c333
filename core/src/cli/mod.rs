//! The command line. Each verb reads the configuration, puts an [`App`] together and calls the same commands
//! and queries as the API.

mod agencies;
mod alerts;
mod applications;
mod audit;
mod bank_details;
mod books;
mod brands;
mod categories;
mod demo;
mod doctor;
mod health;
mod hits;
mod import;
mod import_bar;
mod jobs;
mod keys;
mod mail;
mod orders;
mod output;
mod payments;
mod payouts;
mod people;
mod promotions;
mod reconcile;
mod rules;
mod sample;
mod serve;
mod settings;
mod shares;
mod staff;
mod statements;
mod table;
mod talents;
mod uploads;
mod videos;
mod webhooks;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use self::output::stdout;
use crate::app::{self, App};
use crate::config::{Config, Settings};
use crate::http;
use crate::platform::{clock, database, telemetry};

/// Exit: 0 done, 1 failed, 2 wrong usage, 3 done with findings.
#[derive(Parser)]
#[command(
    name = "marquee",
    version,
    about = "The central service of Marquee",
    max_term_width = 110
)]
struct Cli {
    #[command(flatten)]
    _settings: Settings,
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Answer the API
    Serve(serve::Serve),
    /// Do jobs
    Work(serve::Work),
    /// Bring the database up to date
    Migrate,
    /// Look whether everything that is needed is there
    Doctor,
    /// Ask the process that runs here with the same settings whether it lives
    Health,
    /// Print every setting: what it does, what it is and where that came from; of secrets only whether they are set
    Settings,
    /// Print what the API offers, as OpenAPI
    Openapi,
    /// See who has an account; suspend them, help them back in
    #[command(subcommand)]
    People(people::People),
    /// Add members of the staff, say what they may do, suspend them
    #[command(subcommand)]
    Staff(staff::Staff),
    /// See, make, name and order the categories of the catalogue
    #[command(subcommand)]
    Categories(categories::Categories),
    /// Find talents, take some in and change their terms
    #[command(subcommand)]
    Talents(talents::Talents),
    /// See who wants to become a talent; accept, reject or ask them
    #[command(subcommand)]
    Applications(applications::Applications),
    /// Make agencies, say who belongs to them and who acts for them
    #[command(subcommand)]
    Agencies(agencies::Agencies),
    /// See and set who gets which share of a sale
    #[command(subcommand)]
    Shares(shares::Shares),
    /// Make promotions, change and retire them
    #[command(subcommand)]
    Promotions(promotions::Promotions),
    /// See what customers order, and call it off
    #[command(subcommand)]
    Orders(orders::Orders),
    /// See what customers pay, and every call of the gateway
    #[command(subcommand)]
    Payments(payments::Payments),
    /// Pay talents and agencies what they are owed, month by month
    #[command(subcommand)]
    Payouts(payouts::Payouts),
    /// See what moved the account of a talent or an agency, month by month
    #[command(subcommand)]
    Statements(statements::Statements),
    /// Compare all payments of a time with what the gateway says of them: exit code 3 where that differs
    Reconcile(reconcile::Reconcile),
    /// See the books, and prove that they are right
    #[command(subcommand)]
    Books(books::Books),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Search and export the log of what was changed, by whom
    #[command(subcommand)]
    Audit(audit::Audit),
    /// See what a person should look at, and say that somebody does
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    /// See jobs that are not done; retry or discard dead ones
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// See what mail was sent to whom, retry it, and say who gets none
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Make and see brands, and throw their kill switch
    #[command(subcommand)]
    Brands(brands::Brands),
    /// Import, freeze, publish and roll back rules
    #[command(subcommand)]
    Rules(rules::Rules),
    /// See the videos that people send
    #[command(subcommand)]
    Uploads(uploads::Uploads),
    /// See what became of uploads; take videos down
    #[command(subcommand)]
    Videos(videos::Videos),
    /// Tell others' systems what happens to a brand
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// See what the edge decided
    #[command(subcommand)]
    Hits(hits::Hits),
    /// Walk through the shop on a developer's machine, with made-up orders (only with MARQUEE_ENV=local)
    #[command(subcommand)]
    Demo(demo::Demo),
    /// Fill a developer's database with made-up people (only with MARQUEE_ENV=local)
    #[command(subcommand)]
    Sample(sample::Sample),
}

impl Verb {
    /// Whether it writes times, or waits for some: all processes agree on the database's.
    fn goes_by_postgres(&self) -> bool {
        let others = matches!(
            self,
            Self::Migrate | Self::Openapi | Self::Settings | Self::Doctor | Self::Health
        );
        !others
    }
}

/// How long a verb that is done waits for what it began beside.
const TO_SETTLE: Duration = Duration::from_secs(5);

/// How long what is dropped at the end may take: a file being written, a password being hashed.
const TO_DROP: Duration = Duration::from_secs(1);

/// How a verb ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, and there is something to look at.
    Findings,
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    // What is started on strangers' videos runs as the same user: it is not to read our memory or our environment. Where
    // Linux does not know the call there is nothing to keep it from.
    let _unknown = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let matches = Cli::command().get_matches();
    let Cli { json, verb, .. } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let config = match Settings::read(&matches) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("marquee: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| {
        let outcome = runtime.block_on(run(config, verb, json));
        // What still goes on is dropped here, and with it the programs that it started.
        runtime.shutdown_timeout(TO_DROP);
        outcome
    });
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(3),
        Err(error) => {
            eprintln!("marquee: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config, verb: Verb, json: bool) -> anyhow::Result<Outcome> {
    let traces = app::traces(&config)?;
    telemetry::init(&config.log, traces.as_ref())?;
    telemetry::prometheus();
    let app = App::connect(config).await?;
    let outcome = carry_out(app.clone(), verb, json).await;
    if outcome.as_ref().is_err_and(|error| error.is::<serve::AtOnce>()) {
        return outcome;
    }
    // What was raised on the way is kept. Where it cannot be, nobody is to wait for that.
    app.stopping.cancel();
    if tokio::time::timeout(TO_SETTLE, app.settled()).await.is_err() {
        tracing::warn!("what goes on beside did not end in time");
    }
    if let Some(traces) = traces {
        traces.end().await;
    }
    outcome
}

async fn carry_out(app: App, verb: Verb, json: bool) -> anyhow::Result<Outcome> {
    if verb.goes_by_postgres() {
        clock::look(&app).await.context("reaching Postgres")?;
    }
    match verb {
        Verb::Serve(serve) => serve.run(app).await,
        Verb::Work(work) => work.run(app).await,
        Verb::Migrate => database::migrate(&app.db).await.map(|()| Outcome::Done),
        Verb::Openapi => {
            writeln!(stdout(), "{:#}", http::openapi())?;
            Ok(Outcome::Done)
        }
        Verb::Settings => settings::run(&app, json).map(|()| Outcome::Done),
        Verb::Doctor => doctor::run(&app, json).await,
        Verb::Health => health::run(&app).await,
        Verb::People(people) => people.run(&app, json).await,
        Verb::Staff(staff) => staff.run(&app, json).await,
        Verb::Categories(categories) => categories.run(&app, json).await,
        Verb::Talents(talents) => talents.run(&app, json).await,
        Verb::Applications(applications) => applications.run(&app, json).await,
        Verb::Agencies(agencies) => agencies.run(&app, json).await,
        Verb::Shares(shares) => shares.run(&app, json).await,
        Verb::Promotions(promotions) => promotions.run(&app, json).await,
        Verb::Orders(orders) => orders.run(&app, json).await,
        Verb::Payments(payments) => payments.run(&app, json).await,
        Verb::Payouts(payouts) => payouts.run(&app, json).await,
        Verb::Statements(statements) => statements.run(&app, json).await.map(|()| Outcome::Done),
        Verb::Reconcile(reconcile) => reconcile.run(&app, json).await,
        Verb::Books(books) => books.run(&app, json).await,
        Verb::Keys(keys) => keys.run(&app, json).await,
        Verb::Audit(audit) => audit.run(&app, json).await,
        Verb::Alerts(alerts) => alerts.run(&app, json).await,
        Verb::Jobs(jobs) => jobs.run(&app, json).await,
        Verb::Mail(mail) => mail.run(&app, json).await,
        Verb::Brands(brands) => brands.run(&app, json).await,
        Verb::Rules(rules) => rules.run(&app, json).await,
        Verb::Uploads(uploads) => uploads.run(&app, json).await,
        Verb::Videos(videos) => videos.run(&app, json).await,
        Verb::Webhooks(webhooks) => webhooks.run(&app, json).await,
        Verb::Hits(hits) => hits.run(&app, json).await,
        Verb::Demo(demo) => demo.run(&app, json).await,
        Verb::Sample(sample) => sample.run(&app, json).await,
    }
}
