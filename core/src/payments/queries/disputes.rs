use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::payments::domain::DisputeStatus;
use crate::platform::paging::{List, Page};

/// A customer who wants their money back, by their bank.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeView {
    pub id: Uuid,
    pub payment_id: Uuid,
    pub order_id: Uuid,
    #[schema(example = "sandbox")]
    pub gateway: String,
    /// By which the gateway knows it
    #[schema(example = "du_1Pq0aLK2eZvKYlo2")]
    pub reference: String,
    #[schema(example = 15_000)]
    pub amount_minor: i64,
    #[schema(example = "BRL")]
    pub currency: String,
    /// What the gateway keeps for it
    #[schema(example = 1_500)]
    pub fee_minor: i64,
    /// What of that it has given back
    #[schema(example = 0)]
    pub fee_returned_minor: i64,
    /// In the gateway's words
    #[schema(example = "fraudulent")]
    pub reason: String,
    #[schema(inline)]
    pub status: DisputeStatus,
    /// Until when the gateway takes evidence
    #[serde(with = "time::serde::rfc3339::option")]
    pub evidence_due_at: Option<OffsetDateTime>,
    /// When we heard of it
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
}

/// Which disputes; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct DisputeFilter {
    pub status: Option<DisputeStatus>,
    pub payment: Option<Uuid>,
}

/// Newest first.
pub async fn disputes(
    conn: &mut PgConnection,
    filter: &DisputeFilter,
    page: Page,
) -> sqlx::Result<List<DisputeView>> {
    let rows = sqlx::query_as!(
        DisputeView,
        r#"select dispute.id, payment.id payment_id, order_id, gateway, dispute.reference, dispute.amount_minor, currency,
            dispute.fee_minor, fee_returned_minor, reason, dispute.status "status: DisputeStatus", evidence_due_at, opened_at, closed_at
        from payments.dispute
        join payments.payment on payment.id = dispute.payment
        where ($1::text is null or dispute.status = $1)
            and ($2::uuid is null or dispute.payment = $2)
            and ($3::uuid is null or dispute.id < $3)
        order by dispute.id desc
        limit $4"#,
        filter.status.map(DisputeStatus::name),
        filter.payment,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |dispute| dispute.id))
}
