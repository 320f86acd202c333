use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids;
use crate::locale::Locale;
use crate::payouts::domain::{Format, Report};

/// A file that goes out.
pub(in crate::payouts) struct NewFile<'a> {
    pub(in crate::payouts) batch: Uuid,
    pub(in crate::payouts) format: Format,
    pub(in crate::payouts) locale: Locale,
    pub(in crate::payouts) sha256: &'a [u8],
    /// Sealed.
    pub(in crate::payouts) content: &'a [u8],
    pub(in crate::payouts) principal: &'a str,
}

/// False: it went out before.
pub(in crate::payouts) async fn insert_file(
    conn: &mut PgConnection,
    new: &NewFile<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into payouts.file (id, batch_id, format, locale, sha256, content, created_by, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (batch_id, format, locale) do nothing",
        ids::fresh(now),
        new.batch,
        new.format.name(),
        new.locale as Locale,
        new.sha256,
        new.content,
        new.principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// As it went out, sealed.
pub(in crate::payouts) async fn file(
    conn: &mut PgConnection,
    batch: Uuid,
    format: Format,
    locale: Locale,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select content from payouts.file where batch_id = $1 and format = $2 and locale = $3",
        batch,
        format.name(),
        locale as Locale,
    )
    .fetch_optional(conn)
    .await
}

/// A file that came in.
pub(in crate::payouts) struct NewResult<'a> {
    pub(in crate::payouts) batch: Uuid,
    pub(in crate::payouts) sha256: &'a [u8],
    pub(in crate::payouts) report: &'a Report,
    pub(in crate::payouts) principal: &'a str,
}

pub(in crate::payouts) async fn insert_result(
    conn: &mut PgConnection,
    new: &NewResult<'_>,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    sqlx::query!(
        "insert into payouts.result (id, batch_id, sha256, report, imported_by, imported_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (batch_id, sha256) do nothing",
        ids::fresh(now),
        new.batch,
        new.sha256,
        serde_json::to_value(new.report)?,
        new.principal,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What came of the same file before.
pub(in crate::payouts) async fn result(
    conn: &mut PgConnection,
    batch: Uuid,
    sha256: &[u8],
) -> anyhow::Result<Option<Report>> {
    let report = sqlx::query_scalar!(
        "select report from payouts.result where batch_id = $1 and sha256 = $2",
        batch,
        sha256
    )
    .fetch_optional(conn)
    .await?;
    Ok(report.map(serde_json::from_value).transpose()?)
}
