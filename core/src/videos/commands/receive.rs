use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::platform::bus;
use crate::platform::files::{self, Area, FileType, Key};
use crate::videos::domain::{Checksum, Status};
use crate::videos::events::{self, Payload};
use crate::videos::store::parts::Part;
use crate::videos::store::{self, Upload, parts};
use crate::videos::{Error, jobs};

/// How many parts an upload may have.
pub(super) const MOST_PARTS: usize = 1_000;

/// Takes in what was announced, whole and without holding it in memory, and has it checked. Of two at once one wins.
///
/// To be run to its end even when who sends it hangs up: what came of it is then removed at once.
///
/// # Errors
/// It is nobody's or somebody else's; it is not open, or was begun in parts; not as much was sent as was announced.
pub async fn receive<E: Into<anyhow::Error>>(
    app: &App,
    owner: Uuid,
    id: Uuid,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<(), Error> {
    let (announced, there) = so_far(app, owner, id).await?;
    if !there.is_empty() {
        return Err(Error::Begun);
    }
    let put = files::put(app, Area::QUARANTINE, FileType::Unknown, body, announced).await;
    let (key, sent) = put.map_err(|error| Error::put(error, announced))?;
    if sent != announced {
        files::discard(&mut *app.db.acquire().await?, app.now(), &key).await?;
        let sent = sent.to_string();
        return Err(Error::SizeDiffers { announced, sent });
    }
    append(app, owner, id, 0, &key, sent).await.map(drop)
}

/// What somebody sends of an upload, after all that was sent before.
#[derive(Clone, Debug)]
pub struct Piece {
    /// How much was sent before, as they believe.
    pub offset: u64,
    /// Of exactly this piece.
    pub checksum: Option<Checksum>,
}

/// Takes in a piece, and returns how much is there now; of the last one, has the upload checked. When the line is cut,
/// what had come is kept, unless its checksum is of more. Of two at once one wins.
///
/// To be run to its end even when who sends it hangs up.
///
/// # Errors
/// It is nobody's or somebody else's; it is not open, or was not begun like this; another offset; too many bytes or
/// pieces; another checksum.
pub async fn receive_piece<E: Into<anyhow::Error>>(
    app: &App,
    owner: Uuid,
    id: Uuid,
    piece: Piece,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<u64, Error> {
    let (announced, there) = so_far(app, owner, id).await?;
    follows(&there, piece.offset)?;
    let mut sum = piece.checksum.as_ref().map(Checksum::begin);
    let body = body.inspect_ok(|bytes| sum.iter_mut().for_each(|sum| sum.update(bytes)));
    let most = announced.saturating_sub(piece.offset);
    let put = files::put_arrived(app, Area::QUARANTINE, FileType::Unknown, body, most).await;
    let arrived = put.map_err(|error| Error::put(error, announced))?;
    let is_right = piece.checksum.as_ref().is_none_or(|checksum| checksum.is_of(sum));
    let Some(arrived) = arrived else {
        return if is_right {
            Ok(piece.offset)
        } else {
            Err(Error::Checksum)
        };
    };
    if !is_right {
        files::discard(&mut *app.db.acquire().await?, app.now(), &arrived.key).await?;
        return Err(if arrived.is_cut {
            Error::CutOff
        } else {
            Error::Checksum
        });
    }
    let at = append(app, owner, id, piece.offset, &arrived.key, arrived.size_bytes).await?;
    if arrived.is_cut {
        Err(Error::CutOff)
    } else {
        Ok(at)
    }
}

/// What was announced, and what is there of it.
async fn so_far(app: &App, owner: Uuid, id: Uuid) -> Result<(u64, Vec<Part>), Error> {
    let mut conn = app.db.acquire().await?;
    let upload = still_open(app, store::find(&mut conn, id, owner).await?)?;
    let there = parts::list(&mut conn, id).await?;
    Ok((upload.size_bytes.unsigned_abs(), there))
}

/// An object becomes the next part of its upload, or goes. Returns how much is there then.
async fn append(
    app: &App,
    owner: Uuid,
    id: Uuid,
    offset: u64,
    key: &Key,
    size_bytes: u64,
) -> Result<u64, Error> {
    app.faults.hit("videos.put");
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let fits = fits(app, &mut tx, owner, id, offset).await;
    match &fits {
        Ok((announced, number)) => {
            files::keep(&mut tx, key).await?;
            let part = Part {
                number: *number,
                key: key.clone(),
                size_bytes,
                is_there: true,
            };
            parts::insert(&mut tx, id, &part, now).await?;
            if offset + size_bytes == *announced {
                received(app, &mut tx, id).await?;
            }
        }
        Err(_) => files::discard(&mut tx, now, key).await?,
    }
    tx.commit().await?;
    fits.map(|_| offset + size_bytes)
}

/// What was announced, and which number the next part has; under the upload's lock.
async fn fits(
    app: &App,
    conn: &mut PgConnection,
    owner: Uuid,
    id: Uuid,
    offset: u64,
) -> Result<(u64, i32), Error> {
    let upload = still_open(app, store::lock(conn, id, owner).await?)?;
    let there = parts::list(conn, id).await?;
    follows(&there, offset)?;
    let number = i32::try_from(there.len() + 1).map_err(anyhow::Error::from)?;
    Ok((upload.size_bytes.unsigned_abs(), number))
}

fn follows(there: &[Part], offset: u64) -> Result<(), Error> {
    let at: u64 = there.iter().map(|part| part.size_bytes).sum();
    match there {
        _ if there.iter().any(|part| !part.is_there) => Err(Error::Begun),
        _ if at != offset => Err(Error::Offset { at }),
        _ if there.len() >= MOST_PARTS => Err(Error::TooManyParts),
        _ => Ok(()),
    }
}

/// All of it is here: a worker is asked to look into it, and others are told. In the transaction of the last part.
pub(super) async fn received(app: &App, conn: &mut PgConnection, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let (owner, purpose) = store::receive(conn, id, now)
        .await?
        .ok_or(Error::NotOpen("closed"))?;
    jobs::ask(conn, now, id).await?;
    let payload = Payload {
        upload: id,
        owner,
        purpose,
        reason: None,
    };
    let payload = serde_json::to_value(payload).map_err(anyhow::Error::from)?;
    bus::emit(app, conn, events::UPLOADED, payload).await?;
    Ok(())
}

/// One that something can still be sent for.
pub(super) fn still_open(app: &App, upload: Option<Upload>) -> Result<Upload, Error> {
    let upload = upload.ok_or(Error::Unknown)?;
    match upload.status {
        Status::Open if upload.expires_at <= app.now() => Err(Error::NotOpen("expired")),
        Status::Open => Ok(upload),
        other => Err(Error::NotOpen(other.name())),
    }
}
