//! One function for each thing that can be done. Each begins and commits its own transaction, unless it takes one.

mod links;
mod receive;
mod release;
mod remake;
mod take_down;
mod views;

use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(super) use links::complete_forgotten;
pub use links::{NewPart, complete, put_links};
pub use receive::{Piece, receive, receive_piece};

use super::domain::{Length, Purpose, Status};
use super::{Error, source, store};
use crate::access::Principal;
use crate::app::App;
use crate::ids;
use crate::platform::audit;
use crate::platform::files::{self, Key};
use crate::platform::throttle::Allowance;

pub use release::{release, withhold};
pub use remake::remake;
pub use take_down::{put_back, take_down};
pub use views::count_view;

/// How long an upload waits for what was announced.
const OPEN_FOR: Duration = Duration::DAY;
/// How many a person may have announced and not sent.
const OPEN_AT_ONCE: i64 = 10;
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
    // The allowance is theirs until the end of the transaction, so nobody counts beside us.
    if store::count_open(conn, announced.owner).await? >= OPEN_AT_ONCE {
        return Err(Error::TooManyOpen(OPEN_AT_ONCE));
    }
    let id = ids::fresh(now);
    store::insert(conn, id, &announced, size_bytes, now, now + OPEN_FOR).await?;
    Ok(id)
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
        Status::Open => {
            store::abort(conn, id, now).await?;
            source::discard(conn, now, id).await?;
        }
        Status::Received | Status::Checking | Status::Accepted => {
            return Ok(Closed::Received(upload.received_at.unwrap_or(now)));
        }
        Status::Refused | Status::Aborted | Status::Expired => {}
    }
    Ok(Closed::Nothing)
}

/// The owner changes their mind, and what was sent is removed. Safe to do twice.
///
/// # Errors
/// It is nobody's or somebody else's; it was accepted; it was received for something that counts on it by now.
pub async fn abort(app: &App, owner: Uuid, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    give_up(&mut tx, app.now(), id, Some(owner)).await?;
    tx.commit().await?;
    Ok(())
}

/// Staff give up what somebody sends. Safe to do twice.
///
/// # Errors
/// As [`abort`].
pub async fn abort_anybodys(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(before) = give_up(&mut tx, now, id, None).await? {
        let (action, subject) = ("videos.abort", format!("upload/{id}"));
        let status = |status: Status| Some(json!({ "status": status }));
        let (before, after) = (status(before), status(Status::Aborted));
        audit::record(&mut tx, now, by, action, &subject, before, after).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// How far it was; `None`: nothing was to be given up any more.
async fn give_up(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    id: Uuid,
    owner: Option<Uuid>,
) -> Result<Option<Status>, Error> {
    let upload = store::lock(conn, id, owner).await?.ok_or(Error::Unknown)?;
    let is_ones_own = upload.purpose == Purpose::Presentation.name();
    match upload.status {
        Status::Accepted => return Err(Error::Accepted),
        // Whatever it was opened for was told that it is here.
        Status::Received | Status::Checking if !is_ones_own => return Err(Error::Received),
        status if status.is_settled() => return Ok(None),
        _ => {}
    }
    store::abort(conn, id, now).await?;
    source::discard(conn, now, id).await?;
    Ok(Some(upload.status))
}

/// Removes one that was accepted and what was made of it, in the caller's transaction: nobody shows it any more. Safe to
/// do twice.
pub async fn remove(conn: &mut PgConnection, now: OffsetDateTime, id: Uuid) -> Result<(), Error> {
    for file in store::remove_video(conn, id).await? {
        files::discard(conn, now, &Key::of_row(&file)?).await?;
    }
    if store::abort_accepted(conn, id, now).await? {
        source::discard(conn, now, id).await?;
    }
    Ok(())
}

/// Removes whatever a person has sent or may still send, and what was made of it, in the caller's transaction.
pub async fn erase(conn: &mut PgConnection, now: OffsetDateTime, owner: Uuid) -> anyhow::Result<()> {
    for file in store::remove_all(conn, owner).await? {
        files::discard(conn, now, &Key::of_row(&file)?).await?;
    }
    for upload in store::abort_all(conn, owner, now).await? {
        source::discard(conn, now, upload).await?;
    }
    Ok(())
}

/// Whether it has the form of one; what the file is, is found out.
pub(super) fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        !name.is_empty() && name.bytes().all(fine)
    };
    let parts = text.split_once('/');
    text.len() <= 100 && parts.is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}
