use std::collections::BTreeMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::hits::domain::Refused;

/// Keeps what was refused; the same bytes once, however often they come. Returns how many were new.
pub(crate) async fn quarantine(
    conn: &mut PgConnection,
    refused: &[Refused],
    now: OffsetDateTime,
) -> sqlx::Result<i64> {
    // Sorted by hash, so that two ingesters with the same rubbish do not wait in a circle.
    let mut distinct: BTreeMap<[u8; 32], (&Refused, i64)> = BTreeMap::new();
    for one in refused {
        distinct.entry(one.sha256).or_insert((one, 0)).1 += 1;
    }
    let sha256: Vec<&[u8]> = distinct.keys().map(<[u8; 32]>::as_slice).collect();
    let reason: Vec<&str> = distinct.values().map(|(one, _)| one.reason.name()).collect();
    let detail: Vec<&str> = distinct.values().map(|(one, _)| one.detail.as_str()).collect();
    let bytes: Vec<&[u8]> = distinct.values().map(|(one, _)| one.bytes.as_slice()).collect();
    let size_bytes: Vec<i64> = distinct
        .values()
        .map(|(one, _)| i64::try_from(one.size_bytes).unwrap_or(i64::MAX))
        .collect();
    let seen: Vec<i64> = distinct.values().map(|(_, times)| *times).collect();
    sqlx::query_scalar!(
        r#"
        with incoming as (
            select *
            from unnest($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[])
                as incoming (sha256, reason, detail, bytes, size_bytes, seen)
        ),
        kept as (
            insert into hits.quarantine as stored
                (sha256, reason, detail, bytes, size_bytes, seen, first_seen_at, last_seen_at)
            select sha256, reason, detail, bytes, size_bytes, seen, $7, $7 from incoming
            on conflict (sha256) do update
            set seen = stored.seen + excluded.seen,
                last_seen_at = greatest(stored.last_seen_at, excluded.last_seen_at)
            returning sha256, seen
        )
        -- Seen more often than we brought it: an earlier delivery is there already.
        select count(*) as "fresh!" from kept join incoming using (sha256, seen)
        "#,
        &sha256 as &[&[u8]],
        &reason as &[&str],
        &detail as &[&str],
        &bytes as &[&[u8]],
        &size_bytes,
        &seen,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Deletes what was last seen before `keep_from`, and the oldest above `rows`; returns how many.
pub(crate) async fn trim_quarantine(
    conn: &mut PgConnection,
    keep_from: OffsetDateTime,
    rows: i64,
) -> sqlx::Result<u64> {
    let result = sqlx::query!(
        r#"
        delete from hits.quarantine
        where last_seen_at < $1
            or sha256 in (select sha256 from hits.quarantine order by last_seen_at desc, sha256 desc offset $2)
        "#,
        keep_from,
        rows,
    )
    .execute(conn)
    .await?;
    Ok(result.rows_affected())
}
