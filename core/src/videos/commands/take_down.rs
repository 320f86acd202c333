use serde_json::json;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::platform::files::{self, Key};
use crate::videos::{Error, store};

/// The longest reason, in characters.
const REASON: usize = 2_000;

/// Nobody sees a video from now on, whoever has a link to it or to one of its files. Safe to do twice: the first reason
/// stays.
///
/// # Errors
/// There is none; the reason is none.
pub async fn take_down(app: &App, by: &Principal, id: Uuid, reason: &str) -> Result<(), Error> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(Error::Reason { most: REASON });
    }
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let video = store::lock_video(&mut tx, id).await?.ok_or(Error::UnknownVideo)?;
    if video.taken_down_reason.is_some() {
        return Ok(());
    }
    store::take_down(&mut tx, id, Some((reason, now))).await?;
    for file in store::renditions(&mut tx, id).await? {
        files::hide(&mut tx, &Key::of_row(&file)?).await?;
    }
    let after = json!({ "reason": reason });
    audit::record(
        &mut tx,
        now,
        by,
        "videos.take_down",
        &subject(id),
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Whoever could see it before it was taken down can see it again. Safe to do twice.
pub async fn put_back(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let video = store::lock_video(&mut tx, id).await?.ok_or(Error::UnknownVideo)?;
    let Some(reason) = video.taken_down_reason else {
        return Ok(());
    };
    store::take_down(&mut tx, id, None).await?;
    for file in store::renditions(&mut tx, id).await? {
        files::unhide(&mut tx, &Key::of_row(&file)?).await?;
    }
    let before = json!({ "reason": reason });
    audit::record(
        &mut tx,
        app.now(),
        by,
        "videos.put_back",
        &subject(id),
        Some(before),
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

fn subject(id: Uuid) -> String {
    format!("video/{id}")
}
