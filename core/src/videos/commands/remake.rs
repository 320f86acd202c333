use serde_json::json;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::videos::{Error, jobs, store};

/// Has what is shown of a video made once more, of what is kept of it without our mark: what was sent is gone. Whoever
/// sees it sees what there is until all of it is replaced, and it bears our mark once. Safe to ask twice.
///
/// # Errors
/// There is none, or none that can be played.
pub async fn remake(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let video = store::lock_video(&mut tx, id).await?.ok_or(Error::UnknownVideo)?;
    if !store::begin_remaking(&mut tx, id).await? {
        return Err(Error::NothingToRemake);
    }
    jobs::ask_for_transcoding(&mut tx, now, id).await?;
    let (before, after) = (json!({ "remaking": video.remaking }), json!({ "remaking": true }));
    audit::record(
        &mut tx,
        now,
        by,
        "videos.transcode",
        &format!("video/{id}"),
        Some(before),
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
