use sqlx::PgConnection;

use crate::app::App;
use crate::orders::domain::Status;
use crate::orders::{Error, mails, store};
use crate::videos;
use crate::videos::events::{self, Payload};

/// Acts on something that happened to a video that is to take the place of another.
pub(super) async fn redo(
    app: &App,
    conn: &mut PgConnection,
    event: &str,
    told: &Payload,
) -> Result<(), Error> {
    let Some(order) = store::order_of_redo(conn, told.upload).await? else {
        return Ok(());
    };
    let order = store::lock(conn, order).await?;
    // Nobody waits for a video of what was given back meanwhile.
    let Some(mut order) = order.filter(|order| order.status == Status::Delivered) else {
        return Ok(());
    };
    let redo = store::agreed_redo(conn, order.id).await?;
    let Some(redo) = redo.filter(|redo| redo.upload == Some(told.upload)) else {
        return Ok(());
    };
    match event {
        events::PLAYABLE => {
            store::finish_redo(conn, redo.id, app.now()).await?;
            let before = order.upload.replace(told.upload);
            store::set_upload(conn, order.id, order.upload).await?;
            if let Some(before) = before {
                videos::remove(conn, app.now(), before).await?;
            }
            mails::redone(app, conn, &order, redo.id).await?;
        }
        events::REFUSED => {
            order.upload = Some(told.upload);
            // There is none any more.
            order.deadline_at = None;
            mails::video_refused(app, conn, &order, told.reason.as_deref()).await?;
        }
        _ => {}
    }
    Ok(())
}
