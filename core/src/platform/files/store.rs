use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Key;

pub(super) async fn announce(conn: &mut PgConnection, key: &Key, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into platform.file (key, created_at) values ($1, $2)",
        key.as_str(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Somebody may be putting it until then.
pub(super) async fn expect(conn: &mut PgConnection, key: &Key, until: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update platform.file set writable_until = greatest(writable_until, $2) where key = $1",
        key.as_str(),
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: it is on its way out, or gone.
pub(super) async fn keep(conn: &mut PgConnection, key: &Key) -> sqlx::Result<bool> {
    let kept = sqlx::query!(
        "update platform.file set status = 'kept' where key = $1 and status = 'pending'",
        key.as_str()
    )
    .execute(conn)
    .await?;
    Ok(kept.rows_affected() == 1)
}

pub(super) async fn hide(conn: &mut PgConnection, key: &Key, hidden: bool) -> sqlx::Result<()> {
    let (from, to) = if hidden {
        ("kept", "hidden")
    } else {
        ("hidden", "kept")
    };
    sqlx::query!(
        "update platform.file set status = $3 where key = $1 and status = $2",
        key.as_str(),
        from,
        to
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a row names it, and it is not hidden.
pub(super) async fn is_read(conn: &mut PgConnection, key: &Key) -> sqlx::Result<bool> {
    let read = sqlx::query_scalar!(
        r#"select exists (select from platform.file where key = $1 and status = 'kept') "read!""#,
        key.as_str()
    );
    read.fetch_one(conn).await
}

/// False: it was so already.
pub(super) async fn discard(conn: &mut PgConnection, key: &Key) -> sqlx::Result<bool> {
    let dropped = sqlx::query!(
        "update platform.file set status = 'dropped' where key = $1 and status <> 'dropped'",
        key.as_str()
    )
    .execute(conn)
    .await?;
    Ok(dropped.rows_affected() == 1)
}

/// Drops what nobody named for so long, and returns up to 100 of all that is dropped and can be forgotten.
pub(super) async fn sweep(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    unnamed_since: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    sqlx::query!(
        "update platform.file set status = 'dropped' where status = 'pending' and created_at < $1",
        unnamed_since
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "select key from platform.file
        where status = 'dropped' and (writable_until is null or writable_until <= $1)
        order by created_at
        limit 100",
        now
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn is_dropped(conn: &mut PgConnection, key: &Key) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        "select key from platform.file where key = $1 and status = 'dropped'",
        key.as_str()
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// One that somebody may be putting yet is kept in mind.
pub(super) async fn forget(conn: &mut PgConnection, key: &Key, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from platform.file
        where key = $1 and status = 'dropped' and (writable_until is null or writable_until <= $2)",
        key.as_str(),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
