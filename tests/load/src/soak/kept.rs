//! What must be there when all is done: nothing that was taken in may be missing, or be there twice.

use anyhow::{Context, Result};
use marquee_bench::report::aligned;
use sqlx::PgPool;

use super::platform::Platform;

/// A count, and what it must be.
#[derive(Debug)]
pub(super) struct Kept {
    what: &'static str,
    expected: i64,
    found: i64,
}

const HITS: &str = "select count(*) from hits.hit";

pub(super) async fn check(platform: &Platform, db: &PgPool) -> Result<Vec<Kept>> {
    let sent = platform.sent();
    let counts = [
        ("orders", sent.orders, "select count(*) from orders.purchase"),
        (
            "holds on their money",
            sent.orders,
            "select count(*) from payments.payment where status = 'authorized' and authorized_minor = amount_minor",
        ),
        ("hits", sent.hits, HITS),
        (
            "hits in the roll-up by day",
            sent.hits,
            "select coalesce(sum(hits), 0)::bigint from hits.rollup where grain = 'day'",
        ),
        ("messages set aside", 0, "select count(*) from hits.quarantine"),
        (
            "jobs given up",
            0,
            "select count(*) from platform.job where status = 'dead'",
        ),
    ];
    let mut kept = Vec::new();
    for (what, expected, sql) in counts {
        let found = count(db, sql).await?;
        kept.push(Kept {
            what,
            expected,
            found,
        });
    }
    Ok(kept)
}

pub(super) async fn hits(db: &PgPool) -> Result<i64> {
    count(db, HITS).await
}

async fn count(db: &PgPool, sql: &'static str) -> Result<i64> {
    sqlx::query_scalar(sql).fetch_one(db).await.context(sql)
}

impl Kept {
    pub(super) fn fault(&self) -> Option<String> {
        let Self {
            what,
            expected,
            found,
        } = self;
        (expected != found).then(|| format!("{what}: {found}, and must be {expected}"))
    }
}

pub(super) fn text(kept: &[Kept]) -> String {
    let head = ["in the end", "must be", "are"].map(str::to_owned);
    let rows = kept.iter().map(|kept| {
        vec![
            kept.what.to_owned(),
            kept.expected.to_string(),
            kept.found.to_string(),
        ]
    });
    aligned(&head, rows)
}
