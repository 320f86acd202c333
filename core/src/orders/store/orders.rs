use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::Quote;
use crate::locale::Locale;
use crate::money::{Money, Shares};
use crate::orders::Price;
use crate::orders::domain::{Brief, Status};

pub(in crate::orders) struct NewOrder<'a> {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) quote: Uuid,
    pub(in crate::orders) terms: &'a Quote,
    pub(in crate::orders) brief: &'a Brief,
    /// `None`: a guest.
    pub(in crate::orders) customer: Option<Uuid>,
    pub(in crate::orders) email: &'a str,
    pub(in crate::orders) locale: Locale,
    pub(in crate::orders) monday: Date,
    pub(in crate::orders) secret_sha256: &'a [u8],
    pub(in crate::orders) secret: &'a [u8],
    pub(in crate::orders) payment: Uuid,
    /// Who, as in the audit log, where they are known.
    pub(in crate::orders) by: Option<&'a str>,
}

/// With the first row of its history.
pub(in crate::orders) async fn insert(
    conn: &mut PgConnection,
    new: &NewOrder<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let (terms, brief) = (new.terms, new.brief);
    let currency = terms.price.list().currency();
    sqlx::query!(
        "with purchase as (
            insert into orders.purchase
            (id, quote_id, status, talent_id, agency_id, customer_id, email, locale, for_whom, is_from, is_to,
            instruction, occasion, language, is_public, list_minor, discount_minor, promotion, currency, talent_bp,
            agency_bp, delivery_days, monday, secret_sha256, secret, payment_id, placed_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $27)
        )
        insert into orders.history (id, order_id, at, event, to_status, cause, principal_id, payment_id)
        values ($28, $1, $27, 'placed', $3, 'customer', $29, $26)",
        new.id,
        new.quote,
        Status::Authorizing.name(),
        terms.talent,
        terms.agency,
        new.customer,
        new.email,
        new.locale.name(),
        brief.for_whom.name(),
        brief.is_from,
        brief.is_to,
        brief.instruction,
        brief.occasion,
        brief.language.name(),
        brief.is_public,
        terms.price.list().amount_minor(),
        terms.price.discount_minor(),
        terms.price.promotion(),
        currency.code(),
        i32::from(terms.shares.talent_bp()),
        i32::from(terms.shares.agency_bp()),
        terms.delivery_days,
        new.monday,
        new.secret_sha256,
        new.secret,
        new.payment,
        now,
        crate::ids::fresh(now),
        new.by,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An order whose row is held until the transaction ends.
pub(in crate::orders) struct Order {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) status: Status,
    pub(in crate::orders) talent: Uuid,
    pub(in crate::orders) agency: Option<Uuid>,
    pub(in crate::orders) email: Option<String>,
    pub(in crate::orders) locale: Locale,
    pub(in crate::orders) is_to: String,
    pub(in crate::orders) is_public: bool,
    pub(in crate::orders) price: Price,
    pub(in crate::orders) shares: Shares,
    pub(in crate::orders) delivery_days: i32,
    pub(in crate::orders) monday: Date,
    pub(in crate::orders) secret: Vec<u8>,
    pub(in crate::orders) payment: Uuid,
    /// By which the amount is to be held anew.
    pub(in crate::orders) renewal: Option<Uuid>,
    pub(in crate::orders) deadline_at: Option<OffsetDateTime>,
    pub(in crate::orders) due_at: Option<OffsetDateTime>,
    pub(in crate::orders) upload: Option<Uuid>,
    pub(in crate::orders) placed_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    status: Status,
    talent_id: Uuid,
    agency_id: Option<Uuid>,
    email: Option<String>,
    locale: Locale,
    is_to: String,
    is_public: bool,
    list_minor: i64,
    discount_minor: i64,
    promotion: Option<Uuid>,
    currency: String,
    talent_bp: i32,
    agency_bp: i32,
    delivery_days: i32,
    monday: Date,
    secret: Vec<u8>,
    payment_id: Uuid,
    renewal_id: Option<Uuid>,
    deadline_at: Option<OffsetDateTime>,
    due_at: Option<OffsetDateTime>,
    upload_id: Option<Uuid>,
    placed_at: OffsetDateTime,
}

impl Order {
    fn read(row: Row) -> anyhow::Result<Self> {
        let list = Money::new(row.list_minor, row.currency.parse()?)?;
        Ok(Self {
            id: row.id,
            status: row.status,
            talent: row.talent_id,
            agency: row.agency_id,
            email: row.email,
            locale: row.locale,
            is_to: row.is_to,
            is_public: row.is_public,
            price: Price::new(list, row.discount_minor, row.promotion)?,
            shares: Shares::new(row.talent_bp, row.agency_bp)?,
            delivery_days: row.delivery_days,
            monday: row.monday,
            secret: row.secret,
            payment: row.payment_id,
            renewal: row.renewal_id,
            deadline_at: row.deadline_at,
            due_at: row.due_at,
            upload: row.upload_id,
            placed_at: row.placed_at,
        })
    }
}

