use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::orders::domain::Status;
use crate::orders::store::{self, Order};
use crate::orders::{Error, PURPOSE, queries};
use crate::videos::{self, Length};

/// As large and as long as a video to order may be.
const MOST_BYTES: u64 = 1_000_000_000;
const LENGTH: Length = Length {
    least_ms: 3_000,
    most_ms: 600_000,
};

/// What a talent is going to send.
#[derive(Clone, Debug)]
pub struct Announced {
    pub media_type: String,
    pub size_bytes: u64,
}

/// Opens the upload of an order's video, for its talent; once it is delivered, of another that staff agreed to.
///
/// # Errors
/// The order is somebody else's; it has expired; it has a video; it is not open.
pub async fn open_upload(app: &App, person: Uuid, id: Uuid, announced: Announced) -> Result<Uuid, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let order = store::lock(&mut tx, id).await?;
    let talent = queries::talent_of(&mut tx, person).await?;
    let order = order
        .filter(|order| talent == Some(order.talent))
        .ok_or(Error::Unknown)?;
    let redo = match order.status {
        Status::Delivered => store::agreed_redo(&mut tx, id).await?,
        _ => None,
    };
    let before = match &redo {
        Some(redo) => redo.upload,
        None => {
            refuse_late(app, &order)?;
            order.upload
        }
    };
    if let Some(upload) = before {
        make_way(&mut tx, app, person, upload).await?;
    }
    let announced = videos::Announced {
        owner: person,
        purpose: PURPOSE,
        media_type: announced.media_type,
        size_bytes: announced.size_bytes,
        most_bytes: MOST_BYTES,
        length: LENGTH,
    };
    let upload = videos::open_upload(&mut tx, now, announced).await?;
    match redo {
        Some(redo) => store::set_redo_upload(&mut tx, redo.id, upload).await?,
        None => store::set_upload(&mut tx, id, Some(upload)).await?,
    }
    tx.commit().await?;
    Ok(upload)
}

/// Expired comes before everything else, as people are told it.
fn refuse_late(app: &App, order: &Order) -> Result<(), Error> {
    match order.status {
        Status::Expired => Err(Error::Expired),
        Status::Open if order.deadline_at.is_some_and(|at| at <= app.now()) => Err(Error::Expired),
        Status::Open => Ok(()),
        Status::Delivering | Status::PaymentDue | Status::Delivered | Status::Refunded => {
            Err(Error::VideoExists)
        }
        status => Err(Error::NotOpen(status)),
    }
}

/// One that was announced and never sent gives way to another; what was sent stays.
async fn make_way(conn: &mut PgConnection, app: &App, person: Uuid, upload: Uuid) -> Result<(), Error> {
    match videos::close(conn, app.now(), person, upload).await? {
        videos::Closed::Received(_) => Err(Error::VideoExists),
        videos::Closed::Nothing => Ok(()),
    }
}
