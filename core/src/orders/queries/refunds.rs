use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Money;
use crate::payments::OperationStatus;
use crate::platform::paging::{List, Page};

/// Something that is given back of what a customer paid
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    pub id: Uuid,
    pub order_id: Uuid,
    pub amount: Money,
    /// `succeeded`: the gateway gave it back; `refused`: it will not; `held`: somebody is to look at it; else it is under way
    #[schema(inline)]
    pub status: OperationStatus,
    /// Why the gateway refused
    #[schema(example = "charge_disputed")]
    pub code: Option<String>,
    /// Whether the customer keeps the video even if nothing is left of what they paid
    #[schema(example = false)]
    pub keeps_video: bool,
    /// In the words of staff: for them
    #[schema(example = "The name was pronounced wrongly.")]
    pub reason: Option<String>,
    /// Who decided, as the audit log has them: for staff
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub by: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was known what came of it
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// Of one order, newest first. `for_staff`: with what customers are not shown.
pub async fn list_refunds(
    conn: &mut PgConnection,
    order: Uuid,
    for_staff: bool,
    page: Page,
) -> anyhow::Result<List<RefundView>> {
    let views = select(conn, Some(order), None, for_staff, page).await?;
    Ok(page.list(views, |refund: &RefundView| refund.id))
}

/// As staff see it.
pub async fn find_refund(conn: &mut PgConnection, id: Uuid) -> anyhow::Result<Option<RefundView>> {
    let one = Page {
        after: None,
        limit: 1,
    };
    Ok(select(conn, None, Some(id), true, one).await?.into_iter().next())
}

async fn select(
    conn: &mut PgConnection,
    order: Option<Uuid>,
    id: Option<Uuid>,
    for_staff: bool,
    page: Page,
) -> anyhow::Result<Vec<RefundView>> {
    let rows = sqlx::query!(
        r#"select refund.id, refund.order_id, refund.amount_minor, currency, status "status: OperationStatus", code,
            keeps_video, reason, principal_id, refund.created_at, settled_at
        from orders.refund
        join payments.operation on operation.id = operation_id
        where ($1::uuid is null or refund.order_id = $1)
            and ($2::uuid is null or refund.id = $2)
            and ($3::uuid is null or refund.id < $3)
        order by refund.id desc
        limit $4"#,
        order,
        id,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let views = rows.into_iter().map(|row| {
        Ok(RefundView {
            id: row.id,
            order_id: row.order_id,
            amount: Money::new(row.amount_minor, row.currency.parse()?)?,
            status: row.status,
            code: row.code,
            keeps_video: row.keeps_video,
            reason: for_staff.then_some(row.reason),
            by: for_staff.then_some(row.principal_id),
            created_at: row.created_at,
            settled_at: row.settled_at,
        })
    });
    views.collect()
}
