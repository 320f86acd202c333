use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::Error;
use crate::money::Money;
use crate::platform::paging::{List, Page};

/// A price that a talent was given.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Price)]
pub struct PriceView {
    pub id: Uuid,
    pub price: Money,
    /// `null`: it was the first
    pub before: Option<Money>,
    /// Who set it, as the audit log names them
    #[schema(example = "person:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub by: String,
    #[schema(example = "Ana Lima")]
    pub by_name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Every price of a talent, newest first.
pub async fn list_prices(
    conn: &mut PgConnection,
    talent: Uuid,
    page: Page,
) -> Result<List<PriceView>, Error> {
    let rows = sqlx::query!(
        "select
            id, price_minor, currency, before_minor, before_currency, principal_id, principal_name, at
        from catalogue.price
        where talent_id = $1 and ($2::uuid is null or id < $2)
        order by id desc
        limit $3",
        talent,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let prices = rows.into_iter().map(|row| {
        let currency = row.currency.parse().map_err(anyhow::Error::from)?;
        Ok(PriceView {
            id: row.id,
            price: Money::new(row.price_minor, currency).map_err(anyhow::Error::from)?,
            before: Money::from_columns(row.before_minor, row.before_currency.as_deref())?,
            by: row.principal_id,
            by_name: row.principal_name,
            at: row.at,
        })
    });
    let prices = prices.collect::<Result<Vec<_>, Error>>()?;
    Ok(page.list(prices, |price: &PriceView| price.id))
}
