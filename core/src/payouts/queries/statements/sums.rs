use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{kind, named};
use crate::app::App;
use crate::catalogue::Payee;
use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::{After, Month, Moved, Sums, months, sums};
use crate::platform::paging::{BadCursor, List, Page};

/// A month of what somebody is owed, in sums
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = StatementMonth)]
pub struct MonthView {
    pub month: Month,
    pub currency: Currency,
    /// What they were owed when it began; below 0 what they owe
    #[schema(example = 0)]
    pub opening_minor: i64,
    /// How many sales they shared in
    #[schema(example = 3)]
    pub sales: i64,
    /// What came of them
    #[schema(example = 22_500)]
    pub earned_minor: i64,
    /// What refunds and lost disputes took back
    #[schema(example = 2_500)]
    pub taken_back_minor: i64,
    /// What was sent to their bank, less what came back
    #[schema(example = 0)]
    pub paid_out_minor: i64,
    /// What they were owed when it ended: the opening balance and what was earned, less the rest
    #[schema(example = 20_000)]
    pub closing_minor: i64,
}

impl From<Sums> for MonthView {
    fn from(sums: Sums) -> Self {
        let Moved {
            sales,
            earned_minor,
            taken_back_minor,
            paid_out_minor,
        } = sums.moved;
        Self {
            month: sums.month,
            currency: sums.currency,
            opening_minor: sums.opening_minor,
            sales,
            earned_minor,
            taken_back_minor,
            paid_out_minor,
            closing_minor: sums.closing_minor,
        }
    }
}

/// Every month from the first in which something moved to the present one, newest first.
///
/// # Errors
/// There is no such talent or agency; the cursor is not one of ours.
pub async fn months_of(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<MonthView>, Error> {
    named(conn, payee).await?;
    let limit = usize::try_from(Page::new(None, limit)?.limit).unwrap_or(usize::MAX);
    let after = cursor
        .map(|cursor| After::read(cursor).ok_or(BadCursor))
        .transpose()?;
    let mut all = Vec::new();
    for (currency, from) in accounts(conn, payee).await? {
        let months = months(&app.config.zone, from, app.now());
        all.extend(read(conn, app, payee, currency, &months).await?);
    }
    all.sort_by_key(|sums| (std::cmp::Reverse(sums.month), sums.currency));
    all.retain(|sums| after.is_none_or(|after| after.comes_before(sums)));
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| After::of(last).write());
    Ok(List {
        items: all.into_iter().map(MonthView::from).collect(),
        next_cursor: next,
    })
}

/// One month, whatever moved in it.
pub(super) async fn month_of(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    month: Month,
    currency: Currency,
) -> Result<MonthView, Error> {
    let mut read = read(conn, app, payee, currency, &[month]).await?;
    let sums = read
        .pop()
        .ok_or_else(|| anyhow::anyhow!("a month without sums"))?;
    Ok(sums.into())
}

/// In which currencies something is booked for them, and since when.
async fn accounts(conn: &mut PgConnection, payee: Payee) -> Result<Vec<(Currency, OffsetDateTime)>, Error> {
    let rows = sqlx::query!(
        r#"select account.currency, min(occurred_at) "from!"
        from ledger.account
        join ledger.entry on entry.account = account.id
        join ledger.transaction on transaction.id = entry.transaction
        where account.kind = $1 and owner_id = $2
        group by account.currency"#,
        kind(payee),
        payee.id(),
    )
    .fetch_all(conn)
    .await?;
    let accounts = rows
        .into_iter()
        .map(|row| Ok((row.currency.parse().map_err(anyhow::Error::from)?, row.from)));
    accounts.collect()
}

/// Months that follow each other, of one account: by the clocks of the zone, not of the database.
async fn read(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    currency: Currency,
    months: &[Month],
) -> Result<Vec<Sums>, Error> {
    let zone = &app.config.zone;
    let begins = months.iter().map(|month| month.begins_at(zone));
    let ends = months.last().map(|month| month.ends_at(zone));
    let bounds: Vec<OffsetDateTime> = begins.chain(ends).collect();
    let rows = sqlx::query!(
        r#"select
            width_bucket(occurred_at, $4::timestamptz[]) "place!",
            count(*) filter (where transaction.kind = 'sale') "sales!",
            coalesce(-sum(amount_minor) filter (where transaction.kind = 'sale'), 0)::bigint "earned_minor!",
            coalesce(sum(amount_minor) filter (
                where transaction.kind not in ('sale', 'payout_approved', 'payout_paid', 'payout_rejected')
            ), 0)::bigint "taken_back_minor!",
            coalesce(sum(amount_minor) filter (
                where transaction.kind in ('payout_approved', 'payout_paid', 'payout_rejected')
            ), 0)::bigint "paid_out_minor!"
        from ledger.account
        join ledger.entry on entry.account = account.id
        join ledger.transaction on transaction.id = entry.transaction
        where account.kind = $1 and owner_id = $2 and account.currency = $3
        group by 1"#,
        kind(payee),
        payee.id(),
        currency.code(),
        &bounds as &[OffsetDateTime],
    )
    .fetch_all(conn)
    .await?;
    // Place 0 is before the first month, and the last is after all of them.
    let mut moved = vec![Moved::default(); bounds.len() + 1];
    for row in rows {
        let place = usize::try_from(row.place)
            .ok()
            .and_then(|place| moved.get_mut(place));
        if let Some(place) = place {
            *place = Moved {
                sales: row.sales,
                earned_minor: row.earned_minor,
                taken_back_minor: row.taken_back_minor,
                paid_out_minor: row.paid_out_minor,
            };
        }
    }
    let mut moved = moved.into_iter();
    let before = moved.next().unwrap_or_default();
    Ok(sums(currency, before, months.iter().copied().zip(moved)))
}
