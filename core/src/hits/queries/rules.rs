use serde::Serialize;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::{Bots, Error, Page, Paging};
use crate::app::App;

/// What one rule decided lately. A rule that decided nothing is not in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RuleTraffic {
    pub rule: i32,
    pub hits: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}

/// Traffic of a brand's rules since a day, by rule number.
pub async fn rules(
    app: &App,
    brand: &str,
    since: Date,
    bots: Bots,
    paging: &Paging,
) -> Result<Page<RuleTraffic>, Error> {
    let after: i32 = match &paging.cursor {
        None => -1,
        Some(cursor) => cursor.parse().map_err(|_| Error::Cursor)?,
    };
    let mut items = sqlx::query_as!(
        RuleTraffic,
        r#"
        select rule as "rule!", sum(hits)::bigint as "hits!", max(last_at) as "last_at!"
        from hits.rollup
        where grain = 'day'
            and at >= ($1::date)::timestamp at time zone 'UTC'
            and brand = $2
            and rule > $3
            and ($4::bool is null or bot = $4)
        group by rule
        order by rule
        limit $5
        "#,
        since,
        brand,
        after,
        bots.flag(),
        i64::try_from(paging.limit + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&app.db)
    .await?;
    let more = items.len() > paging.limit;
    items.truncate(paging.limit);
    let next_cursor = items.last().filter(|_| more).map(|item| item.rule.to_string());
    Ok(Page { items, next_cursor })
}
