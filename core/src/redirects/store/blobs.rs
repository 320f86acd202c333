use sqlx::PgConnection;
use time::OffsetDateTime;

/// A table or city table by its content.
pub(in crate::redirects) struct BlobRow {
    pub(in crate::redirects) sha256: String,
    pub(in crate::redirects) kind: String,
    /// KV was seen to hold it, at some time.
    pub(in crate::redirects) verified: bool,
}

pub(in crate::redirects) async fn insert_blob(
    conn: &mut PgConnection,
    sha256: &str,
    kind: &str,
    bytes: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.blob (sha256, kind, bytes, created_at) values ($1, $2, $3, $4)
        on conflict do nothing",
        sha256,
        kind,
        bytes,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::redirects) async fn blob(conn: &mut PgConnection, sha256: &str) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!("select bytes from redirects.blob where sha256 = $1", sha256)
        .fetch_one(conn)
        .await
}

/// Remembers that a manifest names them.
pub(in crate::redirects) async fn name_blobs(
    conn: &mut PgConnection,
    sha256s: &[String],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.blob set named_at = $2 where sha256 = any($1)",
        sha256s,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of `sha256s` that KV was not seen to hold since `since`.
pub(in crate::redirects) async fn unverified_blobs(
    conn: &mut PgConnection,
    sha256s: &[String],
    since: OffsetDateTime,
) -> sqlx::Result<Vec<BlobRow>> {
    sqlx::query_as!(
        BlobRow,
        r#"select sha256, kind, verified_at is not null "verified!"
        from redirects.blob
        where sha256 = any($1) and (verified_at is null or verified_at < $2)
        order by sha256"#,
        sha256s,
        since,
    )
    .fetch_all(conn)
    .await
}

/// Before the bytes go out: from now on KV may hold them.
pub(in crate::redirects) async fn blob_sent(
    conn: &mut PgConnection,
    sha256: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.blob set sent_at = coalesce(sent_at, $2), verified_at = null where sha256 = $1",
        sha256,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// KV was read and holds the bytes.
pub(in crate::redirects) async fn blob_verified(
    conn: &mut PgConnection,
    sha256: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.blob set sent_at = coalesce(sent_at, $2), verified_at = $2 where sha256 = $1",
        sha256,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// KV has lost its memory: nothing is known of what it holds.
pub(in crate::redirects) async fn doubt_blobs(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("update redirects.blob set verified_at = null where verified_at is not null")
        .execute(conn)
        .await?;
    Ok(())
}

/// Blobs to delete from KV: no manifest has named them since `before`, and neither what is live, nor a canary,
/// nor the two revisions that were live before use them. They count as not in KV from now on, so whoever names
/// one again uploads it again.
pub(in crate::redirects) async fn forget_blobs(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> sqlx::Result<Vec<BlobRow>> {
    sqlx::query_as!(
        BlobRow,
        r#"with lived as (
            select brand, revision, max(sequence) as last
            from redirects.publication
            where action in ('publish', 'rollback', 'promote')
            group by brand, revision
        ), kept as (
            select brand, revision
            from (select *, row_number() over (partition by brand order by last desc) as place from lived) as ranked
            where place <= 3
            union all
            select brand, revision from redirects.live
            union all
            select brand, canary_revision from redirects.live where canary_revision is not null
        ), used as (
            select table_sha256 as sha256
            from redirects.revision
            join kept on kept.brand = revision.brand and kept.revision = revision.number
            union all
            select city_sha256
            from redirects.revision
            join kept on kept.brand = revision.brand and kept.revision = revision.number
            where city_sha256 is not null
        )
        update redirects.blob
        set verified_at = null
        where sent_at is not null and named_at < $1 and sha256 not in (select sha256 from used)
        returning sha256, kind, false "verified!""#,
        before,
    )
    .fetch_all(conn)
    .await
}

/// KV no longer holds it, unless somebody has sent it again meanwhile.
pub(in crate::redirects) async fn blob_deleted(
    conn: &mut PgConnection,
    sha256: &str,
    before: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.blob set sent_at = null where sha256 = $1 and named_at < $2 and verified_at is null",
        sha256,
        before,
    )
    .execute(conn)
    .await?;
    Ok(())
}
