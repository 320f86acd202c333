use time::Duration;
use uuid::Uuid;

use crate::app::App;
use crate::platform::throttle::Allowance;
use crate::videos::{Error, Pass, queries, store};

/// Who looks again within the hour has not looked twice.
const A_VIEW: Allowance = Allowance {
    name: "videos.view",
    burst: 1,
    every: Duration::HOUR,
};

/// Somebody began to watch a video; `viewer` tells them from others, as well as that is to be known.
///
/// # Errors
/// For them there is no such video.
pub async fn count_view(app: &App, id: Uuid, pass: &Pass, viewer: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    queries::shown(&mut tx, app, id, pass).await?;
    let first = A_VIEW.take(&mut tx, app.now(), &format!("{id} {viewer}")).await?;
    if first.is_ok() {
        store::count_view(&mut tx, id).await?;
    }
    tx.commit().await?;
    Ok(())
}
