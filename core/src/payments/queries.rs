//! Payments and their operations, for staff to look at.

mod differences;
mod disputes;

pub use differences::{DifferenceView, differences};
pub use disputes::{DisputeFilter, DisputeView, disputes};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Kind, OperationStatus, Status};
use crate::platform::paging::{List, Page};

/// A payment, as far as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    pub id: Uuid,
    pub order_id: Uuid,
    #[schema(example = "sandbox")]
    pub gateway: String,
    /// By which the gateway knows it; `null` until it does
    #[schema(example = "sb_019f2f0c2d4e7c528a0e4a1d5c1f7a10")]
    pub reference: Option<String>,
    #[schema(inline)]
    pub status: Status,
    #[schema(example = 15_000)]
    pub amount_minor: i64,
    #[schema(example = "BRL")]
    pub currency: String,
    #[schema(example = 15_000)]
    pub authorized_minor: i64,
    #[schema(example = 15_000)]
    pub captured_minor: i64,
    #[schema(example = 0)]
    pub refunded_minor: i64,
    /// Asked for, and not yet known to be done
    #[schema(example = 0)]
    pub refunding_minor: i64,
    /// What the gateway kept
    #[schema(example = 300)]
    pub fee_minor: i64,
    /// When the hold lapses by itself
    #[serde(with = "time::serde::rfc3339::option")]
    pub capture_before: Option<OffsetDateTime>,
    #[schema(example = "card_declined")]
    pub decline_code: Option<String>,
    /// Since when nobody wants it any more
    #[serde(with = "time::serde::rfc3339::option")]
    pub abandoned_at: Option<OffsetDateTime>,
    /// What does not add up: nothing happens until somebody has looked at it
    #[schema(example = "the gateway says 14999, and it is 15000")]
    pub held_reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
}

/// One call of the gateway.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PaymentOperation)]
pub struct OperationView {
    /// Its idempotency key at the gateway, too
    pub id: Uuid,
    #[schema(inline)]
    pub kind: Kind,
    #[schema(inline)]
    pub status: OperationStatus,
    #[schema(example = 15_000)]
    pub amount_minor: i64,
    /// How often it was sent
    #[schema(example = 1)]
    pub attempts: i32,
    /// How often it was asked after since
    #[schema(example = 0)]
    pub asks: i32,
    /// When it is sent, or asked after, next
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Why it was refused, or is held
    #[schema(example = "capture_declined")]
    pub code: Option<String>,
    pub detail: Option<String>,
    /// The gateway's name for a refund that was made there, and not asked for by us
    #[schema(example = "re_3Pq0aLK2eZvKYlo2")]
    pub outside: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// A payment with everything that was asked of the gateway for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PaymentDetail)]
pub struct PaymentDetail {
    #[serde(flatten)]
    pub payment: PaymentView,
    /// In the order they were asked for
    pub operations: Vec<OperationView>,
    /// Newest first
    pub disputes: Vec<DisputeView>,
}

/// Which payments; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub order: Option<Uuid>,
    /// Held for somebody to look at, or not.
    pub held: Option<bool>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<PaymentView>> {
    let rows = sqlx::query_as!(
        PaymentView,
        r#"select id, order_id, gateway, reference, status "status: Status", amount_minor, currency, authorized_minor,
            captured_minor, refunded_minor, refunding_minor, fee_minor, capture_before, decline_code, abandoned_at,
            held_reason, created_at, changed_at
        from payments.payment
        where ($1::text is null or status = $1)
            and ($2::uuid is null or order_id = $2)
            and ($3::boolean is null or (held_reason is not null) = $3)
            and ($4::uuid is null or id < $4)
        order by id desc
        limit $5"#,
        filter.status.map(Status::name),
        filter.order,
        filter.held,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |payment| payment.id))
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<PaymentDetail>> {
    let payment = sqlx::query_as!(
        PaymentView,
        r#"select id, order_id, gateway, reference, status "status: Status", amount_minor, currency, authorized_minor,
            captured_minor, refunded_minor, refunding_minor, fee_minor, capture_before, decline_code, abandoned_at,
            held_reason, created_at, changed_at
        from payments.payment
        where id = $1"#,
        id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(payment) = payment else {
        return Ok(None);
    };
    let operations = sqlx::query_as!(
        OperationView,
        r#"select id, kind "kind: Kind", status "status: OperationStatus", amount_minor, attempts, asks, due_at, code,
            detail, outside, created_at, settled_at
        from payments.operation
        where payment = $1
        order by id"#,
        id,
    )
    .fetch_all(&mut *conn)
    .await?;
    let of_payment = DisputeFilter {
        payment: Some(id),
        status: None,
    };
    let page = Page {
        after: None,
        limit: i64::from(Page::MAX_LIMIT),
    };
    let disputes = disputes(conn, &of_payment, page).await?;
    Ok(Some(PaymentDetail {
        payment,
        operations,
        disputes: disputes.items,
    }))
}

/// What waits for somebody to look at it: payments, and operations of others.
pub async fn count_held(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select (select count(*) from payments.payment where held_reason is not null)
            + (select count(*) from payments.operation where status = 'held') "held!""#,
    )
    .fetch_one(db)
    .await
}

/// Whether a payment's money is being taken, or was.
pub async fn is_capturing(conn: &mut PgConnection, payment: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from payments.operation where payment = $1 and kind = 'capture' and status <> 'refused'
        ) "capturing!""#,
        payment,
    )
    .fetch_one(conn)
    .await
}
