use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::{Row, SHOWN};
use crate::books::{Error, Month};
use crate::ledger::AccountKind;
use crate::platform::paging::{BadCursor, List, Page};

/// What the books of a month came to
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BooksProof)]
pub struct MonthProof {
    #[schema(example = 1_240)]
    pub transactions: i64,
    #[schema(example = 3_180)]
    pub entries: i64,
    /// Of all entries, in hexadecimal digits: whatever is changed in them changes it
    #[schema(example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    pub sha256: String,
    /// By currency and kind; of a currency all balances come to 0
    pub accounts: Vec<AccountSums>,
    /// How many payments the gateway said the same of
    #[schema(example = 400)]
    pub payments_compared: i64,
    pub payouts: PayoutSums,
}

/// All accounts of a kind, in a month
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BooksProofAccounts)]
pub struct AccountSums {
    #[schema(example = "BRL")]
    pub currency: String,
    #[schema(inline)]
    pub kind: AccountKind,
    /// Debits less credits, when the month began
    #[schema(example = 0)]
    pub opening_minor: i64,
    #[schema(example = 2_000)]
    pub debit_minor: i64,
    #[schema(example = 22_500)]
    pub credit_minor: i64,
    /// When it ended
    #[schema(example = -20_500)]
    pub closing_minor: i64,
}

/// The lines of payouts that were let go or settled in a month
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BooksProofPayouts)]
pub struct PayoutSums {
    #[schema(example = 12)]
    pub approved: i64,
    #[schema(example = 11)]
    pub paid: i64,
    #[schema(example = 1)]
    pub rejected: i64,
}

impl MonthProof {
    /// The number that `sha256` writes.
    pub(in crate::books) fn digest(&self) -> Result<Vec<u8>, std::num::ParseIntError> {
        let pairs = (0..self.sha256.len()).step_by(2);
        let bytes = pairs.map(|at| u8::from_str_radix(self.sha256.get(at..at + 2).unwrap_or_default(), 16));
        bytes.collect()
    }
}

/// A month whose books are closed
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClosedMonth {
    pub month: Month,
    #[serde(with = "time::serde::rfc3339")]
    pub begins_at: OffsetDateTime,
    /// The first moment after it
    #[serde(with = "time::serde::rfc3339")]
    pub ends_at: OffsetDateTime,
    /// As the audit log has them
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub closed_by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub closed_at: OffsetDateTime,
    pub proof: MonthProof,
}

struct MonthRow {
    month: Date,
    begins_at: OffsetDateTime,
    ends_at: OffsetDateTime,
    closed_by: String,
    closed_at: OffsetDateTime,
    proof: serde_json::Value,
}

impl MonthRow {
    fn view(self) -> Result<ClosedMonth, Error> {
        Ok(ClosedMonth {
            month: Month::begun_on(self.month),
            begins_at: self.begins_at,
            ends_at: self.ends_at,
            closed_by: self.closed_by,
            closed_at: self.closed_at,
            proof: serde_json::from_value(self.proof).map_err(anyhow::Error::from)?,
        })
    }
}

/// Newest first.
pub async fn closed_months(
    conn: &mut PgConnection,
    cursor: Option<&str>,
    limit: Option<u32>,
) -> Result<List<ClosedMonth>, Error> {
    let page = Page::new(None, limit)?;
    let before = cursor.map(|cursor| cursor.parse::<Month>().map_err(|_| BadCursor));
    let before = before.transpose()?;
    let mut months = rows(conn, None, before, page.limit + 1).await?;
    let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = months.len() > most;
    months.truncate(most);
    let next_cursor = months.last().filter(|_| more).map(|last| last.month.to_string());
    Ok(List {
        items: months,
        next_cursor,
    })
}

pub async fn closed_month(conn: &mut PgConnection, month: Month) -> Result<Option<ClosedMonth>, Error> {
    Ok(rows(conn, Some(month), None, 1).await?.pop())
}

async fn rows(
    conn: &mut PgConnection,
    month: Option<Month>,
    before: Option<Month>,
    limit: i64,
) -> Result<Vec<ClosedMonth>, Error> {
    let rows = sqlx::query_as!(
        MonthRow,
        "select month, begins_at, ends_at, closed_by, closed_at, proof
        from books.closed_month
        where ($1::date is null or month = $1) and ($2::date is null or month < $2)
        order by month desc
        limit $3",
        month.map(Month::first_day),
        before.map(Month::first_day),
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(MonthRow::view).collect()
}

pub(in crate::books) async fn last_closed(conn: &mut PgConnection) -> sqlx::Result<Option<Month>> {
    let last = sqlx::query_scalar!("select max(month) from books.closed_month")
        .fetch_one(conn)
        .await?;
    Ok(last.map(Month::begun_on))
}

/// A proof for each month that is closed: its entries are what they were then, and it opens with what the one before it
/// closed with.
pub(super) async fn changed(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'month/' || to_char(month, 'YYYY-MM') "subject!",
            'was closed with ' || closed_month.entries || ' entries, which were others then than the '
                || now.entries || ' that are there' "detail!",
            count(*) over () "offending!"
        from books.closed_month
        cross join lateral books.digest(begins_at, ends_at) as now
        where now.sha256 <> closed_month.sha256
        order by month
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}
