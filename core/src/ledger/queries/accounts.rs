use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Moved;
use crate::ledger::domain::{Account, AccountKind, TransactionKind};
use crate::money::Currency;
use crate::platform::paging::{List, Page};

/// An account and what its entries come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerAccount)]
pub struct AccountView {
    pub id: Uuid,
    #[schema(inline)]
    pub kind: AccountKind,
    /// The talent or the agency; `null` for others
    pub owner_id: Option<Uuid>,
    #[schema(example = "BRL")]
    pub currency: String,
    #[serde(flatten)]
    pub moved: Moved,
    #[schema(example = 3)]
    pub entries: i64,
}

/// Which accounts; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    pub kind: Option<AccountKind>,
    /// A talent or an agency.
    pub owner: Option<Uuid>,
    pub currency: Option<Currency>,
}

struct Row {
    id: Uuid,
    kind: AccountKind,
    owner_id: Option<Uuid>,
    currency: String,
    debit_minor: i64,
    credit_minor: i64,
    balance_minor: i64,
    entries: i64,
}

impl From<Row> for AccountView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            owner_id: row.owner_id,
            currency: row.currency,
            moved: Moved {
                debit_minor: row.debit_minor,
                credit_minor: row.credit_minor,
                balance_minor: row.balance_minor,
            },
            entries: row.entries,
        }
    }
}

/// Newest account first.
pub async fn accounts(
    conn: &mut PgConnection,
    filter: &AccountFilter,
    page: Page,
) -> sqlx::Result<List<AccountView>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id "id!", kind "kind!: AccountKind", owner_id, currency "currency!", debit_minor "debit_minor!",
            credit_minor "credit_minor!", balance_minor "balance_minor!", entries "entries!"
        from ledger.balance
        where ($1::text is null or kind = $1)
            and ($2::uuid is null or owner_id = $2)
            and ($3::text is null or currency = $3)
            and ($4::uuid is null or id < $4)
        order by id desc
        limit $5"#,
        filter.kind.map(AccountKind::name),
        filter.owner,
        filter.currency.as_ref().map(Currency::code),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(AccountView::from).collect();
    Ok(page.list(rows, |account| account.id))
}

pub async fn account(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<AccountView>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id "id!", kind "kind!: AccountKind", owner_id, currency "currency!", debit_minor "debit_minor!",
            credit_minor "credit_minor!", balance_minor "balance_minor!", entries "entries!"
        from ledger.balance
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(AccountView::from))
}

/// Debits less credits of an account, 0 of one that was never posted to: below 0 is what somebody is owed.
pub async fn balance(conn: &mut PgConnection, account: Account, currency: Currency) -> sqlx::Result<i64> {
    let balance = sqlx::query_scalar!(
        r#"select balance_minor "balance_minor!" from ledger.balance
        where kind = $1 and owner_id is not distinct from $2 and currency = $3"#,
        account.kind().name(),
        account.owner(),
        currency.code(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(balance.unwrap_or(0))
}

/// One side of a transaction, in its account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct EntryView {
    pub id: Uuid,
    pub transaction_id: Uuid,
    #[schema(inline)]
    pub kind: TransactionKind,
    /// What it is about
    #[schema(example = "payment/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub cause: String,
    /// Above 0 a debit, below 0 a credit
    #[schema(example = -11_250)]
    pub amount_minor: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
}

/// Of one account, newest first.
pub async fn entries(conn: &mut PgConnection, account: Uuid, page: Page) -> sqlx::Result<List<EntryView>> {
    let rows = sqlx::query_as!(
        EntryView,
        r#"select entry.id, transaction transaction_id, kind "kind: TransactionKind", cause, amount_minor, occurred_at
        from ledger.entry
        join ledger.transaction on transaction.id = entry.transaction
        where account = $1 and ($2::uuid is null or entry.id < $2)
        order by entry.id desc
        limit $3"#,
        account,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |entry| entry.id))
}

/// All accounts of one kind and currency together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrialLine {
    #[schema(example = "BRL")]
    pub currency: String,
    #[schema(inline)]
    pub kind: AccountKind,
    /// How many
    #[schema(example = 12)]
    pub accounts: i64,
    #[serde(flatten)]
    pub moved: Moved,
}

/// What all accounts come to: the balances of a currency come to 0 together.
pub async fn trial_balance(conn: &mut PgConnection) -> sqlx::Result<Vec<TrialLine>> {
    let rows = sqlx::query!(
        r#"select currency "currency!", kind "kind!: AccountKind", count(*) "accounts!",
            sum(debit_minor)::bigint "debit_minor!", sum(credit_minor)::bigint "credit_minor!",
            sum(balance_minor)::bigint "balance_minor!"
        from ledger.balance
        group by currency, kind
        order by currency, kind"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| TrialLine {
            currency: row.currency,
            kind: row.kind,
            accounts: row.accounts,
            moved: Moved {
                debit_minor: row.debit_minor,
                credit_minor: row.credit_minor,
                balance_minor: row.balance_minor,
            },
        })
        .collect())
}
