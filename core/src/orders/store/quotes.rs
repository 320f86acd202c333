use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::money::{Money, Shares};
use crate::orders::Price;

pub(in crate::orders) struct NewQuote {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) terms: Quote,
    pub(in crate::orders) created_at: OffsetDateTime,
    pub(in crate::orders) expires_at: OffsetDateTime,
}

/// What was promised.
pub(in crate::orders) struct Quote {
    pub(in crate::orders) talent: Uuid,
    pub(in crate::orders) agency: Option<Uuid>,
    pub(in crate::orders) price: Price,
    pub(in crate::orders) shares: Shares,
    pub(in crate::orders) delivery_days: i32,
}

pub(in crate::orders) async fn insert_quote(conn: &mut PgConnection, new: &NewQuote) -> sqlx::Result<()> {
    let Quote {
        talent,
        agency,
        price,
        shares,
        delivery_days,
    } = &new.terms;
    let currency = price.list().currency();
    sqlx::query!(
        "insert into orders.quote
            (id, talent_id, agency_id, list_minor, discount_minor, promotion, currency, talent_bp, agency_bp,
            delivery_days, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        talent,
        *agency,
        price.list().amount_minor(),
        price.discount_minor(),
        price.promotion(),
        currency.code(),
        i32::from(shares.talent_bp()),
        i32::from(shares.agency_bp()),
        delivery_days,
        new.created_at,
        new.expires_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::orders) enum UseOf {
    Fresh(Quote),
    Used,
    Expired,
    Unknown,
}

/// Uses a quote up, in the caller's transaction: of two at once, one.
pub(in crate::orders) async fn use_quote(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> anyhow::Result<UseOf> {
    let used = sqlx::query!(
        "update orders.quote set used_at = $2
        where id = $1 and used_at is null and expires_at > $2
        returning
            talent_id, agency_id, list_minor, discount_minor, promotion, currency, talent_bp, agency_bp, delivery_days",
        id,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = used else {
        let known = sqlx::query_scalar!(
            r#"select used_at is not null "used!" from orders.quote where id = $1"#,
            id
        )
        .fetch_optional(conn)
        .await?;
        return Ok(match known {
            None => UseOf::Unknown,
            Some(true) => UseOf::Used,
            Some(false) => UseOf::Expired,
        });
    };
    let list = Money::new(row.list_minor, row.currency.parse()?)?;
    Ok(UseOf::Fresh(Quote {
        talent: row.talent_id,
        agency: row.agency_id,
        price: Price::new(list, row.discount_minor, row.promotion)?,
        shares: Shares::new(row.talent_bp, row.agency_bp)?,
        delivery_days: row.delivery_days,
    }))
}

/// Those that nobody used. What they promised is over.
pub(in crate::orders) async fn forget_quotes(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from orders.quote where used_at is null and expires_at <= $1",
        before
    )
    .execute(conn)
    .await?;
    Ok(())
}
