use marquee_shared::manifest::Manifest;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

/// What KV should hold, and the highest sequence KV was seen with.
pub(in crate::redirects) struct ManifestRow {
    pub(in crate::redirects) sequence: i64,
    pub(in crate::redirects) edge_sequence: Option<i64>,
    pub(in crate::redirects) status: String,
    pub(in crate::redirects) signed_at: Option<OffsetDateTime>,
}

/// Whoever changes what is live holds this lock first, over all brands: sequences are taken one by one.
pub(in crate::redirects) async fn lock_manifest(conn: &mut PgConnection) -> sqlx::Result<ManifestRow> {
    sqlx::query_as!(
        ManifestRow,
        "select sequence, edge_sequence, status, signed_at from redirects.manifest for update",
    )
    .fetch_one(conn)
    .await
}

pub(in crate::redirects) async fn manifest(conn: &mut PgConnection) -> sqlx::Result<ManifestRow> {
    sqlx::query_as!(
        ManifestRow,
        "select sequence, edge_sequence, status, signed_at from redirects.manifest"
    )
    .fetch_one(conn)
    .await
}

/// KV is to hold this from now on. Under the lock.
pub(in crate::redirects) async fn set_manifest(
    conn: &mut PgConnection,
    sequence: i64,
    payload: &Manifest,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.manifest set sequence = $1, payload = $2, signed_at = $3, status = 'pending'",
        sequence,
        Json(payload) as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The right to write to KV for a while, and what to make it hold.
pub(in crate::redirects) struct Lease {
    pub(in crate::redirects) generation: i64,
    pub(in crate::redirects) manifest: Manifest,
    pub(in crate::redirects) edge_sequence: Option<i64>,
}

/// `None`: nothing was ever published, or somebody else is at it.
pub(in crate::redirects) async fn lease(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> sqlx::Result<Option<Lease>> {
    let row = sqlx::query!(
        r#"update redirects.manifest
        set generation = generation + 1, leased_until = $2
        where payload is not null and (leased_until is null or leased_until < $1)
        returning generation, payload "payload!: Json<Manifest>", edge_sequence"#,
        now,
        until,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Lease {
        generation: row.generation,
        manifest: row.payload.0,
        edge_sequence: row.edge_sequence,
    }))
}

/// Prolongs a lease. False if it is lost, or the manifest is no longer the one to write.
pub(in crate::redirects) async fn renew(
    conn: &mut PgConnection,
    generation: i64,
    sequence: i64,
    until: OffsetDateTime,
) -> sqlx::Result<bool> {
    let renewed = sqlx::query!(
        "update redirects.manifest set leased_until = $3 where generation = $1 and sequence = $2",
        generation,
        sequence,
        until,
    )
    .execute(conn)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Keeps a lease, whatever became of the manifest meanwhile; without effect if it was lost.
pub(in crate::redirects) async fn extend(
    conn: &mut PgConnection,
    generation: i64,
    until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.manifest set leased_until = $2 where generation = $1",
        generation,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a holder of the lease saw last.
pub(in crate::redirects) enum Seen<'a> {
    /// KV holds what it should.
    Synced,
    /// KV holds a newer sequence than the database.
    Behind(i64),
    /// It could not be read or written.
    Failed(&'a str),
}

/// How the row stands after a run.
pub(in crate::redirects) struct Finished {
    /// There is nothing newer to write.
    pub(in crate::redirects) current: bool,
    pub(in crate::redirects) failing_since: Option<OffsetDateTime>,
}

/// Gives the lease back; `None` if it was lost.
pub(in crate::redirects) async fn finish(
    conn: &mut PgConnection,
    generation: i64,
    sequence: i64,
    seen: Seen<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Finished>> {
    let (edge_sequence, status, error) = match seen {
        Seen::Synced => (Some(sequence), Some("synced"), None),
        Seen::Behind(edge) => (
            Some(edge),
            Some("behind"),
            Some("the edge has a newer sequence than the database"),
        ),
        Seen::Failed(error) => (None, None, Some(error)),
    };
    sqlx::query_as!(
        Finished,
        r#"update redirects.manifest
        set leased_until = null,
            status = case when sequence = $2 then coalesce($3, status) else status end,
            edge_sequence = coalesce($4, edge_sequence),
            edge_seen_at = case when $4::bigint is null then edge_seen_at else $6 end,
            attempts = case when $5::text is null then 0 else attempts + 1 end,
            last_error = $5,
            failing_since = case when $5::text is null then null else coalesce(failing_since, $6) end
        where generation = $1
        returning sequence = $2 "current!", failing_since"#,
        generation,
        sequence,
        status,
        edge_sequence,
        error,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Gives the lease back with nothing to tell; without effect if it was lost.
pub(in crate::redirects) async fn release(conn: &mut PgConnection, generation: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.manifest set leased_until = null where generation = $1",
        generation
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How fresh the edge's manifest is, as far as we know.
pub(in crate::redirects) struct Freshness {
    pub(in crate::redirects) sequence: i64,
    pub(in crate::redirects) signed_at: Option<OffsetDateTime>,
    pub(in crate::redirects) synced: bool,
    pub(in crate::redirects) failing_since: Option<OffsetDateTime>,
    /// Since when it is told that it is not.
    pub(in crate::redirects) stale_since: Option<OffsetDateTime>,
}

pub(in crate::redirects) async fn lock_freshness(conn: &mut PgConnection) -> sqlx::Result<Freshness> {
    sqlx::query_as!(
        Freshness,
        r#"select sequence, signed_at, status = 'synced' "synced!", failing_since, stale_since
        from redirects.manifest
        for update"#,
    )
    .fetch_one(conn)
    .await
}

pub(in crate::redirects) async fn set_stale(
    conn: &mut PgConnection,
    since: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!("update redirects.manifest set stale_since = $1", since)
        .execute(conn)
        .await?;
    Ok(())
}
