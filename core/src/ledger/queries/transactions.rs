use std::collections::HashMap;

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ledger::domain::{AccountKind, TransactionKind};
use crate::platform::paging::{List, Page};

/// One thing that happened to money.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerTransaction)]
pub struct TransactionView {
    pub id: Uuid,
    #[schema(inline)]
    pub kind: TransactionKind,
    /// Unique: what happened, by name
    #[schema(example = "capture/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub reference: String,
    /// What it is about
    #[schema(example = "payment/019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub cause: String,
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
    /// When it occurred, if the books of that month were closed by then
    #[serde(with = "time::serde::rfc3339::option")]
    pub belongs_at: Option<OffsetDateTime>,
    /// They come to 0
    pub entries: Vec<Leg>,
}

/// An entry, seen from its transaction.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LedgerLeg)]
pub struct Leg {
    pub account_id: Uuid,
    #[schema(inline)]
    pub kind: AccountKind,
    /// The talent or the agency; `null` for others
    pub owner_id: Option<Uuid>,
    /// Above 0 a debit, below 0 a credit
    #[schema(example = 15_000)]
    pub amount_minor: i64,
    #[schema(example = "BRL")]
    pub currency: String,
}

/// Which transactions; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct TransactionFilter {
    pub kind: Option<TransactionKind>,
    /// `payment/<id>`.
    pub cause: Option<String>,
    pub reference: Option<String>,
    /// That moved this account.
    pub account: Option<Uuid>,
    /// Occurred at or after.
    pub from: Option<OffsetDateTime>,
    /// Occurred before.
    pub to: Option<OffsetDateTime>,
}

/// Newest first.
pub async fn transactions(
    conn: &mut PgConnection,
    filter: &TransactionFilter,
    page: Page,
) -> sqlx::Result<List<TransactionView>> {
    let rows = sqlx::query!(
        r#"select id, kind "kind: TransactionKind", reference, cause, occurred_at, belongs_at
        from ledger.transaction
        where ($1::text is null or kind = $1)
            and ($2::text is null or cause = $2)
            and ($3::text is null or reference = $3)
            and ($4::uuid is null or id in (select transaction from ledger.entry where account = $4))
            and ($5::timestamptz is null or occurred_at >= $5)
            and ($6::timestamptz is null or occurred_at < $6)
            and ($7::uuid is null or id < $7)
        order by id desc
        limit $8"#,
        filter.kind.map(TransactionKind::name),
        filter.cause,
        filter.reference,
        filter.account,
        filter.from,
        filter.to,
        page.after,
        page.limit + 1,
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut legs = legs(conn, &ids).await?;
    let views = rows.into_iter().map(|row| TransactionView {
        entries: legs.remove(&row.id).unwrap_or_default(),
        id: row.id,
        kind: row.kind,
        reference: row.reference,
        cause: row.cause,
        occurred_at: row.occurred_at,
        belongs_at: row.belongs_at,
    });
    Ok(page.list(views.collect(), |transaction| transaction.id))
}

pub async fn transaction(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<TransactionView>> {
    let row = sqlx::query!(
        r#"select id, kind "kind: TransactionKind", reference, cause, occurred_at, belongs_at
        from ledger.transaction
        where id = $1"#,
        id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let mut legs = legs(conn, &[id]).await?;
    Ok(Some(TransactionView {
        entries: legs.remove(&id).unwrap_or_default(),
        id,
        kind: row.kind,
        reference: row.reference,
        cause: row.cause,
        occurred_at: row.occurred_at,
        belongs_at: row.belongs_at,
    }))
}

async fn legs(conn: &mut PgConnection, transactions: &[Uuid]) -> sqlx::Result<HashMap<Uuid, Vec<Leg>>> {
    let rows = sqlx::query!(
        r#"select transaction, account account_id, kind "kind: AccountKind", owner_id, amount_minor, entry.currency
        from ledger.entry
        join ledger.account on account.id = entry.account
        where transaction = any($1)
        order by entry.id"#,
        transactions,
    )
    .fetch_all(conn)
    .await?;
    let mut legs: HashMap<Uuid, Vec<Leg>> = HashMap::new();
    for row in rows {
        legs.entry(row.transaction).or_default().push(Leg {
            account_id: row.account_id,
            kind: row.kind,
            owner_id: row.owner_id,
            amount_minor: row.amount_minor,
            currency: row.currency,
        });
    }
    Ok(legs)
}
