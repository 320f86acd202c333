use anyhow::Context as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{file_line, locked, subject};
use crate::access::Principal;
use crate::app::App;
use crate::locale::Locale;
use crate::payouts::Error;
use crate::payouts::domain::{FileLine, Format, Status};
use crate::payouts::file::write;
use crate::payouts::store::{self, NewFile};
use crate::platform::{audit, sealed};

/// The file for the bank, which stays as it first went out: the same bytes each time.
///
/// # Errors
/// It was not approved.
pub async fn export(
    app: &App,
    by: &Principal,
    id: Uuid,
    format: Format,
    locale: Locale,
) -> Result<Vec<u8>, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let batch = locked(&mut tx, id, &[Status::Approved, Status::Settled], "exported").await?;
    let (keys, place) = (&app.config.data_keys, place(id, format, locale));
    if let Some(content) = store::file(&mut tx, id, format, locale).await? {
        return Ok(sealed::open(keys, &place, &content)?);
    }
    let lines = store::lines(&mut tx, id).await?;
    let lines = lines.iter().map(|line| file_line(app, &batch, line));
    let lines = lines.collect::<anyhow::Result<Vec<FileLine>>>()?;
    let plain = write(id, &lines, format, locale)?;
    let new = NewFile {
        batch: id,
        format,
        locale,
        sha256: &Sha256::digest(&plain),
        content: &sealed::seal(keys, &place, &plain)?,
        principal: &by.id,
    };
    let fresh = store::insert_file(&mut tx, &new, now).await?;
    Some(fresh)
        .filter(|fresh| *fresh)
        .context("a file of a locked payout was written meanwhile")?;
    let after = json!({ "format": format, "locale": locale, "lines": lines.len() });
    audit::record(
        &mut tx,
        now,
        by,
        "payouts.export",
        &subject(id),
        None,
        Some(after),
    )
    .await?;
    app.faults.hit("payouts.exporting");
    tx.commit().await?;
    app.faults.hit("payouts.exported");
    Ok(plain)
}

fn place(batch: Uuid, format: Format, locale: Locale) -> String {
    format!("payouts.file/{batch}/{}/{locale}", format.name())
}
