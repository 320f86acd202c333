use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Money;
use crate::orders::Price;

/// What an order of a talent costs, as promised
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteView {
    pub id: Uuid,
    pub talent_id: Uuid,
    /// What the talent asks for
    pub list_price: Money,
    /// What a promotion pays of it
    #[schema(example = 0)]
    pub discount_minor: i64,
    /// What is to be paid
    pub price: Money,
    /// Within how many days the talent delivers
    #[schema(example = 5)]
    pub delivery_days: i32,
    /// Until when this holds
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether something was ordered by it
    #[schema(example = false)]
    pub used: bool,
}

pub async fn find_quote(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<QuoteView>> {
    let row = sqlx::query!(
        r#"select id, talent_id, list_minor, discount_minor, promotion, currency, delivery_days, expires_at,
            used_at is not null "used!"
        from orders.quote
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let list = Money::new(row.list_minor, row.currency.parse()?)?;
    let price = Price::new(list, row.discount_minor, row.promotion)?;
    Ok(Some(QuoteView {
        id: row.id,
        talent_id: row.talent_id,
        list_price: list,
        discount_minor: price.discount_minor(),
        price: price.due(),
        delivery_days: row.delivery_days,
        expires_at: row.expires_at,
        used: row.used,
    }))
}
