use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::money::Money;
use crate::payments::domain::{State, Status};
use crate::payments::gateway::Action;

pub(in crate::payments) struct NewPayment<'a> {
    pub(in crate::payments) id: Uuid,
    /// The operation that has the amount held.
    pub(in crate::payments) authorize: Uuid,
    pub(in crate::payments) order: Uuid,
    pub(in crate::payments) gateway: &'a str,
    pub(in crate::payments) method: &'a str,
    pub(in crate::payments) amount: Money,
    pub(in crate::payments) renewable: bool,
    /// Whom it renews the hold of.
    pub(in crate::payments) customer: Option<&'a str>,
}

/// A payment, locked or not.
pub(in crate::payments) struct Payment {
    pub(in crate::payments) id: Uuid,
    pub(in crate::payments) order: Uuid,
    pub(in crate::payments) method: String,
    pub(in crate::payments) amount: Money,
    pub(in crate::payments) reference: Option<String>,
    pub(in crate::payments) renewable: bool,
    /// The gateway's name for who pays, where it was to keep that.
    pub(in crate::payments) customer: Option<String>,
    pub(in crate::payments) refunded_minor: i64,
    pub(in crate::payments) refunding_minor: i64,
    pub(in crate::payments) state: State,
    pub(in crate::payments) abandoned: bool,
    pub(in crate::payments) held_reason: Option<String>,
}

struct Row {
    id: Uuid,
    order_id: Uuid,
    method: String,
    amount_minor: i64,
    currency: String,
    status: Status,
    reference: Option<String>,
    renewable: bool,
    gateway_customer: Option<String>,
    authorized_minor: i64,
    captured_minor: i64,
    refunded_minor: i64,
    refunding_minor: i64,
    fee_minor: i64,
    capture_before: Option<OffsetDateTime>,
    action: Option<serde_json::Value>,
    decline_code: Option<String>,
    abandoned_at: Option<OffsetDateTime>,
    held_reason: Option<String>,
}

impl Payment {
    fn read(row: Row) -> anyhow::Result<Self> {
        let action: Option<Action> = row.action.map(serde_json::from_value).transpose()?;
        Ok(Self {
            id: row.id,
            order: row.order_id,
            method: row.method,
            amount: Money::new(row.amount_minor, row.currency.parse()?)?,
            reference: row.reference,
            renewable: row.renewable,
            customer: row.gateway_customer,
            refunded_minor: row.refunded_minor,
            refunding_minor: row.refunding_minor,
            state: State {
                status: row.status,
                authorized_minor: row.authorized_minor,
                captured_minor: row.captured_minor,
                fee_minor: row.fee_minor,
                capture_before: row.capture_before,
                action,
                decline_code: row.decline_code,
            },
            abandoned: row.abandoned_at.is_some(),
            held_reason: row.held_reason,
        })
    }
}

/// With the operation that has its amount held.
pub(in crate::payments) async fn insert(
    conn: &mut PgConnection,
    payment: &NewPayment<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let currency = payment.amount.currency();
    sqlx::query!(
        "with payment as (
            insert into payments.payment
            (id, order_id, gateway, method, amount_minor, currency, renewable, gateway_customer, created_at, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        )
        insert into payments.operation (id, payment, kind, amount_minor, due_at, created_at)
        values ($10, $1, 'authorize', $5, $9, $9)",
        payment.id,
        payment.order,
        payment.gateway,
        payment.method,
        payment.amount.amount_minor(),
        currency.code(),
        payment.renewable,
        payment.customer,
        now,
        payment.authorize,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payments) async fn find(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<Payment>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, order_id, method, amount_minor, currency, status "status: Status", reference, renewable,
            gateway_customer, authorized_minor, captured_minor, refunded_minor, refunding_minor, fee_minor,
            capture_before, action, decline_code, abandoned_at, held_reason
        from payments.payment
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Payment::read).transpose()
}

/// Until the caller's transaction ends nobody else changes it: take this before its operations.
pub(in crate::payments) async fn lock(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<Payment>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, order_id, method, amount_minor, currency, status "status: Status", reference, renewable,
            gateway_customer, authorized_minor, captured_minor, refunded_minor, refunding_minor, fee_minor,
            capture_before, action, decline_code, abandoned_at, held_reason
        from payments.payment
        where id = $1
        for update"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    row.map(Payment::read).transpose()
}

pub(in crate::payments) async fn by_reference(
    conn: &mut PgConnection,
    gateway: &str,
    reference: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from payments.payment where gateway = $1 and reference = $2",
        gateway,
        reference,
    )
    .fetch_optional(conn)
    .await
}

/// What was folded in, and by which names the gateway knows the payment and who pays: these stay as they were first.
pub(in crate::payments) async fn save(
    conn: &mut PgConnection,
    id: Uuid,
    (reference, customer): (Option<&str>, Option<&str>),
    state: &State,
    look_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    let action = state.action.as_ref().map(serde_json::to_value).transpose()?;
    sqlx::query!(
        "update payments.payment
        set reference = coalesce(reference, $2), gateway_customer = coalesce(gateway_customer, $12), status = $3, authorized_minor = $4, captured_minor = $5,
            fee_minor = $6, capture_before = $7, action = $8, decline_code = $9, look_at = $10, changed_at = $11
        where id = $1",
        id,
        reference,
        state.status.name(),
        state.authorized_minor,
        state.captured_minor,
        state.fee_minor,
        state.capture_before,
        action,
        state.decline_code,
        look_at,
        now,
        customer,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves what is asked to be refunded, and what was.
pub(in crate::payments) async fn refunding(
    conn: &mut PgConnection,
    id: Uuid,
    refunding_minor: i64,
    refunded_minor: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.payment
        set refunding_minor = refunding_minor + $2, refunded_minor = refunded_minor + $3, changed_at = $4
        where id = $1",
        id,
        refunding_minor,
        refunded_minor,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payments) async fn abandon(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.payment set abandoned_at = coalesce(abandoned_at, $2), changed_at = $2 where id = $1",
        id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The first reason stays.
pub(in crate::payments) async fn hold(
    conn: &mut PgConnection,
    id: Uuid,
    reason: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.payment
        set held_reason = coalesce(held_reason, $2), look_at = null, changed_at = $3
        where id = $1",
        id,
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payments) async fn due_looks(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from payments.payment where look_at <= $1 order by look_at limit 1000",
        now
    )
    .fetch_all(conn)
    .await
}

/// Has it looked at, whether or not that was to be.
pub(in crate::payments) async fn look_at(
    conn: &mut PgConnection,
    id: Uuid,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!("update payments.payment set look_at = $2 where id = $1", id, at)
        .execute(conn)
        .await?;
    Ok(())
}

pub(in crate::payments) async fn look_later(
    conn: &mut PgConnection,
    id: Uuid,
    look_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments.payment set look_at = $2 where id = $1 and look_at is not null",
        id,
        look_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
