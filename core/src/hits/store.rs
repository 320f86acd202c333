//! Private SQL of the hits, on the caller's connection.

mod columns;
mod partitions;
mod quarantine;

pub(super) use partitions::{drop_partitions, open_partitions};
pub(super) use quarantine::{quarantine, trim_quarantine};

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use self::columns::Columns;
use super::domain::Record;

/// Adds the hits that are not there yet, and counts exactly those; returns how many. Counts by the minute are left
/// out for hits before `minutes_from`, whose partition may be gone.
///
/// One statement, so that the counters see just the rows that were inserted. It takes its locks in one order, hits
/// by (day, id), then counters, cells, populations and summaries, each sorted: two ingesters with the same hits wait for
/// one another but never in a circle. Summaries come last, since all ingesters want the same ones. The records must come
/// sorted by id.
pub(super) async fn insert(
    conn: &mut PgConnection,
    records: &[Record],
    minutes_from: OffsetDateTime,
) -> sqlx::Result<i64> {
    let hits = Columns::from(records);
    sqlx::query_scalar!(
        r#"
        with accepted as (
            insert into hits.hit (
                day, id, at, brand, product, language, device, media, zip, zip_known, state, outcome,
                rule, variant, revision, canary, url_sha256, colo, country, bot, region_mismatch, ip
            )
            select
                day, id, at, brand, product, language, device, media, zip, zip_known, state, outcome,
                rule, variant, revision, canary, url_sha256, colo, country, bot, region_mismatch, ip::inet
            from unnest(
                $2::date[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::bool[], $12::text[], $13::text[], $14::int[], $15::text[],
                $16::int[], $17::bool[], $18::bytea[], $19::text[], $20::text[], $21::bool[], $22::bool[],
                $23::text[]
            ) as incoming (
                day, id, at, brand, product, language, device, media, zip, zip_known, state, outcome,
                rule, variant, revision, canary, url_sha256, colo, country, bot, region_mismatch, ip
            )
            on conflict (day, id) do nothing
            returning
                day, at, brand, product, language, device, media, zip, state, outcome, rule, variant, revision,
                canary, bot
        ),
        rolled_up as (
            insert into hits.rollup as stored
                (grain, at, brand, product, rule, variant, state, outcome, bot, hits, last_at)
            select
                grain, date_trunc(grain, at, 'UTC') as start, brand, product, rule, variant, state, outcome, bot,
                count(*), max(at)
            from accepted
            cross join (values ('minute'), ('hour'), ('day')) as grains (grain)
            where grain <> 'minute' or at >= $1
            group by grain, start, brand, product, rule, variant, state, outcome, bot
            order by grain, start, brand, product, rule, variant, state, outcome, bot
            on conflict (grain, at, brand, product, rule, variant, state, outcome, bot) do update
            set hits = stored.hits + excluded.hits, last_at = greatest(stored.last_at, excluded.last_at)
        ),
        celled as (
            insert into hits.cell as stored
                (day, brand, zip, product, language, device, media, outcome, bot, hits, last_at)
            select day, brand, zip, product, language, device, media, outcome, bot, count(*), max(at)
            from accepted
            group by day, brand, zip, product, language, device, media, outcome, bot
            order by day, brand, zip, product, language, device, media, outcome, bot
            on conflict (day, brand, zip, product, language, device, media, outcome, bot) do update
            set hits = stored.hits + excluded.hits, last_at = greatest(stored.last_at, excluded.last_at)
        ),
        populated as (
            insert into hits.population as stored (brand, at, revision, canary, outcome, bot, hits)
            select brand, date_trunc('minute', at, 'UTC') as start, revision, canary, outcome, bot, count(*)
            from accepted
            group by brand, start, revision, canary, outcome, bot
            order by brand, start, revision, canary, outcome, bot
            on conflict (brand, at, revision, canary, outcome, bot) do update
            set hits = stored.hits + excluded.hits
        ),
        summarised as (
            insert into hits.summary as stored
                (cut, grain, at, brand, product, state, rule, variant, outcome, bot, hits, last_at)
            select
                hits.cut(grain, grouping(brand), grouping(state), grouping(rule)) as cut, grain,
                date_trunc(grain, at, 'UTC') as start, brand, product, state, rule, variant, outcome, bot,
                count(*), max(at)
            from accepted
            cross join (values ('hour'), ('day')) as grains (grain)
            group by
                grain, start, product, outcome, bot,
                grouping sets ((brand), (state), (brand, state), (brand, rule, variant))
            having hits.cut(grain, grouping(brand), grouping(state), grouping(rule)) is not null
            order by cut, grain, brand, start, product, rule, variant, state, outcome, bot
            on conflict (cut, grain, brand, at, product, rule, variant, state, outcome, bot) do update
            set hits = stored.hits + excluded.hits, last_at = greatest(stored.last_at, excluded.last_at)
        )
        select count(*) as "count!" from accepted
        "#,
        minutes_from,
        &hits.day as &[Date],
        &hits.id,
        &hits.at as &[OffsetDateTime],
        &hits.brand as &[&str],
        &hits.product as &[&str],
        &hits.language as &[&str],
        &hits.device as &[&str],
        &hits.media as &[Option<&str>],
        &hits.zip as &[Option<&str>],
        &hits.zip_known,
        &hits.state as &[Option<&str>],
        &hits.outcome as &[&str],
        &hits.rule as &[Option<i32>],
        &hits.variant as &[Option<&str>],
        &hits.revision,
        &hits.canary,
        &hits.url_sha256 as &[Option<&[u8]>],
        &hits.colo as &[Option<&str>],
        &hits.country as &[Option<&str>],
        &hits.bot,
        &hits.region_mismatch,
        &hits.ip as &[Option<&str>],
    )
    .fetch_one(conn)
    .await
}
