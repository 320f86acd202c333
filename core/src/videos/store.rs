//! Private SQL, on the caller's connection.

mod made;
pub(super) mod parts;
mod remade;
mod shown;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::commands::Announced;
use super::domain::{Facts, Length, Reason, Status};

pub(super) use made::{
    Rendition, Stream, Unmade, begin_making, fail_making, finish_making, insert_rendition, insert_video,
    note_progress, remove_all, remove_video,
};

pub(super) use remade::{begin_remaking, finish_remaking, master, take_out_renditions};

pub(super) use shown::{count_view, lock_video, release, renditions, take_down, withhold};

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

/// How many of theirs wait for what was announced.
pub(super) async fn count_open(conn: &mut PgConnection, owner: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) "open!" from videos.upload where owner_id = $1 and status = 'open'"#,
        owner
    )
    .fetch_one(conn)
    .await
}

/// Somebody's upload, as commands need it.
pub(super) struct Upload {
    pub(super) status: Status,
    pub(super) purpose: String,
    pub(super) size_bytes: i64,
    pub(super) expires_at: OffsetDateTime,
    pub(super) received_at: Option<OffsetDateTime>,
}

pub(super) async fn find(conn: &mut PgConnection, id: Uuid, owner: Uuid) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"select status "status: Status", purpose, size_bytes, expires_at, received_at
        from videos.upload
        where id = $1 and owner_id = $2"#,
        id,
        owner,
    )
    .fetch_optional(conn)
    .await
}

/// Of this person; of anybody without one.
pub(super) async fn lock(
    conn: &mut PgConnection,
    id: Uuid,
    owner: impl Into<Option<Uuid>>,
) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as!(
        Upload,
        r#"select status "status: Status", purpose, size_bytes, expires_at, received_at
        from videos.upload
        where id = $1 and ($2::uuid is null or owner_id = $2)
        for update"#,
        id,
        owner.into(),
    )
    .fetch_optional(conn)
    .await
}

/// When to look whether all of it is there, if nobody says so.
pub(super) async fn look_at(conn: &mut PgConnection, id: Uuid, at: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!("update videos.upload set look_at = $2 where id = $1", id, at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Up to 100 that are to be looked at now, with their owners.
pub(super) async fn to_look_at(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let rows = sqlx::query!(
        "select id, owner_id from videos.upload
        where status = 'open' and look_at is not null and (look_at <= $1 or expires_at <= $1)
        order by look_at
        limit 100",
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.owner_id)).collect())
}

/// Whose it is, and what for. `None`: it is not open any more.
pub(super) async fn receive(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<(Uuid, String)>> {
    let received = sqlx::query!(
        "update videos.upload set status = 'received', received_at = $2
        where id = $1 and status = 'open'
        returning owner_id, purpose",
        id,
        now,
    )
    .fetch_optional(conn)
    .await?;
    Ok(received.map(|row| (row.owner_id, row.purpose)))
}

pub(super) async fn abort(conn: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.upload set status = 'aborted', settled_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: it was not accepted, or is not any more.
pub(super) async fn abort_accepted(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let aborted = sqlx::query!(
        "update videos.upload set status = 'aborted', settled_at = $2 where id = $1 and status = 'accepted'",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(aborted.rows_affected() == 1)
}

/// Which those were.
pub(super) async fn abort_all(
    conn: &mut PgConnection,
    owner: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update videos.upload set status = 'aborted', settled_at = $2
        where owner_id = $1 and status in ('open', 'received', 'checking', 'accepted')
        returning id",
        owner,
        now,
    )
    .fetch_all(conn)
    .await
}

/// What is to be checked.
pub(super) struct Unchecked {
    pub(super) owner: Uuid,
    pub(super) purpose: String,
    pub(super) length: Length,
}

/// `None`: there is nothing to check any more. One that was being checked is taken up again.
pub(super) async fn begin_check(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Unchecked>> {
    let row = sqlx::query!(
        r#"update videos.upload set status = 'checking'
        where id = $1 and status in ('received', 'checking')
        returning owner_id, purpose, least_ms, most_ms"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Unchecked {
        owner: row.owner_id,
        purpose: row.purpose,
        length: Length {
            least_ms: row.least_ms,
            most_ms: row.most_ms,
        },
    }))
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
        "update videos.upload set status = 'refused', reason = $2, settled_at = $3
        where id = $1 and status = 'checking'",
        id,
        reason.code(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(refused.rows_affected() == 1)
}

/// Those that were not sent in time.
pub(super) async fn expire(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update videos.upload set status = 'expired', settled_at = $1
        where status = 'open' and expires_at <= $1
        returning id",
        now
    )
    .fetch_all(conn)
    .await
}
