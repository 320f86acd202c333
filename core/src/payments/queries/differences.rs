use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::payments::domain::DifferenceKind;
use crate::platform::paging::{List, Page};

/// Something that a gateway and we say differently.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PaymentDifference)]
pub struct DifferenceView {
    pub id: Uuid,
    #[schema(example = "sandbox")]
    pub gateway: String,
    #[schema(inline)]
    pub kind: DifferenceKind,
    /// Our name for the payment, or the gateway's where it is none of ours
    #[schema(example = "pi_3Pq0aLK2eZvKYlo2")]
    pub subject: String,
    /// `null`: it is none of ours
    pub payment_id: Option<Uuid>,
    #[schema(example = "captured here, voided there")]
    pub detail: String,
    /// When it was first seen
    #[serde(with = "time::serde::rfc3339")]
    pub found_at: OffsetDateTime,
    /// When it was last seen
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
    /// Since when it is so no longer
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// Newest first; `settled`: only those that are, or only others.
pub async fn differences(
    conn: &mut PgConnection,
    settled: Option<bool>,
    page: Page,
) -> sqlx::Result<List<DifferenceView>> {
    let rows = sqlx::query_as!(
        DifferenceView,
        r#"select id, gateway, kind "kind: DifferenceKind", subject, payment payment_id, detail, found_at, seen_at,
            settled_at
        from payments.difference
        where ($1::boolean is null or (settled_at is not null) = $1)
            and ($2::uuid is null or id < $2)
        order by id desc
        limit $3"#,
        settled,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |difference| difference.id))
}
