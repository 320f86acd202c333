//! One function for each thing that can be done. Each begins and commits its own transaction, unless it takes one.

use bytes::Bytes;
use futures::Stream;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::domain::{Length, Status};
use super::events::{self, Payload};
use super::{Error, jobs, store};
use crate::app::App;
use crate::ids;
use crate::platform::bus;
use crate::platform::files::{self, Area, FileType, Key, PutError};
use crate::platform::throttle::Allowance;

const UPLOADS: Area = Area("uploads");
/// How long an upload waits for what was announced.
const OPEN_FOR: Duration = Duration::DAY;
/// So that nobody fills the store.
const UPLOADS_OF_A_PERSON: Allowance = Allowance {
    name: "videos.open_upload",
    burst: 20,
    every: Duration::minutes(3),
};

/// What somebody is going to send.
#[derive(Clone, Debug)]
pub struct Announced {
    pub owner: Uuid,
    /// What for, in the words of who opens it: small letters and `_`.
    pub purpose: &'static str,
    pub media_type: String,
    pub size_bytes: u64,
    pub most_bytes: u64,
    pub length: Length,
}

/// Opens an upload, in the caller's transaction; its owner may send it for a day.
pub async fn open_upload(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    announced: Announced,
) -> Result<Uuid, Error> {
    let most = announced.most_bytes;
    let size = i64::try_from(announced.size_bytes).ok();
    let size = size.filter(|size| *size > 0 && announced.size_bytes <= most);
    let size_bytes = size.ok_or(Error::Size { most })?;
    if !is_media_type(&announced.media_type) {
        return Err(Error::Type);
    }
    UPLOADS_OF_A_PERSON
        .take(conn, now, &announced.owner.to_string())
        .await??;
    let id = ids::fresh(now);
    store::insert(conn, id, &announced, size_bytes, now, now + OPEN_FOR).await?;
    Ok(id)
}

/// Takes in what was announced, without holding it in memory, and has it checked. Of two at once one wins.
pub async fn receive<E: Into<anyhow::Error>>(
    app: &App,
    owner: Uuid,
    id: Uuid,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<(Uuid, Key), Error> {
    let upload = store::find(&mut *app.db.acquire().await?, id, owner).await?;
    let upload = upload.ok_or(Error::Unknown)?;
    let is_late = upload.expires_at <= app.now();
    match upload.status {
        Status::Open if is_late => return Err(Error::NotOpen("expired")),
        Status::Open => {}
        other => return Err(Error::NotOpen(other.name())),
    }
    let announced = upload.size_bytes.unsigned_abs();
    let differs = |sent: String| Error::SizeDiffers { announced, sent };
    match files::put(app, UPLOADS, FileType::Unknown, body, announced).await {
        Ok((key, sent)) if sent == announced => Ok((id, key)),
        Ok((key, sent)) => {
            files::discard(&mut *app.db.acquire().await?, app.now(), &key).await?;
            Err(differs(sent.to_string()))
        }
        Err(PutError::TooLarge { .. }) => Err(differs("more".to_owned())),
        Err(PutError::Body(_)) => Err(Error::CutOff),
        Err(PutError::Unexpected(cause)) => Err(cause.into()),
    }
}

/// What was received is the upload's from now on, and a worker is asked to look into it.
pub async fn take(app: &App, id: Uuid, key: &Key) -> Result<(), Error> {
    app.faults.hit("videos.put");
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let taken = store::receive(&mut tx, id, key, now).await?;
    if let Some((owner, purpose)) = &taken {
        files::keep(&mut tx, key).await?;
        jobs::ask(&mut tx, now, id).await?;
        let payload = Payload {
            upload: id,
            owner: *owner,
            purpose: purpose.clone(),
            reason: None,
        };
        let payload = serde_json::to_value(payload).map_err(anyhow::Error::from)?;
        bus::emit(app, &mut tx, events::UPLOADED, payload).await?;
    } else {
        files::discard(&mut tx, now, key).await?;
    }
    tx.commit().await?;
    match taken {
        Some(_) => Ok(()),
        None => Err(Error::NotOpen("received already, or closed")),
    }
}

/// What was to be found of an upload when it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nothing that could become a video, and nothing will come.
    Nothing,
    /// It was received then, and is or will be checked.
    Received(OffsetDateTime),
}

/// Nobody waits any more for what was announced and not sent, in the caller's transaction: of somebody who sends it at the
/// same moment, one of the two is first.
pub async fn close(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    owner: Uuid,
    id: Uuid,
) -> Result<Closed, Error> {
    let upload = store::lock(conn, id, owner).await?.ok_or(Error::Unknown)?;
    match upload.status {
        Status::Open => store::abort(conn, id, now).await?,
        Status::Received | Status::Checking | Status::Accepted => {
            return Ok(Closed::Received(upload.received_at.unwrap_or(now)));
        }
        Status::Refused | Status::Aborted | Status::Expired => {}
    }
    Ok(Closed::Nothing)
}

/// The owner changes their mind, and what was sent is removed. Safe to do twice.
pub async fn abort(app: &App, owner: Uuid, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let upload = store::lock(&mut tx, id, owner).await?.ok_or(Error::Unknown)?;
    match upload.status {
        Status::Accepted => return Err(Error::Accepted),
        status if status.is_settled() => return Ok(()),
        _ => {}
    }
    store::abort(&mut tx, id, app.now()).await?;
    if let Some(file) = upload.file {
        files::discard(&mut tx, app.now(), &Key::of_row(&file)?).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Removes one that was accepted, in the caller's transaction: nobody shows it any more. Safe to do twice.
pub async fn remove(conn: &mut PgConnection, now: OffsetDateTime, id: Uuid) -> Result<(), Error> {
    for file in store::abort_accepted(conn, id, now).await? {
        files::discard(conn, now, &Key::of_row(&file)?).await?;
    }
    Ok(())
}

/// Removes whatever a person has sent or may still send, in the caller's transaction.
pub async fn erase(conn: &mut PgConnection, now: OffsetDateTime, owner: Uuid) -> anyhow::Result<()> {
    for file in store::abort_all(conn, owner, now).await? {
        files::discard(conn, now, &Key::of_row(&file)?).await?;
    }
    Ok(())
}

fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        !name.is_empty() && name.bytes().all(fine)
    };
    let parts = text.split_once('/');
    text.len() <= 100 && parts.is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}
