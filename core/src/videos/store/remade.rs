//! What is made of a video once more.

use anyhow::Context as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::platform::files::Key;
use crate::videos::domain::Size;

/// False: it cannot be played, so there is nothing to make it of.
pub(in crate::videos) async fn begin_remaking(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let begun = sqlx::query!(
        "update videos.video
        set remaking = true, percent = case when remaking then percent else 0 end
        where id = $1 and status = 'playable'",
        id
    )
    .execute(conn)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// What is left of what was sent: without our mark, as large as it is shown.
pub(in crate::videos) struct Master {
    pub(in crate::videos) key: Key,
    /// It is not shown itself, and so stays what it is.
    pub(in crate::videos) is_apart: bool,
}

pub(in crate::videos) async fn master(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Master> {
    let row = sqlx::query!(
        r#"select file, kind = 'clean' "is_apart!"
        from videos.rendition
        join videos.video on video.id = video_id
        where video_id = $1 and kind = case when marked then 'clean' else 'shown' end"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    let row = row.context("nothing without our mark is kept of this video")?;
    Ok(Master {
        key: Key::of_row(&row.file)?,
        is_apart: row.is_apart,
    })
}

/// Whether it was taken down meanwhile. `None`: nobody wants it any more, or another has done it.
pub(in crate::videos) async fn finish_remaking(
    conn: &mut PgConnection,
    id: Uuid,
    duration_ms: i64,
    size: Size,
) -> anyhow::Result<Option<bool>> {
    let taken_down = sqlx::query_scalar!(
        r#"update videos.video
        set remaking = false, percent = 100, left_ms = null, duration_ms = $2, width = $3, height = $4
        where id = $1 and remaking
        returning taken_down_at is not null "taken_down!""#,
        id,
        duration_ms,
        i32::try_from(size.width)?,
        i32::try_from(size.height)?,
    );
    Ok(taken_down.fetch_optional(conn).await?)
}

/// The keys of what is replaced: all but the one that is kept for this.
pub(in crate::videos) async fn take_out_renditions(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "delete from videos.rendition where video_id = $1 and kind <> 'clean' returning file",
        id
    )
    .fetch_all(conn)
    .await
}
