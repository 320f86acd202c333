use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::platform::files::Key;

/// A piece of an upload.
#[derive(Clone)]
pub(in crate::videos) struct Part {
    pub(in crate::videos) number: i32,
    pub(in crate::videos) key: Key,
    pub(in crate::videos) size_bytes: u64,
    /// Otherwise somebody has a link by which they can put it, and may have.
    pub(in crate::videos) is_there: bool,
}

/// Those that are there, and those that are waited for, in their order.
pub(in crate::videos) async fn list(conn: &mut PgConnection, upload: Uuid) -> anyhow::Result<Vec<Part>> {
    let rows = sqlx::query!(
        r#"select number, file, size_bytes, received_at is not null "is_there!"
        from videos.part
        where upload_id = $1
        order by number"#,
        upload,
    )
    .fetch_all(conn)
    .await?;
    let parts = rows.into_iter().map(|row| {
        Ok(Part {
            number: row.number,
            key: Key::of_row(&row.file)?,
            size_bytes: row.size_bytes.unsigned_abs(),
            is_there: row.is_there,
        })
    });
    parts.collect()
}

pub(in crate::videos) async fn insert(
    conn: &mut PgConnection,
    upload: Uuid,
    part: &Part,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    sqlx::query!(
        "insert into videos.part (upload_id, number, size_bytes, file, received_at) values ($1, $2, $3, $4, $5)",
        upload,
        part.number,
        i64::try_from(part.size_bytes)?,
        part.key.as_str(),
        part.is_there.then_some(now),
    )
    .execute(conn)
    .await
    .context("noting a part")?;
    Ok(())
}

/// All that were waited for are there.
pub(in crate::videos) async fn receive(
    conn: &mut PgConnection,
    upload: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update videos.part set received_at = $2 where upload_id = $1 and received_at is null",
        upload,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The keys of all that there were, and may still come.
pub(in crate::videos) async fn take_out(conn: &mut PgConnection, upload: Uuid) -> anyhow::Result<Vec<Key>> {
    let files = sqlx::query_scalar!(
        "delete from videos.part where upload_id = $1 returning file",
        upload
    )
    .fetch_all(conn)
    .await?;
    files.iter().map(|file| Key::of_row(file)).collect()
}

/// False: it is not waited for any more.
pub(in crate::videos) async fn take_out_one(conn: &mut PgConnection, key: &Key) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "delete from videos.part where file = $1 and received_at is null",
        key.as_str()
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}
