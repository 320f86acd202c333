use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Money;
use crate::orders::Error;
use crate::platform::paging::{BadCursor, List, Page};

/// Something that happened to an order, wherever it is written down: for staff
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrderTimelineEntry)]
pub struct TimelineEntry {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `order`: a transition; `gateway`: a call of it; `notice`: what it told; `mail`; `ledger`: a posting; `video`: an
    /// upload; `refund`; `redo`; `dispute`
    #[schema(example = "gateway")]
    pub kind: String,
    #[schema(example = "authorize_succeeded")]
    pub what: String,
    /// Why, or how far it is
    #[schema(example = "card_declined")]
    pub detail: Option<String>,
    pub amount: Option<Money>,
    /// Who, as the audit log has them
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub by: Option<String>,
    /// Of the row that says so
    pub id: Uuid,
}

/// Where a page begins: behind this one.
struct After {
    at: OffsetDateTime,
    id: Uuid,
    what: String,
}

impl After {
    fn read(cursor: &str) -> Option<Self> {
        let mut parts = cursor.splitn(3, '_');
        let nanos = i128::from(parts.next()?.parse::<i64>().ok()?).checked_mul(1_000)?;
        Some(Self {
            at: OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?,
            id: Uuid::try_parse(parts.next()?).ok()?,
            what: parts.next()?.to_owned(),
        })
    }

    fn write(entry: &TimelineEntry) -> String {
        let micros = entry.at.unix_timestamp_nanos() / 1_000;
        format!("{micros}_{}_{}", entry.id, entry.what)
    }
}

/// All that happened to an order, oldest first.
///
/// # Errors
/// [`Error::Cursor`]; the database.
pub async fn timeline(
    conn: &mut PgConnection,
    order: Uuid,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<TimelineEntry>, Error> {
    let page = Page::new(None, limit)?;
    let after = cursor
        .map(|cursor| After::read(cursor).ok_or(BadCursor))
        .transpose()?;
    let rows = sqlx::query!(
        r#"with paid as (
            select id, gateway, reference, currency from payments.payment where order_id = $1
        ), sent as (
            select upload_id id from orders.history where order_id = $1 and upload_id is not null
            union
            select upload_id from orders.redo where order_id = $1 and upload_id is not null
        ), entry as (
            select at, 'order' kind, event what, concat_ws(': ', to_status, reason) detail, null::bigint amount_minor,
                null::text currency, principal_id by, id
            from orders.history where order_id = $1
            union all
            select created_at, 'gateway', kind || '_asked', null, operation.amount_minor, currency, null, operation.id
            from payments.operation join paid on paid.id = payment
            union all
            select settled_at, 'gateway', kind || '_' || status, code, operation.amount_minor, currency, null,
                operation.id
            from payments.operation join paid on paid.id = payment
            where settled_at is not null
            union all
            select playable_at, 'video', 'playable', null, null, null, null, sent.id
            from videos.video join sent on sent.id = upload_id
            where playable_at is not null
            union all
            select received_at, 'notice', kind, status, null, null, null, notice.id
            from payments.notice join paid on paid.gateway = notice.gateway and paid.reference = notice.reference
            union all
            select created_at, 'mail', template, status, null, null, null, id
            from platform.mail where split_part(event, '/', 2) = $1::uuid::text
            union all
            select occurred_at, 'ledger', kind, transaction.reference, (
                select sum(amount_minor)::bigint from ledger.entry where transaction = transaction.id and amount_minor > 0
            ), currency, null, transaction.id
            from ledger.transaction join paid on cause = 'payment/' || paid.id
            union all
            select received_at, 'video', 'received', media_type, null, null, null, upload.id
            from videos.upload join sent on sent.id = upload.id
            where received_at is not null
            union all
            select settled_at, 'video', status, reason, null, null, null, upload.id
            from videos.upload join sent on sent.id = upload.id
            where settled_at is not null
            union all
            select playable_at, 'video', 'playable', null, null, null, null, sent.id
            from videos.video join sent on sent.id = upload_id
            where playable_at is not null
            union all
            select opened_at, 'dispute', 'opened', reason, dispute.amount_minor, currency, null, dispute.id
            from payments.dispute join paid on paid.id = payment
            union all
            select closed_at, 'dispute', status, reason, dispute.amount_minor, currency, null, dispute.id
            from payments.dispute join paid on paid.id = payment
            where closed_at is not null
            union all
            select asked_at, 'redo', 'asked', reason, null, null, null, id from orders.redo where order_id = $1
            union all
            select decided_at, 'redo', case when status = 'declined' then 'declined' else 'agreed' end, answer, null, null,
                principal_id, id
            from orders.redo where order_id = $1 and decided_at is not null
            union all
            select done_at, 'redo', 'done', null, null, null, null, id
            from orders.redo where order_id = $1 and done_at is not null
            union all
            select created_at, 'refund', 'refund_decided', reason, amount_minor, currency, principal_id, id
            from orders.refund where order_id = $1
        )
        select at "at!", kind "kind!", what "what!", nullif(detail, '') detail, amount_minor, currency, by, id "id!"
        from entry
        where $2::timestamptz is null or (at, id, what) > ($2, $3, $4)
        order by at, id, what
        limit $5"#,
        order,
        after.as_ref().map(|after| after.at),
        after.as_ref().map(|after| after.id),
        after.as_ref().map(|after| after.what.as_str()),
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let entries = rows.into_iter().map(|row| {
        Ok(TimelineEntry {
            at: row.at,
            kind: row.kind,
            what: row.what,
            detail: row.detail,
            amount: Money::from_columns(row.amount_minor, row.currency.as_deref())?,
            by: row.by,
            id: row.id,
        })
    });
    let entries = entries.collect::<anyhow::Result<Vec<_>>>()?;
    let mut list = page.list(entries, |entry: &TimelineEntry| entry.id);
    if list.next_cursor.is_some() {
        list.next_cursor = list.items.last().map(After::write);
    }
    Ok(list)
}
