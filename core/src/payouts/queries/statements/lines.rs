use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sums::MonthView;
use super::{ids, kind};
use crate::app::App;
use crate::catalogue::Payee;
use crate::ledger::TransactionKind;
use crate::payouts::Error;
use crate::platform::paging::{List, Page};

/// Something that moved what somebody is owed; who ordered is not said
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatementLine {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
    #[schema(inline)]
    pub kind: TransactionKind,
    /// `null`: it is about a payout
    pub order_id: Option<Uuid>,
    /// Whose sale an agency shared in
    pub talent_id: Option<Uuid>,
    #[schema(example = "Ana Lima")]
    pub talent_name: Option<String>,
    /// `null`: it is about an order
    pub payout_id: Option<Uuid>,
    /// The price, or what of it went back to the customer; `null`: it is about a payout
    #[schema(example = 20_000)]
    pub gross_minor: Option<i64>,
    /// Of the price, in basis points
    #[schema(example = 7_500)]
    pub share_bp: Option<i32>,
    /// Above 0 they are owed more by it, below 0 less
    #[schema(example = 15_000)]
    pub amount_minor: i64,
    /// What they were owed after it
    #[schema(example = 15_000)]
    pub balance_minor: i64,
}

/// Of the month, oldest first.
pub(super) async fn lines(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    month: &MonthView,
    page: Option<Page>,
) -> Result<List<StatementLine>, Error> {
    let zone = &app.config.zone;
    let (_, agency) = ids(payee);
    let lines = sqlx::query_as!(
        StatementLine,
        r#"with moved as (
            select
                entry.id, occurred_at, transaction.kind, cause, told, -amount_minor amount_minor,
                ($5::bigint + sum(-amount_minor) over (order by occurred_at, entry.id))::bigint balance_minor
            from ledger.account
            join ledger.entry on entry.account = account.id
            join ledger.transaction on transaction.id = entry.transaction
            where account.kind = $1 and owner_id = $2 and account.currency = $3
                and occurred_at >= $6 and occurred_at < $7
        )
        select
            moved.id "id!", moved.occurred_at "occurred_at!", moved.kind "kind!: TransactionKind",
            split_part(sale.reference, '/', 2)::uuid order_id,
            talent.id "talent_id?", talent.name "talent_name?",
            line.batch_id "payout_id?",
            case
                when moved.kind = 'sale' then (moved.told->>'paid_minor')::bigint + (moved.told->>'promo_minor')::bigint
                when line.id is null then (moved.told->>'amount_minor')::bigint
            end gross_minor,
            (sale.told->'shares'->>($1 || '_bp'))::integer share_bp,
            moved.amount_minor "amount_minor!", balance_minor "balance_minor!"
        from moved
        left join ledger.transaction sale on sale.cause = moved.cause and sale.kind = 'sale'
        left join catalogue.talent on $4 and talent.id = (sale.told->>'talent')::uuid
        left join payouts.line on line.id = case when moved.kind like 'payout%' then split_part(moved.cause, '/', 2)::uuid end
        where $8::uuid is null
            or (moved.occurred_at, moved.id) > (select after.occurred_at, after.id from moved after where after.id = $8)
        order by moved.occurred_at, moved.id
        limit $9"#,
        kind(payee),
        payee.id(),
        month.currency.code(),
        agency.is_some(),
        month.opening_minor,
        month.month.begins_at(zone),
        month.month.ends_at(zone),
        page.and_then(|page| page.after),
        page.map(|page| page.limit + 1),
    )
    .fetch_all(conn)
    .await?;
    Ok(match page {
        Some(page) => page.list(lines, |line| line.id),
        None => List {
            items: lines,
            next_cursor: None,
        },
    })
}
