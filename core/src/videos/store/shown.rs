//! Who may see what was made.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::videos::domain::Visibility;

/// False: it cannot be played.
pub(in crate::videos) async fn release(
    conn: &mut PgConnection,
    upload: Uuid,
    visibility: Visibility,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let released = sqlx::query!(
        "update videos.video set visibility = $2, released_at = coalesce(released_at, $3)
        where upload_id = $1 and status = 'playable'",
        upload,
        visibility.name(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(released.rows_affected() == 1)
}

pub(in crate::videos) async fn withhold(conn: &mut PgConnection, upload: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.video set visibility = 'withheld' where upload_id = $1",
        upload
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A video, as commands need it.
pub(in crate::videos) struct Video {
    /// Why it was taken down, if it was.
    pub(in crate::videos) taken_down_reason: Option<String>,
    pub(in crate::videos) remaking: bool,
}

pub(in crate::videos) async fn lock_video(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Video>> {
    sqlx::query_as!(
        Video,
        "select taken_down_reason, remaking from videos.video where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await
}

/// Why and when; `None`: it is put back.
pub(in crate::videos) async fn take_down(
    conn: &mut PgConnection,
    id: Uuid,
    why: Option<(&str, OffsetDateTime)>,
) -> sqlx::Result<()> {
    let (reason, at) = why.unzip();
    sqlx::query!(
        "update videos.video set taken_down_reason = $2, taken_down_at = $3 where id = $1",
        id,
        reason,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The keys of all that was made.
pub(in crate::videos) async fn renditions(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select file from videos.rendition where video_id = $1", id)
        .fetch_all(conn)
        .await
}

pub(in crate::videos) async fn count_view(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update videos.video set views = views + 1 where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}
