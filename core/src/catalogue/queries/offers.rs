use anyhow::Context as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::shares_of;
use crate::money::{Money, Shares};

/// What an order of a talent's costs now, and who gets what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub talent: Uuid,
    pub price: Money,
    pub agency: Option<Uuid>,
    pub shares: Shares,
    pub delivery_days: i32,
    /// Whether they take orders at all; their week may be full.
    pub available: bool,
}

/// What a talent whom the public sees offers now.
pub async fn offer(conn: &mut PgConnection, talent: Uuid) -> anyhow::Result<Option<Offer>> {
    let row = sqlx::query!(
        "select price_minor, currency, delivery_days, available
        from catalogue.talent
        join accounts.person on person.id = person_id
        where talent.id = $1 and price_minor is not null and suspended_at is null and erased_at is null",
        talent,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let price = Money::from_columns(row.price_minor, row.currency.as_deref())?.context("no price")?;
    let shares = shares_of(conn, talent).await?.context("no shares")?;
    Ok(Some(Offer {
        talent,
        price,
        agency: shares.agency_id,
        shares: Shares::new(shares.talent_bp, shares.agency_bp)?,
        delivery_days: row.delivery_days,
        available: row.available,
    }))
}

/// A talent whom the public sees, as the person that they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taker {
    pub person: Uuid,
    pub email: String,
    /// Whether they take orders at all; their week may be full.
    pub available: bool,
}

/// `None`: the public does not see them.
pub(in crate::catalogue) async fn taker(
    conn: &mut PgConnection,
    talent: Uuid,
) -> sqlx::Result<Option<Taker>> {
    sqlx::query_as!(
        Taker,
        "select person_id person, email, available
        from catalogue.talent
        join accounts.person on person.id = person_id
        where talent.id = $1 and price_minor is not null and suspended_at is null and erased_at is null",
        talent,
    )
    .fetch_optional(conn)
    .await
}
