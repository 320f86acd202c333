use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{Account, AccountKind, Standing, TransactionKind};
use crate::ids;
use crate::money::Currency;

pub(super) struct NewTransaction<'a> {
    pub(super) id: Uuid,
    pub(super) kind: TransactionKind,
    pub(super) reference: &'a str,
    pub(super) cause: &'a str,
    pub(super) told: &'a Value,
    pub(super) occurred_at: OffsetDateTime,
}

/// A transaction that was posted before.
pub(super) struct Known {
    pub(super) id: Uuid,
    pub(super) cause: String,
    pub(super) told: Value,
}

/// Until the caller's transaction ends.
pub(super) async fn lock_cause(conn: &mut PgConnection, cause: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('ledger ' || $1, 0))",
        cause
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Until the caller's transaction ends nobody posts.
pub(super) async fn hold_postings(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('ledger closed', 0))")
        .execute(conn)
        .await?;
    Ok(())
}

/// From here on what occurred before is posted as of then.
pub(super) async fn close(
    conn: &mut PgConnection,
    until: OffsetDateTime,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into ledger.closed (until, closed_at) values ($1, $2)",
        until,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Into the first month that is open, if its own is not. `false`: there is one of this reference.
pub(super) async fn insert_transaction(
    conn: &mut PgConnection,
    transaction: &NewTransaction<'_>,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into ledger.transaction (id, kind, reference, cause, told, occurred_at, belongs_at)
        select $1, $2, $3, $4, $5, greatest($6, until), case when $6 < until then $6 end
        from (select max(until) as until from ledger.closed) as closed
        on conflict on constraint transaction_once do nothing",
        transaction.id,
        transaction.kind.name(),
        transaction.reference,
        transaction.cause,
        transaction.told,
        transaction.occurred_at,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(super) async fn find(conn: &mut PgConnection, reference: &str) -> sqlx::Result<Option<Known>> {
    sqlx::query_as!(
        Known,
        "select id, cause, told from ledger.transaction where reference = $1",
        reference
    )
    .fetch_optional(conn)
    .await
}

/// What was posted for a cause, under its lock.
pub(super) async fn standing(conn: &mut PgConnection, cause: &str) -> anyhow::Result<Standing> {
    let rows = sqlx::query!(
        r#"select account.kind "kind: AccountKind", account.owner_id, account.currency,
            sum(entry.amount_minor)::bigint "sum_minor!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where transaction.cause = $1
        group by account.id
        order by account.id"#,
        cause,
    )
    .fetch_all(conn)
    .await?;
    let mut standing = Standing::default();
    for row in rows {
        standing.currency = Some(row.currency.parse()?);
        let account = Account::of(row.kind, row.owner_id).context("an account of nobody")?;
        standing.sums.push((account, row.sum_minor));
    }
    Ok(standing)
}

/// Entries in one statement: their accounts' balances move once.
pub(super) async fn insert_entries(
    conn: &mut PgConnection,
    transaction: &NewTransaction<'_>,
    currency: Currency,
    entries: &[(Account, i64)],
) -> anyhow::Result<()> {
    let at = transaction.occurred_at;
    // In order, so that two who need the same new accounts do not wait for each other.
    let mut accounts: BTreeMap<Account, Uuid> = BTreeMap::new();
    for (account, _) in entries {
        accounts.entry(*account).or_insert_with(Uuid::nil);
    }
    for (account, id) in &mut accounts {
        *id = account_id(conn, *account, currency, at).await?;
    }
    let ids: Vec<Uuid> = entries.iter().map(|_| ids::fresh(at)).collect();
    let of: Vec<Uuid> = entries.iter().map(|(account, _)| accounts[account]).collect();
    let amounts: Vec<i64> = entries.iter().map(|(_, amount)| *amount).collect();
    sqlx::query!(
        "insert into ledger.entry (id, transaction, account, amount_minor, currency)
        select id, $1, account, amount_minor, $2
        from unnest($3::uuid[], $4::uuid[], $5::bigint[]) as entry (id, account, amount_minor)",
        transaction.id,
        currency.code(),
        &ids,
        &of,
        &amounts,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn account_id(
    conn: &mut PgConnection,
    account: Account,
    currency: Currency,
    now: OffsetDateTime,
) -> sqlx::Result<Uuid> {
    let (kind, owner) = (account.kind().name(), account.owner());
    if let Some(id) = find_account(conn, kind, owner, currency).await? {
        return Ok(id);
    }
    let id = ids::fresh(now);
    let inserted = sqlx::query!(
        "insert into ledger.account (id, kind, owner_id, currency, created_at)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint account_once do nothing",
        id,
        kind,
        owner,
        currency.code(),
        now,
    )
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(id);
    }
    // Somebody else made it just now.
    let found = find_account(conn, kind, owner, currency).await?;
    found.ok_or(sqlx::Error::RowNotFound)
}

async fn find_account(
    conn: &mut PgConnection,
    kind: &str,
    owner: Option<Uuid>,
    currency: Currency,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from ledger.account
        where kind = $1 and owner_id is not distinct from $2 and currency = $3",
        kind,
        owner,
        currency.code(),
    )
    .fetch_optional(conn)
    .await
}
