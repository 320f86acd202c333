//! Private SQL, on the caller's connection.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::commands::Announced;
use super::domain::{Facts, Length, Reason, Status};
use crate::platform::files::Key;

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    announced: &Announced,
    size_bytes: i64,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into videos.upload
            (id, owner_id, purpose, media_type, size_bytes, least_ms, most_ms, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id,
        announced.owner,
        announced.purpose,
        announced.media_type,
        size_bytes,
        announced.length.least_ms,
        announced.length.most_ms,
        now,
        expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Somebody's upload, as commands need it.
pub(super) struct Upload {
    pub(super) status: Status,
    pub(super) size_bytes: i64,
    pub(super) file: Option<String>,
    pub(super) expires_at: OffsetDateTime,
    pub(super) received_at: Option<OffsetDateTime>,
}

pub(super) async fn find(conn: &mut PgConnection, id: Uuid, owner: Uuid) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"select status "status: Status", size_bytes, file, expires_at, received_at
        from videos.upload
        where id = $1 and owner_id = $2"#,
        id,
        owner,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn lock(conn: &mut PgConnection, id: Uuid, owner: Uuid) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"select status "status: Status", size_bytes, file, expires_at, received_at
        from videos.upload
        where id = $1 and owner_id = $2
        for update"#,
        id,
        owner,
    )
    .fetch_optional(conn)
    .await
}

/// Whose it is, and what for. `None`: it is not open any more.
pub(super) async fn receive(
    conn: &mut PgConnection,
    id: Uuid,
    file: &Key,
    now: OffsetDateTime,
) -> sqlx::Result<Option<(Uuid, String)>> {
    let received = sqlx::query!(
        "update videos.upload set status = 'received', file = $2, received_at = $3
        where id = $1 and status = 'open'
        returning owner_id, purpose",
        id,
        file.as_str(),
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(received.map(|row| (row.owner_id, row.purpose)))
}

pub(super) async fn abort(conn: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.upload set status = 'aborted', file = null, settled_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The key of the object that it had.
pub(super) async fn abort_accepted(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"with before as (
            select id, file from videos.upload where id = $1 and status = 'accepted' for update
        )
        update videos.upload set status = 'aborted', file = null, settled_at = $2
        from before
        where upload.id = before.id
        returning before.file "file!""#,
        id,
        now,
    )
    .fetch_all(conn)
    .await
}

/// The keys of the objects that they had.
pub(super) async fn abort_all(
    conn: &mut PgConnection,
    owner: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    let files = sqlx::query_scalar!(
        "with before as (
            select id, file from videos.upload
            where owner_id = $1 and status in ('open', 'received', 'checking', 'accepted')
            for update
        )
        update videos.upload set status = 'aborted', file = null, settled_at = $2
        from before
        where upload.id = before.id
        returning before.file",
        owner,
        now,
    )
    .fetch_all(conn)
    .await?;
    Ok(files.into_iter().flatten().collect())
}

/// What is to be checked.
pub(super) struct Unchecked {
    pub(super) owner: Uuid,
    pub(super) purpose: String,
    pub(super) file: Key,
    pub(super) length: Length,
}

/// `None`: there is nothing to check any more. One that was being checked is taken up again.
pub(super) async fn begin_check(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<Unchecked>> {
    let row = sqlx::query!(
        r#"update videos.upload set status = 'checking'
        where id = $1 and status in ('received', 'checking')
        returning owner_id, purpose, file "file!", least_ms, most_ms"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let unchecked = row.map(|row| {
        anyhow::Ok(Unchecked {
            owner: row.owner_id,
            purpose: row.purpose,
            file: Key::of_row(&row.file)?,
            length: Length {
                least_ms: row.least_ms,
                most_ms: row.most_ms,
            },
        })
    });
    unchecked.transpose()
}

/// False: it was aborted meanwhile.
pub(super) async fn accept(
    conn: &mut PgConnection,
    id: Uuid,
    facts: &Facts,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let accepted = sqlx::query!(
        "update videos.upload
        set status = 'accepted', duration_ms = $2, width = $3, height = $4, video_codec = $5, audio_codec = $6,
            settled_at = $7
        where id = $1 and status = 'checking'",
        id,
        facts.duration_ms,
        facts.width,
        facts.height,
        facts.video_codec,
        facts.audio_codec,
        now,
    )
    .execute(conn)
    .await?;
    Ok(accepted.rows_affected() == 1)
}

/// False: it was aborted meanwhile.
pub(super) async fn refuse(
    conn: &mut PgConnection,
    id: Uuid,
    reason: Reason,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let refused = sqlx::query!(
        "update videos.upload set status = 'refused', file = null, reason = $2, settled_at = $3
        where id = $1 and status = 'checking'",
        id,
        reason.code(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(refused.rows_affected() == 1)
}

/// Those that were never sent. They have no object.
pub(super) async fn expire(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.upload set status = 'expired', settled_at = $1 where status = 'open' and expires_at <= $1",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
