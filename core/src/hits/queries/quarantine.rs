use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Error, Paging};
use crate::app::App;
use crate::platform::paging::List;

/// Something that a queue brought and that is no hit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Quarantined {
    /// Of the bytes, hex.
    pub sha256: String,
    pub reason: String,
    pub detail: String,
    /// The beginning, as text.
    pub excerpt: String,
    pub size_bytes: i64,
    /// How often it was brought.
    pub seen: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub first_seen_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_seen_at: OffsetDateTime,
}

/// What is in quarantine, last seen first.
pub async fn quarantine(app: &App, paging: &Paging) -> Result<List<Quarantined>, Error> {
    let rows = sqlx::query!(
        r#"
        select
            encode(sha256, 'hex') as "sha256!", reason, detail, substring(bytes for 1000) as "start!",
            size_bytes, seen, first_seen_at, last_seen_at
        from hits.quarantine
        where $1::text is null
            or (last_seen_at, sha256) < (
                select last_seen_at, sha256 from hits.quarantine where sha256 = decode($1, 'hex')
            )
        order by last_seen_at desc, sha256 desc
        limit $2
        "#,
        cursor(paging)?,
        paging.rows(),
    )
    .fetch_all(&app.db)
    .await?;
    let items = rows.into_iter().map(|row| Quarantined {
        sha256: row.sha256,
        reason: row.reason,
        detail: row.detail,
        excerpt: String::from_utf8_lossy(&row.start).into_owned(),
        size_bytes: row.size_bytes,
        seen: row.seen,
        first_seen_at: row.first_seen_at,
        last_seen_at: row.last_seen_at,
    });
    Ok(paging.list(items.collect(), |item| item.sha256.clone()))
}

/// The last hash of a page.
fn cursor(paging: &Paging) -> Result<Option<&str>, Error> {
    let hash = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match paging.cursor.as_deref() {
        None => Ok(None),
        Some(text) => Some(text).filter(hash).ok_or(Error::Cursor).map(Some),
    }
}
