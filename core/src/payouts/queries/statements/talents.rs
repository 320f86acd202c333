use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::named;
use crate::app::App;
use crate::catalogue::Payee;
use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::Month;
use crate::platform::paging::{List, Page};

/// What an agency got in a month of one of those who were its talents
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StatementTalent)]
pub struct TalentSums {
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = 3)]
    pub sales: i64,
    #[schema(example = 3_000)]
    pub earned_minor: i64,
    /// What refunds and lost disputes took back
    #[schema(example = 500)]
    pub taken_back_minor: i64,
}

/// By their ids; together they are the month's sums.
///
/// # Errors
/// There is no such agency.
pub async fn talents_of(
    conn: &mut PgConnection,
    app: &App,
    agency: Uuid,
    month: Month,
    currency: Currency,
    page: Page,
) -> Result<List<TalentSums>, Error> {
    named(conn, Payee::Agency(agency)).await?;
    let zone = &app.config.zone;
    let talents = sqlx::query_as!(
        TalentSums,
        r#"select
            talent.id talent_id, name,
            count(*) filter (where transaction.kind = 'sale') "sales!",
            coalesce(-sum(amount_minor) filter (where transaction.kind = 'sale'), 0)::bigint "earned_minor!",
            coalesce(sum(amount_minor) filter (where transaction.kind <> 'sale'), 0)::bigint "taken_back_minor!"
        from ledger.account
        join ledger.entry on entry.account = account.id
        join ledger.transaction on transaction.id = entry.transaction
        join ledger.transaction sale on sale.cause = transaction.cause and sale.kind = 'sale'
        join catalogue.talent on talent.id = (sale.told->>'talent')::uuid
        where account.kind = 'agency' and owner_id = $1 and account.currency = $2
            and transaction.occurred_at >= $3 and transaction.occurred_at < $4
            and ($5::uuid is null or talent.id > $5)
        group by talent.id
        order by talent.id
        limit $6"#,
        agency,
        currency.code(),
        month.begins_at(zone),
        month.ends_at(zone),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(talents, |talent| talent.talent_id))
}
