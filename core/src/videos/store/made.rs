use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::platform::files::Key;
use crate::videos::domain::{Progress, Reason, Size, is_marked};

/// What is to be made of an upload that was just accepted; its id.
pub(in crate::videos) async fn insert_video(
    conn: &mut PgConnection,
    id: Uuid,
    (upload, owner, purpose): (Uuid, Uuid, &str),
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into videos.video (id, upload_id, owner_id, purpose, marked, created_at)
        values ($1, $2, $3, $4, $5, $6)",
        id,
        upload,
        owner,
        purpose,
        is_marked(purpose),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a video is made of.
pub(in crate::videos) struct Unmade {
    pub(in crate::videos) upload: Uuid,
    pub(in crate::videos) owner: Uuid,
    pub(in crate::videos) purpose: String,
    pub(in crate::videos) marked: bool,
    /// It can be played already, and is made once more.
    pub(in crate::videos) remaking: bool,
}

/// `None`: there is nothing to make any more. One that was being made is begun anew.
pub(in crate::videos) async fn begin_making(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Unmade>> {
    sqlx::query_as!(
        Unmade,
        r#"update videos.video
        set status = case when remaking then status else 'making' end, percent = 0, speed = null, left_ms = null
        where id = $1 and (status in ('waiting', 'making') or remaking)
        returning upload_id "upload", owner_id "owner", purpose, marked, remaking"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::videos) async fn note_progress(
    conn: &mut PgConnection,
    id: Uuid,
    progress: &Progress,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.video set percent = $2, speed = $3, left_ms = $4
        where id = $1 and (status = 'making' or remaking)",
        id,
        progress.percent,
        progress.speed,
        progress.left_ms,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One object that was made.
pub(in crate::videos) struct Rendition {
    pub(in crate::videos) kind: &'static str,
    pub(in crate::videos) file: Key,
    pub(in crate::videos) size_bytes: i64,
    pub(in crate::videos) size: Size,
    pub(in crate::videos) stream: Option<Stream>,
}

/// What is said of a stream of HLS besides.
pub(in crate::videos) struct Stream {
    pub(in crate::videos) playlist: String,
    pub(in crate::videos) bits_per_second: i32,
    pub(in crate::videos) codecs: String,
}

pub(in crate::videos) async fn insert_rendition(
    conn: &mut PgConnection,
    id: Uuid,
    video: Uuid,
    rendition: &Rendition,
) -> anyhow::Result<()> {
    let Rendition { size, stream, .. } = rendition;
    sqlx::query!(
        "insert into videos.rendition
            (id, video_id, kind, file, size_bytes, width, height, playlist, bits_per_second, codecs)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id,
        video,
        rendition.kind,
        rendition.file.as_str(),
        rendition.size_bytes,
        i32::try_from(size.width)?,
        i32::try_from(size.height)?,
        stream.as_ref().map(|stream| &stream.playlist),
        stream.as_ref().map(|stream| stream.bits_per_second),
        stream.as_ref().map(|stream| &stream.codecs),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: it was removed meanwhile, or another has done it.
pub(in crate::videos) async fn finish_making(
    conn: &mut PgConnection,
    id: Uuid,
    duration_ms: i64,
    size: Size,
    now: OffsetDateTime,
) -> anyhow::Result<bool> {
    let finished = sqlx::query!(
        "update videos.video
        set status = 'playable', percent = 100, left_ms = null, duration_ms = $2, width = $3, height = $4,
            playable_at = $5
        where id = $1 and status = 'making'",
        id,
        duration_ms,
        i32::try_from(size.width)?,
        i32::try_from(size.height)?,
        now,
    )
    .execute(conn)
    .await?;
    Ok(finished.rows_affected() == 1)
}

/// Nothing can be made of the upload: it is refused after all. False: it was removed meanwhile.
pub(in crate::videos) async fn fail_making(
    conn: &mut PgConnection,
    id: Uuid,
    reason: Reason,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let failed = sqlx::query_scalar!(
        "update videos.video set status = 'failed', reason = $2, speed = null, left_ms = null
        where id = $1 and status = 'making'
        returning upload_id",
        id,
        reason.code(),
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(upload) = failed else {
        return Ok(false);
    };
    sqlx::query!(
        "update videos.upload set status = 'refused', reason = $2, settled_at = $3 where id = $1",
        upload,
        reason.code(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Nobody shows what was made of it any more; the keys of its objects.
pub(in crate::videos) async fn remove_video(
    conn: &mut PgConnection,
    upload: Uuid,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "with gone as (
            update videos.video set status = 'removed', visibility = 'withheld', reason = null, remaking = false
            where upload_id = $1 and status <> 'removed'
            returning id
        )
        delete from videos.rendition using gone where rendition.video_id = gone.id
        returning rendition.file",
        upload,
    )
    .fetch_all(conn)
    .await
}

/// The same of everything that a person has sent.
pub(in crate::videos) async fn remove_all(conn: &mut PgConnection, owner: Uuid) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "with gone as (
            update videos.video set status = 'removed', visibility = 'withheld', reason = null, remaking = false
            where owner_id = $1 and status <> 'removed'
            returning id
        )
        delete from videos.rendition using gone where rendition.video_id = gone.id
        returning rendition.file",
        owner,
    )
    .fetch_all(conn)
    .await
}
