use uuid::Uuid;

use super::{locked, subject};
use crate::access::Principal;
use crate::app::App;
use crate::payouts::domain::Status;
use crate::payouts::{Error, store};
use crate::platform::audit;

/// Nobody is paid by it; another may be made of the same month. Safe to do twice.
///
/// # Errors
/// It was approved.
pub async fn cancel(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let batch = locked(&mut tx, id, &[Status::Created, Status::Cancelled], "cancelled").await?;
    if batch.status == Status::Cancelled {
        return Ok(());
    }
    store::cancel(&mut tx, id, now).await?;
    store::release_batch(&mut tx, id).await?;
    audit::record(&mut tx, now, by, "payouts.cancel", &subject(id), None, None).await?;
    tx.commit().await?;
    Ok(())
}