/// Take this before its payment and its upload.
pub(in crate::orders) async fn lock(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<Order>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, status "status: Status", talent_id, agency_id, email, locale "locale: Locale",
            is_to, is_public, list_minor, discount_minor, promotion, currency, talent_bp, agency_bp, delivery_days, monday, secret,
            payment_id, renewal_id, deadline_at, due_at, upload_id, placed_at
        from orders.purchase
        where id = $1
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Order::read).transpose()
}

/// The one that an upload is of.
pub(in crate::orders) async fn lock_by_upload(
    conn: &mut PgConnection,
    upload: Uuid,
) -> anyhow::Result<Option<Order>> {
    let id = sqlx::query_scalar!("select id from orders.purchase where upload_id = $1", upload)
        .fetch_optional(&mut *conn)
        .await?;
    let order = match id {
        Some(id) => lock(conn, id).await?,
        None => None,
    };
    Ok(order.filter(|order| order.upload == Some(upload)))
}

pub(in crate::orders) struct Advance {
    pub(in crate::orders) from: Status,
    pub(in crate::orders) to: Status,
    pub(in crate::orders) deadline_at: Option<OffsetDateTime>,
    pub(in crate::orders) due_at: Option<OffsetDateTime>,
}

/// False: it is no longer as it was.
pub(in crate::orders) async fn advance(
    conn: &mut PgConnection,
    id: Uuid,
    advance: &Advance,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let advanced = sqlx::query!(
        "update orders.purchase set status = $3, deadline_at = $4, due_at = $5, changed_at = $6
        where id = $1 and status = $2",
        id,
        advance.from.name(),
        advance.to.name(),
        advance.deadline_at,
        advance.due_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(advanced.rows_affected() == 1)
}

pub(in crate::orders) async fn set_payment(
    conn: &mut PgConnection,
    id: Uuid,
    payment: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.purchase set payment_id = $2 where id = $1",
        id,
        payment
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::orders) async fn set_renewal(
    conn: &mut PgConnection,
    id: Uuid,
    renewal: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.purchase set renewal_id = $2 where id = $1",
        id,
        renewal
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::orders) async fn set_upload(
    conn: &mut PgConnection,
    id: Uuid,
    upload: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.purchase set upload_id = $2 where id = $1",
        id,
        upload
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Open orders that end within a day, have been open for longer, and whose talents were not reminded yet.
pub(in crate::orders) async fn unreminded(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from orders.purchase
        where status = 'open' and reminded_at is null
            and deadline_at > $1 and deadline_at <= $1::timestamptz + interval '1 day'
            and placed_at <= $1::timestamptz - interval '1 day'
        order by deadline_at
        limit 1000",
        now
    )
    .fetch_all(conn)
    .await
}

/// False: there is nothing to remind of any more.
pub(in crate::orders) async fn set_reminded(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let reminded = sqlx::query!(
        "update orders.purchase set reminded_at = $2
        where id = $1 and status = 'open' and reminded_at is null",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(reminded.rows_affected() == 1)
}

/// What the clock ends.
pub(in crate::orders) async fn due(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from orders.purchase where due_at <= $1 order by due_at limit 1000",
        now
    )
    .fetch_all(conn)
    .await
}

/// Leaves of a customer's orders only what the books need.
pub(in crate::orders) async fn erase(
    conn: &mut PgConnection,
    person: Uuid,
    address: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.history set reason = null
        from orders.purchase
        where purchase.id = order_id and (customer_id = $1 or lower(email) = lower($2))",
        person,
        address,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update orders.history set reason = null where principal_id = 'person:' || $1",
        person.to_string(),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update orders.redo set reason = 'erased', answer = null
        from orders.purchase
        where purchase.id = order_id and (customer_id = $1 or lower(email) = lower($2))",
        person,
        address,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update orders.refund set reason = 'erased'
        from orders.purchase
        where purchase.id = order_id and (customer_id = $1 or lower(email) = lower($2))",
        person,
        address,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update orders.purchase
        set email = null, is_from = 'erased', is_to = 'erased', instruction = 'erased', occasion = null
        where customer_id = $1 or lower(email) = lower($2)",
        person,
        address,
    )
    .execute(conn)
    .await?;
    Ok(())
}
