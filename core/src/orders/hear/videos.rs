use sqlx::PgConnection;

use super::payments::capture;
use super::redo::redo;
use crate::app::App;
use crate::orders::domain::{Cause, Event, Status};
use crate::orders::queries::talent_reader;
use crate::orders::step::{Step, step};
use crate::orders::store::{self, Order};
use crate::orders::{Error, clock, mails};
use crate::videos::events::{self, Payload};
use crate::videos::queries;

/// Acts on something that happened to the upload of an order's video.
pub(in crate::orders) async fn video(app: &App, event: &str, told: &Payload) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    // One that another took the place of is nobody's; one that is to take another's place is a redo's.
    let Some(mut order) = store::lock_by_upload(&mut tx, told.upload).await? else {
        redo(app, &mut tx, event, told).await?;
        return Ok(tx.commit().await?);
    };
    let conn = &mut *tx;
    match event {
        events::UPLOADED | events::ACCEPTED => uploaded(app, conn, &mut order).await?,
        events::PLAYABLE => playable(app, conn, &mut order).await?,
        events::REFUSED => refused(app, conn, &mut order, told.reason.as_deref()).await?,
        _ => {}
    }
    tx.commit().await?;
    Ok(())
}

/// What was sent before the deadline is in time, however late we hear of it; what came later ends the order.
async fn uploaded(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<(), Error> {
    let (Status::Open, Some(upload), Some(deadline_at)) = (order.status, order.upload, order.deadline_at)
    else {
        return Ok(());
    };
    let upload = queries::find(conn, upload).await?;
    let Some(received_at) = upload.and_then(|upload| upload.received_at) else {
        return Ok(());
    };
    if received_at > deadline_at {
        return clock::end_open(app, conn, order, Cause::System, None).await;
    }
    let talent = talent_reader(conn, order.talent).await?;
    let by_talent = Cause::Talent(format!("person:{}", talent.person));
    step(app, conn, order, Step::of(Event::Uploaded, by_talent)).await?;
    Ok(())
}

/// There is something to deliver, so it is to be paid.
async fn playable(app: &App, conn: &mut PgConnection, order: &mut Order) -> Result<(), Error> {
    uploaded(app, conn, order).await?;
    if order.status != Status::Delivering {
        return Ok(());
    }
    app.faults.hit("orders.playable");
    let playable = Step::of(Event::Playable, Cause::System);
    if step(app, conn, order, playable).await?.is_some() {
        app.faults.hit("orders.to_capture");
        capture(app, conn, order).await?;
    }
    Ok(())
}

async fn refused(
    app: &App,
    conn: &mut PgConnection,
    order: &mut Order,
    reason: Option<&str>,
) -> Result<(), Error> {
    uploaded(app, conn, order).await?;
    if order.status != Status::Delivering {
        return Ok(());
    }
    mails::video_refused(app, conn, order, reason).await?;
    if order.deadline_at.is_some_and(|at| at <= app.now()) {
        return clock::end_open(app, conn, order, Cause::System, reason).await;
    }
    let refused = Step {
        event: Event::Refused,
        cause: Cause::System,
        reason,
    };
    step(app, conn, order, refused).await?;
    Ok(())
}
