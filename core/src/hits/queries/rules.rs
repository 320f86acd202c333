use serde::Serialize;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::cut::look;
use super::{Bots, Error, Paging};
use crate::app::App;
use crate::platform::paging::List;

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
) -> Result<List<RuleTraffic>, Error> {
    let after = paging.after_rule()?;
    let mut tx = look(app).await?;
    let items = sqlx::query_as!(
        RuleTraffic,
        r#"
        select rule as "rule!", sum(hits)::bigint as "hits!", max(last_at) as "last_at!"
        from hits.summary
        where cut = 'rule'
            and grain = 'day'
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
        paging.rows(),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(paging.list(items, |item| item.rule.to_string()))
}
