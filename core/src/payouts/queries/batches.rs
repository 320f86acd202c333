use serde::Serialize;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::{LineStatus, Month, Status};
use crate::platform::paging::{List, Page};

/// A payout
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub struct BatchView {
    pub id: Uuid,
    pub month: Month,
    pub currency: Currency,
    #[schema(inline)]
    pub status: Status,
    #[schema(example = 5_000)]
    pub minimum_minor: i64,
    #[schema(example = 12)]
    pub lines: i64,
    #[schema(example = 240_000)]
    pub total_minor: i64,
    /// How many lines are on their way
    #[schema(example = 0)]
    pub in_transit: i64,
    #[schema(example = 11)]
    pub paid: i64,
    #[schema(example = 215_000)]
    pub paid_minor: i64,
    #[schema(example = 1)]
    pub rejected: i64,
    /// As the audit log has them
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub created_by: String,
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a11")]
    pub approved_by: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub approved_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub cancelled_at: Option<OffsetDateTime>,
}

struct Row {
    id: Uuid,
    month: Date,
    currency: String,
    status: Status,
    minimum_minor: i64,
    lines: i64,
    total_minor: i64,
    in_transit: i64,
    paid: i64,
    paid_minor: i64,
    rejected: i64,
    created_by: String,
    approved_by: Option<String>,
    created_at: OffsetDateTime,
    approved_at: Option<OffsetDateTime>,
    settled_at: Option<OffsetDateTime>,
    cancelled_at: Option<OffsetDateTime>,
}

impl Row {
    fn view(self) -> Result<BatchView, Error> {
        Ok(BatchView {
            id: self.id,
            month: Month::begun_on(self.month),
            currency: self.currency.parse().map_err(anyhow::Error::from)?,
            status: self.status,
            minimum_minor: self.minimum_minor,
            lines: self.lines,
            total_minor: self.total_minor,
            in_transit: self.in_transit,
            paid: self.paid,
            paid_minor: self.paid_minor,
            rejected: self.rejected,
            created_by: self.created_by,
            approved_by: self.approved_by,
            created_at: self.created_at,
            approved_at: self.approved_at,
            settled_at: self.settled_at,
            cancelled_at: self.cancelled_at,
        })
    }
}

/// Newest first.
pub async fn list_payouts(
    conn: &mut PgConnection,
    status: Option<Status>,
    month: Option<Month>,
    page: Page,
) -> Result<List<BatchView>, Error> {
    rows(conn, None, status, month, page).await
}

pub async fn find_payout(conn: &mut PgConnection, id: Uuid) -> Result<Option<BatchView>, Error> {
    let one = Page {
        after: None,
        limit: 1,
    };
    Ok(rows(conn, Some(id), None, None, one).await?.items.pop())
}

async fn rows(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    status: Option<Status>,
    month: Option<Month>,
    page: Page,
) -> Result<List<BatchView>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select
            batch.id, month, currency, batch.status "status: Status", minimum_minor, created_by, approved_by,
            created_at, approved_at, batch.settled_at, cancelled_at,
            sums.lines "lines!", sums.total_minor "total_minor!", sums.in_transit "in_transit!", sums.paid "paid!",
            sums.paid_minor "paid_minor!", sums.rejected "rejected!"
        from payouts.batch
        cross join lateral (
            select
                count(*) lines, coalesce(sum(amount_minor), 0)::bigint total_minor,
                count(*) filter (where status = 'in_transit') in_transit,
                count(*) filter (where status = 'paid') paid,
                coalesce(sum(amount_minor) filter (where status = 'paid'), 0)::bigint paid_minor,
                count(*) filter (where status = 'rejected') rejected
            from payouts.line
            where batch_id = batch.id
        ) sums
        where ($1::uuid is null or batch.id = $1)
            and ($2::text is null or batch.status = $2)
            and ($3::date is null or month = $3)
            and ($4::uuid is null or batch.id < $4)
        order by batch.id desc
        limit $5"#,
        id,
        status.map(Status::name),
        month.map(Month::first_day),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let views = rows.into_iter().map(Row::view).collect::<Result<Vec<_>, _>>()?;
    Ok(page.list(views, |payout| payout.id))
}

/// One line of a payout; where it is paid to is in the file only
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PayoutLine)]
pub struct LineView {
    pub id: Uuid,
    #[schema(example = 1)]
    pub number: i32,
    pub talent_id: Option<Uuid>,
    pub agency_id: Option<Uuid>,
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = 3)]
    pub sales: i32,
    #[schema(example = 22_500)]
    pub gross_minor: i64,
    #[schema(example = 2_500)]
    pub reversed_minor: i64,
    #[schema(example = 20_000)]
    pub amount_minor: i64,
    #[schema(inline)]
    pub status: LineStatus,
    /// Why the bank rejected it
    #[schema(example = "no such account")]
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// Of one payout, the last number first.
pub async fn list_lines(
    conn: &mut PgConnection,
    batch: Uuid,
    status: Option<LineStatus>,
    page: Page,
) -> sqlx::Result<List<LineView>> {
    let lines = sqlx::query_as!(
        LineView,
        r#"select
            line.id, number, line.talent_id, line.agency_id, coalesce(talent.name, agency.name, '') "name!", sales,
            gross_minor, reversed_minor, amount_minor, status "status: LineStatus", reason, settled_at
        from payouts.line
        left join catalogue.talent on talent.id = line.talent_id
        left join catalogue.agency on agency.id = line.agency_id
        where batch_id = $1
            and ($2::text is null or status = $2)
            and ($3::uuid is null or line.id < $3)
        order by line.id desc
        limit $4"#,
        batch,
        status.map(LineStatus::name),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(lines, |line| line.id))
}
