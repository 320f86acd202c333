//! The core under orders, notices of the gateway and readers of pages; and rule sets on their way through it.

mod publishing;
mod watch;

use std::fs;
use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use marquee_bench::orders;
use marquee_bench::program::Core;
use marquee_bench::report::{aligned, number};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use self::watch::{Seen, Watch};
use crate::open::{Offered, offer};
use crate::page;
use crate::processor::postmaster;
use crate::sizing::Table;
use crate::{Arguments, Plan};

pub(crate) const TALENTS: i32 = 5_000;
/// All but what makes videos and what is the clock's.
pub(crate) const ROLES: &str = "default,mail,payments";
/// For what a step leaves behind, before the next begins.
const DRAIN: Duration = Duration::from_secs(45);
const POLL: Duration = Duration::from_millis(100);
/// Processors that somebody else may use without spoiling figures.
const QUIET: f64 = 0.15;

pub(crate) fn tables(arguments: &Arguments, plan: &Plan, runtime: &Runtime) -> Result<Vec<Table>> {
    let scratch = arguments.scratch.join("core");
    fs::create_dir_all(&scratch).with_context(|| format!("creating {}", scratch.display()))?;
    eprintln!("  … core, filling");
    let core = Core::start(&arguments.marquee, &arguments.database_url, None, ROLES, &scratch)?;
    runtime.block_on(async {
        let db = PgPool::connect(&arguments.database_url)
            .await
            .context("connecting to Postgres")?;
        let quotes: u32 = plan.orders.iter().map(|rate| rate * plan.seconds).sum();
        orders::fill(&db, TALENTS, usize::try_from(quotes)? + 1).await?;
        let talents: Vec<String> =
            sqlx::query_scalar("select id::text from catalogue.talent order by id limit 500")
                .fetch_all(&db)
                .await
                .context("looking for talents")?;
        let load = Load {
            core: &core,
            db: &db,
            duration: plan.duration(),
        };
        let mut tables = vec![
            // First what leaves no jobs behind.
            load.pages(plan.pages, &talents).await?,
            load.orders(plan.orders).await?,
            load.notices(plan.notices).await?,
        ];
        tables.push(publishing::table(&core, plan)?);
        Ok(tables)
    })
}

/// One thing that is asked of the core, more and more often.
struct Load<'a> {
    core: &'a Core,
    db: &'a PgPool,
    duration: Duration,
}

