//! The limit: Postgres' own bulk load of the very same rows, which counts nothing.

use std::time::Instant;

use anyhow::{Context, Result};
use futures::TryStreamExt;
use futures::future::try_join_all;
use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt;
use time::OffsetDateTime;

/// Creates a table like that of the hits: the same columns, checks and key, without partitions.
pub(crate) async fn prepare(db: &PgPool) -> Result<()> {
    let sql = "create schema bench; create table bench.hit (like hits.hit including all)";
    sqlx::raw_sql(sql)
        .execute(db)
        .await
        .context("creating the limit's table")
        .map(drop)
}

/// The rows of the hits since `from`, as `copy` writes them.
pub(crate) async fn rows(db: &PgPool, from: OffsetDateTime) -> Result<String> {
    let milliseconds = from.unix_timestamp_nanos() / 1_000_000;
    let sql =
        format!("copy (select * from hits.hit where at >= to_timestamp({milliseconds} / 1000.0)) to stdout");
    let stream = db.copy_out_raw(&sql).await.context("reading the hits")?;
    let bytes: Vec<u8> = stream
        .map_ok(|chunk| chunk.to_vec())
        .try_concat()
        .await
        .context("reading the hits")?;
    String::from_utf8(bytes).context("reading the hits")
}

/// Loads the rows, `per_transaction` at a time, over as many connections as ingestion has; rows per second.
pub(crate) async fn load(db: &PgPool, rows: &str, per_transaction: usize, connections: usize) -> Result<f64> {
    let lines: Vec<&str> = rows.split_inclusive('\n').collect();
    let batches: Vec<String> = lines.chunks(per_transaction).map(<[&str]>::concat).collect();
    let started = Instant::now();
    let shares = (0..connections).map(|first| {
        let batches = batches.iter().skip(first).step_by(connections);
        async move {
            for batch in batches {
                let mut copy = db.copy_in_raw("copy bench.hit from stdin").await?;
                copy.send(batch.as_bytes()).await?;
                copy.finish().await?;
            }
            Ok::<_, sqlx::Error>(())
        }
    });
    try_join_all(shares).await.context("loading the limit's table")?;
    Ok(lines.len() as f64 / started.elapsed().as_secs_f64())
}
