//! Who uses the machine while load is on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use marquee_bench::program::Core;
use tokio::task::JoinHandle;

use crate::page;
use crate::processor::{Idle, Meter, Who};

/// Between two looks at the pool of connections.
const POLL: Duration = Duration::from_millis(200);
/// With less than this left of all processors nobody gets more.
const SPENT: f64 = 0.1;

/// Running meters.
pub(super) struct Watch {
    api: Meter,
    worker: Meter,
    postgres: Meter,
    load: Meter,
    idle: Idle,
    pool: Arc<Pool>,
    looking: JoinHandle<()>,
}

/// Processors in use on average, by whom; and the API's connections to Postgres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) api: f64,
    pub(super) worker: f64,
    pub(super) postgres: f64,
    pub(super) load: f64,
    pub(super) idle: f64,
    /// There are.
    pub(super) processors: f64,
    /// In use at once, at most.
    pub(super) connections: u32,
    pub(super) connections_limit: u32,
}

#[derive(Debug, Default)]
struct Pool {
    used: AtomicU32,
    limit: AtomicU32,
}

impl Watch {
    pub(super) fn start(core: &Core, postgres: Who) -> Result<Self> {
        let pool = Arc::<Pool>::default();
        Ok(Self {
            api: Meter::start(Who::One(core.api_id()))?,
            worker: Meter::start(Who::One(core.worker_id()))?,
            postgres: Meter::start(postgres)?,
            load: Meter::start(Who::One(std::process::id()))?,
            idle: Idle::start()?,
            looking: tokio::spawn(look(format!("{}/metrics", core.url()), pool.clone())),
            pool,
        })
    }

    pub(super) fn stop(self) -> Result<Seen> {
        self.looking.abort();
        Ok(Seen {
            api: self.api.cores()?,
            worker: self.worker.cores()?,
            postgres: self.postgres.cores()?,
            load: self.load.cores()?,
            idle: self.idle.processors()?,
            processors: std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64),
            connections: self.pool.used.load(Ordering::Relaxed),
            connections_limit: self.pool.limit.load(Ordering::Relaxed),
        })
    }
}

/// Until it is aborted. A look that fails tells nothing.
async fn look(metrics: String, pool: Arc<Pool>) {
    let Ok(client) = page::client() else {
        return;
    };
    loop {
        if let Ok(text) = read(&client, &metrics).await {
            let used = gauge(&text, r#"marquee_pool_connections{state="used"}"#);
            pool.used.fetch_max(used, Ordering::Relaxed);
            pool.limit
                .fetch_max(gauge(&text, "marquee_pool_limit"), Ordering::Relaxed);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn read(client: &reqwest::Client, url: &str) -> Result<String> {
    let answer = client.get(url).send().await.context("asking for metrics")?;
    answer.text().await.context("reading metrics")
}

/// 0 where it is not told.
fn gauge(metrics: &str, name: &str) -> u32 {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    value.map_or(0, |value| value as u32)
}

impl Seen {
    /// Whoever else is on this machine: what is not ours spoils figures.
    pub(super) fn others(&self) -> f64 {
        let known = self.api + self.worker + self.postgres + self.load + self.idle;
        (self.processors - known).max(0.0)
    }

    /// What there was no more of, and what to do about it.
    pub(super) fn limit(&self) -> String {
        let processors = self.processors;
        if self.idle < SPENT * processors {
            let uses = [
                (
                    "the API",
                    self.api,
                    "more API processes: it keeps nothing between requests",
                ),
                (
                    "the worker",
                    self.worker,
                    "workers on machines of their own, more of them",
                ),
                (
                    "Postgres",
                    self.postgres,
                    "a larger Postgres, by itself: everything it does here is done by processors that others want, too",
                ),
                (
                    "the load itself",
                    self.load,
                    "load from another machine: this one says nothing of the core's limit",
                ),
                (
                    "others on this machine",
                    self.others(),
                    "trying again where nobody else is at work",
                ),
            ];
            let most = uses.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
            let (who, used, remedy) = most.unwrap_or(("nobody", 0.0, "nothing"));
            return format!(
                "All {processors} processors were in use then, {used:.2} of them by {who}, which had most. What moves it: {remedy}."
            );
        }
        if self.connections_limit > 0 && self.connections >= self.connections_limit {
            return format!(
                "All {} connections of the API to Postgres were in use then, and {:.2} of {processors} processors idle. What moves \
                 it: a larger `MARQUEE_POOL_SIZE`, or more API processes.",
                self.connections_limit, self.idle
            );
        }
        format!(
            "Neither processors ({:.2} of {processors} idle) nor connections were at an end then: requests waited for locks or for \
             commits. What moves it: a faster disk under Postgres.",
            self.idle
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Seen = Seen {
        api: 0.5,
        worker: 0.1,
        postgres: 0.9,
        load: 0.3,
        idle: 0.05,
        processors: 2.0,
        connections: 16,
        connections_limit: 16,
    };

    #[test]
    fn a_gauge_is_read_by_its_whole_name() {
        let metrics = "# TYPE marquee_pool_connections gauge\nmarquee_pool_connections{state=\"idle\"} 3\n\
                       marquee_pool_connections{state=\"used\"} 13\nmarquee_pool_limit 16\n";
        assert_eq!(gauge(metrics, r#"marquee_pool_connections{state="used"}"#), 13);
        assert_eq!(gauge(metrics, "marquee_pool_limit"), 16);
        assert_eq!(gauge(metrics, "marquee_pool"), 0);
    }

    #[test]
    fn the_first_thing_that_ends_is_named() {
        assert!(
            SEEN.limit().contains("0.90 of them by Postgres"),
            "{}",
            SEEN.limit()
        );
        let waiting = Seen {
            idle: 1.0,
            postgres: 0.1,
            ..SEEN
        };
        assert!(
            waiting.limit().contains("MARQUEE_POOL_SIZE"),
            "{}",
            waiting.limit()
        );
        let locked = Seen {
            connections: 2,
            ..waiting
        };
        assert!(locked.limit().contains("commits"), "{}", locked.limit());
        assert!((SEEN.others() - 0.15).abs() < 1e-9);
    }
}
