mod accounts;

use std::collections::{HashMap, HashSet};

use anyhow::Context as _;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{Account, AccountKind, Entries, Standing, TransactionKind};
use crate::ids;
use crate::money::Currency;

pub(super) struct NewTransaction<'a> {
    pub(super) id: Uuid,
    pub(super) kind: TransactionKind,
    pub(super) reference: String,
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

/// Until the caller's transaction ends. In one order, so that two who need some of the same do not lock each other out.
pub(super) async fn lock_causes(conn: &mut PgConnection, causes: &[&str]) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(key)
        from (
            select distinct hashtextextended('ledger ' || cause, 0) as key
            from unnest($1::text[]) as cause
            order by key
        ) as ordered",
        causes as &[&str],
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

/// Into the first month that is open, if their own is not. The ids of those whose references nobody had taken.
pub(super) async fn insert_transactions<'a>(
    conn: &mut PgConnection,
    transactions: impl Iterator<Item = &'a NewTransaction<'a>>,
) -> sqlx::Result<HashSet<Uuid>> {
    let (mut ids, mut kinds, mut references) = (vec![], vec![], vec![]);
    let (mut causes, mut told, mut occurred) = (vec![], vec![], vec![]);
    for transaction in transactions {
        ids.push(transaction.id);
        kinds.push(transaction.kind.name());
        references.push(transaction.reference.as_str());
        causes.push(transaction.cause);
        told.push(transaction.told.clone());
        occurred.push(transaction.occurred_at);
    }
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let inserted = sqlx::query_scalar!(
        "insert into ledger.transaction (id, kind, reference, cause, told, occurred_at, belongs_at)
        select id, kind, reference, cause, told, greatest(at, until), case when at < until then at end
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
            as new (id, kind, reference, cause, told, at)
        cross join (select max(until) as until from ledger.closed) as closed
        on conflict on constraint transaction_once do nothing
        returning id",
        &ids,
        &kinds as &[&str],
        &references as &[&str],
        &causes as &[&str],
        &told,
        &occurred as &[OffsetDateTime],
    )
    .fetch_all(conn)
    .await?;
    Ok(inserted.into_iter().collect())
}

/// Those that were posted before, by their references.
pub(super) async fn find(
    conn: &mut PgConnection,
    transactions: &[NewTransaction<'_>],
) -> sqlx::Result<HashMap<String, Known>> {
    let references = transactions
        .iter()
        .map(|transaction| transaction.reference.as_str());
    let references: Vec<&str> = references.collect();
    let rows = sqlx::query!(
        "select reference, id, cause, told from ledger.transaction where reference = any($1)",
        &references as &[&str],
    )
    .fetch_all(conn)
    .await?;
    let known = rows.into_iter().map(|row| {
        let (id, cause, told) = (row.id, row.cause, row.told);
        (row.reference, Known { id, cause, told })
    });
    Ok(known.collect())
}

/// What was posted for each cause, under its lock.
pub(super) async fn standings(
    conn: &mut PgConnection,
    causes: &[&str],
) -> anyhow::Result<HashMap<String, Standing>> {
    let rows = sqlx::query!(
        r#"select transaction.cause, account.kind "kind: AccountKind", account.owner_id, account.currency,
            sum(entry.amount_minor)::bigint "sum_minor!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where transaction.cause = any($1)
        group by transaction.cause, account.id
        order by account.id"#,
        causes as &[&str],
    )
    .fetch_all(conn)
    .await?;
    let mut standings: HashMap<String, Standing> = HashMap::new();
    for row in rows {
        let standing = standings.entry(row.cause).or_default();
        standing.currency = Some(row.currency.parse()?);
        let account = Account::of(row.kind, row.owner_id).context("an account of nobody")?;
        standing.sums.push((account, row.sum_minor));
    }
    Ok(standings)
}

/// The entries of new transactions in one statement: their accounts' balances move once.
pub(super) async fn insert_entries(
    conn: &mut PgConnection,
    new: &[(&NewTransaction<'_>, Currency, Entries)],
) -> anyhow::Result<()> {
    let Some((first, ..)) = new.first() else {
        return Ok(());
    };
    let named = new
        .iter()
        .flat_map(|(_, currency, Entries(entries))| entries.iter().map(|(account, _)| (*account, *currency)));
    let accounts = accounts::ids(conn, named.collect(), first.occurred_at).await?;
    let (mut new_ids, mut transactions, mut of) = (vec![], vec![], vec![]);
    let (mut amounts, mut currencies) = (vec![], vec![]);
    for (transaction, currency, Entries(entries)) in new {
        for (account, amount_minor) in entries {
            new_ids.push(ids::fresh(transaction.occurred_at));
            transactions.push(transaction.id);
            of.push(accounts[&(*account, *currency)]);
            amounts.push(*amount_minor);
            currencies.push(currency.code());
        }
    }
    sqlx::query!(
        "insert into ledger.entry (id, transaction, account, amount_minor, currency)
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])",
        &new_ids,
        &transactions,
        &of,
        &amounts,
        &currencies as &[&str],
    )
    .execute(conn)
    .await?;
    Ok(())
}
