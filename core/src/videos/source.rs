//! What was sent of an upload, until something is made of it.

use std::path::Path;

use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::store::{self, parts};
use crate::app::App;
use crate::platform::files;

/// Writes an upload that was received into a file that is not there yet, part after part, and returns its size.
///
/// # Errors
/// A part is gone or is not as large as it was, the store cannot be reached, or the file cannot be written.
pub async fn download(app: &App, upload: Uuid, to: &Path) -> anyhow::Result<u64> {
    let parts = parts::list(&mut *app.db.acquire().await?, upload).await?;
    let is_whole = !parts.is_empty() && parts.iter().all(|part| part.is_there);
    anyhow::ensure!(is_whole, "upload {upload} is not kept");
    let mut file = tokio::fs::File::create_new(to).await?;
    let mut size = 0;
    for part in parts {
        let bytes = app.files.append(&part.key, &mut file).await?;
        anyhow::ensure!(bytes == part.size_bytes, "{} has {bytes} bytes", part.key);
        size += bytes;
    }
    file.flush().await.context("writing the last of it")?;
    Ok(size)
}

/// Writes what is kept of a video without our mark into a file that is not there yet. Whether that is an object of its own,
/// which no other takes the place of.
///
/// # Errors
/// Nothing is kept, the store cannot be reached, or the file cannot be written.
pub async fn download_master(app: &App, video: Uuid, to: &Path) -> anyhow::Result<bool> {
    let master = store::master(&mut *app.db.acquire().await?, video).await?;
    let mut file = tokio::fs::File::create_new(to).await?;
    app.files.append(&master.key, &mut file).await?;
    file.flush().await.context("writing the last of it")?;
    Ok(master.is_apart)
}

/// Gives up whatever was sent of it, and what could still be, in the caller's transaction. Safe to do twice.
pub async fn discard(conn: &mut PgConnection, now: OffsetDateTime, upload: Uuid) -> anyhow::Result<()> {
    for key in parts::take_out(conn, upload).await? {
        files::discard(conn, now, &key).await?;
    }
    Ok(())
}
