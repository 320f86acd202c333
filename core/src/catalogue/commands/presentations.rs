use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::talents::{Whom, record};
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{Error, store};
use crate::videos;

/// Shows a talent with this video from now on, and removes the one before; of two the one that was announced last is
/// shown. Nothing for who is no talent. Safe to do twice.
pub(in crate::catalogue) async fn present(app: &App, person: Uuid, upload: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let talent = store::lock_presentation(&mut tx, None, Some(person)).await?;
    let Some((talent, before)) = talent.filter(|(_, before)| *before != Some(upload)) else {
        return Ok(());
    };
    // Ids go by time.
    let is_late = before.is_some_and(|before| before > upload);
    if is_late {
        videos::remove(&mut tx, app.now(), upload)
            .await
            .map_err(anyhow::Error::from)?;
    } else {
        replace(&mut tx, app, &Principal::system(), talent, before, Some(upload)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Shows a talent without a video again, and removes the one that was shown. Once more is fine.
pub async fn remove_presentation(app: &App, by: &Principal, whom: Whom) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let (id, person) = whom.columns();
    let talent = store::lock_presentation(&mut tx, id, person).await?;
    let (talent, before) = talent.ok_or(Error::NoTalent)?;
    if before.is_some() {
        replace(&mut tx, app, by, talent, before, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn replace(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    talent: Uuid,
    before: Option<Uuid>,
    after: Option<Uuid>,
) -> Result<(), Error> {
    store::set_presentation(conn, talent, after).await?;
    if let Some(before) = before {
        videos::remove(conn, app.now(), before)
            .await
            .map_err(anyhow::Error::from)?;
    }
    let told = |video: Option<Uuid>| Some(json!({ "presentation_video_id": video }));
    record(conn, app, by, "present", talent, told(before), told(after)).await?;
    Ok(())
}