impl Load<'_> {
    async fn orders(&self, rates: &[u32]) -> Result<Table> {
        let (client, url) = (page::client()?, self.core.url());
        let steps = self
            .steps("orders", rates, |n| {
                page::post(client.clone(), orders::order(&url, n + 1))
            })
            .await?;
        Ok(table(
            "Orders",
            format!(
                "Guests order by quotes that were made before, of {TALENTS} talents who are never fully booked, for {} s at each \
                 rate. An order is answered when it is stored; the worker (roles {ROLES}) then has the sandbox gateway hold its \
                 money and mails people, on the same machine.",
                self.duration.as_secs()
            ),
            "order",
            &steps,
        ))
    }

    async fn notices(&self, rates: &[u32]) -> Result<Table> {
        let (client, url) = (page::client()?, self.core.url());
        let steps = self
            .steps("notices", rates, |n| {
                page::post(client.clone(), orders::notice(&url, n + 1))
            })
            .await?;
        Ok(table(
            "Notices of the gateway",
            format!(
                "Signed notices of payments, for {} s at each rate: verified, sealed, stored and then acknowledged. What they are \
                 about is looked up by a job after that.",
                self.duration.as_secs()
            ),
            "notice",
            &steps,
        ))
    }

    async fn pages(&self, rates: &[u32], talents: &[String]) -> Result<Table> {
        let (client, url) = (page::client()?, self.core.url());
        let steps = self
            .steps("pages", rates, |n| {
                let path = match n % 4 {
                    0 => "/".to_owned(),
                    1 => "/talents".to_owned(),
                    _ => {
                        let talent = talents.get(n % talents.len().max(1));
                        format!("/talents/{}", talent.map_or("", String::as_str))
                    }
                };
                // One talent in a hundred is suspended, hence not there.
                page::get(client.clone(), format!("{url}{path}"), &[200, 404])
            })
            .await?;
        Ok(table(
            "Pages of the shop",
            format!(
                "The entrance, the list of {TALENTS} talents and pages of 500 of them (1 : 1 : 2), as somebody who is not signed in, \
                 for {} s at each rate. A page asks the API in the same process.",
                self.duration.as_secs()
            ),
            "page",
            &steps,
        ))
    }

    /// Load at each rate in turn; numbers go on from step to step.
    async fn steps<F>(&self, what: &str, rates: &[u32], call: impl Fn(usize) -> F) -> Result<Vec<Step>>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let mut first = 0;
        let mut steps = Vec::new();
        for rate in rates {
            eprintln!("  … {rate} {what} a second");
            let watch = Watch::start(self.core, postmaster(self.db).await?)?;
            let rate = f64::from(*rate);
            let offered = offer(rate, self.duration, |n| call(first + n)).await;
            let seen = watch.stop()?;
            first += (rate * self.duration.as_secs_f64()) as usize;
            let waiting = due_jobs(self.db).await?;
            if let Some(failure) = &offered.failure {
                eprintln!("    {} of them failed, as with: {failure}", offered.failed);
            }
            steps.push(Step {
                offered,
                seen,
                waiting,
            });
            self.drained().await?;
        }
        Ok(steps)
    }

    /// Waits a while for what is left: the next step should not pay for this one.
    async fn drained(&self) -> Result<()> {
        let began = Instant::now();
        while due_jobs(self.db).await? > 0 && began.elapsed() < DRAIN {
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

/// Jobs that are due and not done.
pub(crate) async fn due_jobs(db: &PgPool) -> Result<i64> {
    sqlx::query_scalar("select count(*) from platform.job where status <> 'dead' and due_at <= now()")
        .fetch_one(db)
        .await
        .context("counting jobs")
}

/// One rate, and what it did.
struct Step {
    offered: Offered,
    seen: Seen,
    /// Jobs that were due when it ended.
    waiting: i64,
}

fn table(title: &'static str, method: String, of: &str, steps: &[Step]) -> Table {
    let head = [
        "offered /s",
        "answered /s",
        "p50",
        "p99",
        "failed",
        "API",
        "worker",
        "Postgres",
        "load",
        "others",
        "idle",
        "connections",
        "jobs left",
    ]
    .map(str::to_owned);
    let rows = steps.iter().map(|step| {
        let Step {
            offered,
            seen,
            waiting,
        } = step;
        vec![
            format!("{:.0}", offered.per_second),
            format!("{:.0}", offered.achieved),
            number(offered.latency_ms.p50(), "ms"),
            number(offered.latency_ms.p99(), "ms"),
            offered.failed.to_string(),
            format!("{:.2}", seen.api),
            format!("{:.2}", seen.worker),
            format!("{:.2}", seen.postgres),
            format!("{:.2}", seen.load),
            format!("{:.2}", seen.others()),
            format!("{:.2}", seen.idle),
            format!("{} of {}", seen.connections, seen.connections_limit),
            waiting.to_string(),
        ]
    });
    Table {
        title,
        method: format!("{method} Processors in use on average, by whom."),
        text: aligned(&head, rows),
        limit: format!("{}{}", limit(of, steps), disturbed(steps)),
    }
}

/// Says so where somebody else was at work on the machine.
fn disturbed(steps: &[Step]) -> String {
    let others = steps.iter().map(|step| step.seen.others()).fold(0.0, f64::max);
    if others < QUIET {
        return String::new();
    }
    format!(
        " Others on this machine had up to {others:.2} of its processors meanwhile, so on a quiet one it is better than this."
    )
}

/// Where the first limit lies, and what moves it.
fn limit(of: &str, steps: &[Step]) -> String {
    let cost = steps.iter().rfind(|step| step.offered.kept_up());
    let cost = cost.map_or_else(String::new, |step| {
        let per = |cores: f64| cores / step.offered.achieved.max(f64::MIN_POSITIVE) * 1e3;
        let Seen {
            api,
            worker,
            postgres,
            ..
        } = step.seen;
        format!(
            "At {:.0} a second one {of} costs {} of a processor: {} in the API, {} in the worker, {} in Postgres. ",
            step.offered.per_second,
            number(per(api + worker + postgres), "ms"),
            number(per(api), "ms"),
            number(per(worker), "ms"),
            number(per(postgres), "ms"),
        )
    });
    let Some(step) = steps.iter().find(|step| !step.offered.kept_up()) else {
        return format!("{cost}Every rate was kept up with: the first limit lies beyond these.");
    };
    let Step { offered, seen, .. } = step;
    let refused = offered.failure.as_deref().map_or_else(String::new, |failure| {
        // What it says is JSON; the status and the code are enough.
        let status = failure.split(' ').next().unwrap_or_default();
        let overloaded = failure.contains("\"overloaded\"");
        let why = if overloaded {
            ", which sheds what is too much at once"
        } else {
            ""
        };
        format!(", {} had no right answer (as {status}{why})", offered.failed)
    });
    format!(
        "{cost}The first limit lies below {:.0} a second: then {:.0} were answered in time, p99 {}{refused}. {}",
        offered.per_second,
        offered.achieved,
        number(offered.latency_ms.p99(), "ms"),
        seen.limit(),
    )
}
