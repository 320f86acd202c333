use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::money::{Currency, Money};
use crate::orders::domain::{Limits, Reduction};

/// A promotion as it is made.
pub(in crate::orders) struct Promotion {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) code: String,
    pub(in crate::orders) reduction: Reduction,
    pub(in crate::orders) limits: Limits,
    pub(in crate::orders) currency: Option<Currency>,
    pub(in crate::orders) talent: Option<Uuid>,
    pub(in crate::orders) category: Option<String>,
}

/// What became of a new promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::orders) enum Inserted {
    Yes,
    /// One in use has this code.
    CodeTaken,
    NoTalent,
}

pub(in crate::orders) async fn insert_promotion(
    conn: &mut PgConnection,
    promotion: &Promotion,
    now: OffsetDateTime,
) -> sqlx::Result<Inserted> {
    let limits = &promotion.limits;
    let (amount, basis_points, cap) = match promotion.reduction {
        Reduction::Fixed { amount } => (Some(amount), None, None),
        Reduction::Percent { basis_points, cap } => (None, Some(basis_points), cap),
    };
    let minor = |money: Option<Money>| money.map(|money| money.amount_minor());
    let inserted = sqlx::query!(
        "insert into orders.promotion (
            id, code, note, amount_minor, basis_points, cap_minor, minimum_minor, currency, valid_from, valid_until,
            total_uses, uses_per_customer, talent_id, category, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict (code) where retired_at is null do nothing",
        promotion.id,
        promotion.code,
        limits.note,
        minor(amount),
        basis_points,
        minor(cap),
        minor(limits.minimum_price),
        promotion.currency.as_ref().map(Currency::code),
        limits.valid_from,
        limits.valid_until,
        limits.total_uses,
        limits.uses_per_customer,
        promotion.talent,
        promotion.category,
        now,
    )
    .execute(conn)
    .await;
    match inserted {
        Ok(done) if done.rows_affected() == 1 => Ok(Inserted::Yes),
        Ok(_) => Ok(Inserted::CodeTaken),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("promotion_talent") => {
            Ok(Inserted::NoTalent)
        }
        Err(error) => Err(error),
    }
}

/// What can be changed of a promotion, held until the transaction ends.
pub(in crate::orders) struct Locked {
    pub(in crate::orders) reduction: Reduction,
    pub(in crate::orders) limits: Limits,
    pub(in crate::orders) uses: i32,
    pub(in crate::orders) version: i64,
    pub(in crate::orders) retired: bool,
}

pub(in crate::orders) async fn lock_promotion(
    conn: &mut PgConnection,
    id: Uuid,
) -> anyhow::Result<Option<Locked>> {
    let row = sqlx::query!(
        r#"select
            amount_minor, basis_points, cap_minor, minimum_minor, currency, note, valid_from, valid_until, total_uses,
            uses_per_customer, uses, version, retired_at is not null "retired!"
        from orders.promotion
        where id = $1
        for update"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = row.currency.as_deref();
    let reduction = Reduction::from_columns(row.amount_minor, row.basis_points, row.cap_minor, currency)?;
    let limits = Limits {
        note: row.note,
        minimum_price: Money::from_columns(row.minimum_minor, currency)?,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        total_uses: row.total_uses,
        uses_per_customer: row.uses_per_customer,
    };
    Ok(Some(Locked {
        reduction,
        limits,
        uses: row.uses,
        version: row.version,
        retired: row.retired,
    }))
}

pub(in crate::orders) async fn update_promotion(
    conn: &mut PgConnection,
    id: Uuid,
    limits: &Limits,
    currency: Option<Currency>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.promotion
        set note = $2, minimum_minor = $3, currency = $4, valid_from = $5, valid_until = $6, total_uses = $7,
            uses_per_customer = $8, version = version + 1
        where id = $1",
        id,
        limits.note,
        limits.minimum_price.map(|price| price.amount_minor()),
        currency.as_ref().map(Currency::code),
        limits.valid_from,
        limits.valid_until,
        limits.total_uses,
        limits.uses_per_customer,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::orders) async fn retire_promotion(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.promotion set retired_at = $2, version = version + 1 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes one use, if there is one left, and holds the promotion until the transaction ends. How many each customer may
/// have; `None`: there is none left, or it is retired.
pub(in crate::orders) async fn claim(
    conn: &mut PgConnection,
    promotion: Uuid,
) -> sqlx::Result<Option<Option<i32>>> {
    sqlx::query_scalar!(
        "update orders.promotion
        set uses = uses + 1
        where id = $1 and retired_at is null and (total_uses is null or uses < total_uses)
        returning uses_per_customer",
        promotion,
    )
    .fetch_optional(conn)
    .await
}

/// How often the customer has it. `hashes`: of their address, under every key.
pub(in crate::orders) async fn uses_of_customer(
    conn: &mut PgConnection,
    promotion: Uuid,
    hashes: &[Vec<u8>],
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) "count!" from orders.redemption
        where promotion = $1 and customer_hash = any($2)"#,
        promotion,
        hashes
    )
    .fetch_one(conn)
    .await
}

/// Notes whose the use is.
pub(in crate::orders) async fn redeem(
    conn: &mut PgConnection,
    (promotion, order): (Uuid, Uuid),
    customer_hash: Option<&[u8]>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into orders.redemption (order_id, promotion, customer_hash, claimed_at) values ($1, $2, $3, $4)",
        order,
        promotion,
        customer_hash,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives an order's use back, if it has one: once, however often it is said.
pub(in crate::orders) async fn release(conn: &mut PgConnection, order: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "with gone as (delete from orders.redemption where order_id = $1 returning promotion)
        update orders.promotion set uses = uses - 1 from gone where id = gone.promotion",
        order
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets which uses were a customer's; the uses stay used.
pub(in crate::orders) async fn forget_customer(
    conn: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.redemption set customer_hash = null where customer_hash = any($1)",
        hashes
    )
    .execute(conn)
    .await?;
    Ok(())
}
