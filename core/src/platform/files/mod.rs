//! Files: pictures and videos, in a folder or in S3. Objects are put outside of transactions, rows name them:
//!
//! ```text
//! put ──▶ pending ──keep, in the transaction of the row that names it──▶ kept
//!            │ nobody named it within a day                               │ discard, in the transaction of the row
//!            ▼                                                            ▼ that names it no longer
//!         dropped ──────────────── a job removes the object, then the row ◀
//! ```
//!
//! Each object has a row of `platform.file` before it is in the store. A process may die anywhere: no row ever names
//! what is not there, and what no row names is removed. Keys are ours (see [`Key`]); what a client calls a file is
//! nothing to us.

pub mod http;
pub mod jobs;
mod key;
mod links;
mod objects;
mod store;

use bytes::Bytes;
use futures::Stream;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use key::{Area, FileType, Key};
pub use links::LinkFault;
pub use objects::{Files, Object, PutError};

use crate::app::App;

/// Puts an object of at most `most` bytes, without ever holding it in memory, and returns its key and size. It goes
/// within a day or so unless somebody [`keep`]s it.
///
/// # Errors
/// The body, its size, the store, or the database.
pub async fn put<E>(
    app: &App,
    area: Area,
    kind: FileType,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
    most: u64,
) -> Result<(Key, u64), PutError>
where
    E: Into<anyhow::Error>,
{
    let now = app.now();
    let key = Key::fresh(area, kind, now);
    let mut conn = app.db.acquire().await.map_err(anyhow::Error::from)?;
    store::announce(&mut conn, &key, now)
        .await
        .map_err(anyhow::Error::from)?;
    drop(conn);
    let size = app.files.put(&key, body, most).await?;
    Ok((key, size))
}

/// Says that a row names the object, in the transaction that writes the row.
///
/// # Errors
/// The database; or the object was put so long ago that it was swept away.
pub async fn keep(conn: &mut PgConnection, key: &Key) -> anyhow::Result<()> {
    anyhow::ensure!(
        store::keep(conn, key).await?,
        "the file {key} is not there any more"
    );
    Ok(())
}

/// Says that no row names the object any more, in the transaction that changes the row; a job removes it. Safe to say
/// twice.
pub async fn discard(conn: &mut PgConnection, now: OffsetDateTime, key: &Key) -> anyhow::Result<()> {
    if store::discard(conn, key).await? {
        jobs::ask(conn, now, key).await?;
    }
    Ok(())
}
