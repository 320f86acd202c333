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
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use time::{Duration, OffsetDateTime};

pub use key::{Area, FileType, Key};
pub use links::LinkFault;
use objects::WhenCut;
pub use objects::{Files, Object, PutError, PutLink};

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
    let key = announce(app, area, kind).await?;
    match app.files.put(&key, body, most, WhenCut::Remove).await {
        Ok(put) => Ok((key, put.size_bytes)),
        Err(error) => Err(gone_wrong(app, &key, error).await),
    }
}

/// What has come of an object.
pub struct Arrived {
    pub key: Key,
    /// At least 1.
    pub size_bytes: u64,
    /// Whether more should have come, and the line was cut.
    pub is_cut: bool,
}

/// Puts as much of an object as comes, of at most `most` bytes: when the line is cut, what had come before is an object,
/// too. `None`: nothing came. It goes within a day or so unless somebody [`keep`]s it.
///
/// # Errors
/// Its size, the store, or the database; or the line was cut before anything came.
pub async fn put_arrived<E>(
    app: &App,
    area: Area,
    kind: FileType,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
    most: u64,
) -> Result<Option<Arrived>, PutError>
where
    E: Into<anyhow::Error>,
{
    let key = announce(app, area, kind).await?;
    match app.files.put(&key, body, most, WhenCut::Keep).await {
        Ok(put) if put.size_bytes == 0 => {
            discard(&mut *acquire(app).await?, app.now(), &key).await?;
            put.cut.map_or(Ok(None), |cause| Err(PutError::Body(cause)))
        }
        Ok(put) => Ok(Some(Arrived {
            key,
            size_bytes: put.size_bytes,
            is_cut: put.cut.is_some(),
        })),
        Err(error) => Err(gone_wrong(app, &key, error).await),
    }
}

/// Names an object that somebody is going to put by a link, in the transaction of the row that names it.
///
/// # Errors
/// The database.
pub async fn expect(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    area: Area,
    kind: FileType,
) -> anyhow::Result<Key> {
    let key = Key::fresh(area, kind, now);
    store::announce(conn, &key, now).await?;
    keep(conn, &key).await?;
    Ok(key)
}

/// Says that a link to put the object was given out, before it is, in the caller's transaction: its row stays until
/// nobody can be putting it any more.
///
/// # Errors
/// The database.
pub async fn will_be_put(conn: &mut PgConnection, now: OffsetDateTime, key: &Key) -> anyhow::Result<()> {
    Ok(store::expect(conn, key, now + links::PUT_VALID + PUTTING).await?)
}

/// How long after a link has expired somebody who began before may still be putting.
const PUTTING: Duration = Duration::DAY;

async fn announce(app: &App, area: Area, kind: FileType) -> anyhow::Result<Key> {
    let key = Key::fresh(area, kind, app.now());
    store::announce(&mut *acquire(app).await?, &key, app.now()).await?;
    Ok(key)
}

/// Whatever may be there of it goes at once.
async fn gone_wrong(app: &App, key: &Key, error: PutError) -> PutError {
    let discarded = async { discard(&mut *acquire(app).await?, app.now(), key).await };
    if let Err(left) = discarded.await {
        tracing::warn!(error = %left, "{key} is left until it is swept away");
    }
    error
}

async fn acquire(app: &App) -> anyhow::Result<PoolConnection<Postgres>> {
    Ok(app.db.acquire().await?)
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

/// Nobody may read the object any more, whatever link they have, in the caller's transaction. Safe to say twice.
///
/// # Errors
/// The database.
pub async fn hide(conn: &mut PgConnection, key: &Key) -> sqlx::Result<()> {
    store::hide(conn, key, true).await
}

/// Links to the object work again, in the caller's transaction. Safe to say twice.
///
/// # Errors
/// The database.
pub async fn unhide(conn: &mut PgConnection, key: &Key) -> sqlx::Result<()> {
    store::hide(conn, key, false).await
}

/// Says that no row names the object any more, in the transaction that changes the row; a job removes it. Safe to say
/// twice.
pub async fn discard(conn: &mut PgConnection, now: OffsetDateTime, key: &Key) -> anyhow::Result<()> {
    if store::discard(conn, key).await? {
        jobs::ask(conn, now, key).await?;
    }
    Ok(())
}
