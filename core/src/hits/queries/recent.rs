use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Error, Filter, Paging};
use crate::app::App;
use crate::platform::paging::List;

/// One decision, as it was reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecentHit {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub brand: String,
    pub product: String,
    pub language: String,
    pub device: String,
    pub media: Option<String>,
    pub zip: Option<String>,
    pub zip_known: bool,
    pub state: Option<String>,
    pub outcome: String,
    pub rule: Option<i32>,
    pub variant: Option<String>,
    pub revision: i32,
    pub canary: bool,
    /// SHA-256 of the URL that the visitor was sent to, hex.
    pub url_sha256: Option<String>,
    pub colo: Option<String>,
    pub country: Option<String>,
    pub bot: bool,
    pub region_mismatch: bool,
}

/// Single hits between two times, newest first. The cursor is the last id: it holds its own time.
pub async fn recent(
    app: &App,
    from: OffsetDateTime,
    to: OffsetDateTime,
    filter: &Filter,
    paging: &Paging,
) -> Result<List<RecentHit>, Error> {
    let before = match &paging.cursor {
        None => Uuid::max(),
        Some(cursor) => Uuid::try_parse(cursor)
            .ok()
            .filter(|id| id.get_version_num() == 7)
            .ok_or(Error::Cursor)?,
    };
    let items = sqlx::query_as!(
        RecentHit,
        r#"
        select
            id, at, brand, product, language, device, media, zip, zip_known, state, outcome, rule, variant,
            revision, canary, encode(url_sha256, 'hex') as url_sha256, colo, country, bot, region_mismatch
        from hits.hit
        where day >= ($1::timestamptz at time zone 'UTC')::date
            and day <= ($2::timestamptz at time zone 'UTC')::date
            and at >= $1
            and at < $2
            and id < $3
            and ($4::text is null or brand = $4)
            and ($5::text is null or product = $5)
            and ($6::text is null or state = $6)
            and ($7::int is null or rule = $7)
            and ($8::text is null or variant = $8)
            and ($9::text is null or outcome = $9)
            and ($10::bool is null or bot = $10)
        order by day desc, id desc
        limit $11
        "#,
        from,
        to,
        before,
        filter.brand,
        filter.product,
        filter.state,
        filter.rule,
        filter.variant,
        filter.outcome(),
        filter.bots.flag(),
        paging.rows(),
    )
    .fetch_all(&app.db)
    .await?;
    Ok(paging.list(items, |hit| hit.id.to_string()))
}
