use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, ensure};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids;
use crate::ledger::domain::{Account, AccountKind};
use crate::money::Currency;

type Named = (Account, Currency);

/// The ids of accounts; what is not there is made.
pub(super) async fn ids(
    conn: &mut PgConnection,
    named: BTreeSet<Named>,
    now: OffsetDateTime,
) -> anyhow::Result<HashMap<Named, Uuid>> {
    let mut found = find(conn, &named).await?;
    let missing: BTreeSet<Named> = named
        .iter()
        .copied()
        .filter(|name| !found.contains_key(name))
        .collect();
    if !missing.is_empty() {
        insert(conn, &missing, now).await?;
        // Also those that somebody else made just now.
        found.extend(find(conn, &missing).await?);
    }
    ensure!(found.len() == named.len(), "accounts are missing that were made");
    Ok(found)
}

/// In order, so that two who need the same new accounts do not wait for each other.
async fn insert(conn: &mut PgConnection, named: &BTreeSet<Named>, now: OffsetDateTime) -> sqlx::Result<()> {
    let new: Vec<Uuid> = named.iter().map(|_| ids::fresh(now)).collect();
    let (kinds, owners, currencies) = columns(named);
    sqlx::query!(
        "insert into ledger.account (id, kind, owner_id, currency, created_at)
        select id, kind, owner_id, currency, $5
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) as new (id, kind, owner_id, currency)
        on conflict on constraint account_once do nothing",
        &new,
        &kinds as &[&str],
        &owners as &[Option<Uuid>],
        &currencies as &[&str],
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Owners and those who are nobody's apart: Postgres looks for `is not distinct from` among all accounts of a kind.
async fn find(conn: &mut PgConnection, named: &BTreeSet<Named>) -> anyhow::Result<HashMap<Named, Uuid>> {
    let (kinds, owners, currencies) = columns(named);
    let rows = sqlx::query!(
        r#"with named as (
            select * from unnest($1::text[], $2::uuid[], $3::text[]) as named (kind, owner_id, currency)
        )
        select account.id "id!", account.kind "kind!: AccountKind", account.owner_id, account.currency "currency!"
        from named
        join ledger.account using (kind, owner_id, currency)
        union all
        select account.id, account.kind, account.owner_id, account.currency
        from named
        join ledger.account using (kind, currency)
        where named.owner_id is null and account.owner_id is null"#,
        &kinds as &[&str],
        &owners as &[Option<Uuid>],
        &currencies as &[&str],
    )
    .fetch_all(conn)
    .await?;
    let found = rows.into_iter().map(|row| {
        let account = Account::of(row.kind, row.owner_id).context("an account of nobody")?;
        Ok(((account, row.currency.parse()?), row.id))
    });
    found.collect()
}

fn columns(named: &BTreeSet<Named>) -> (Vec<&'static str>, Vec<Option<Uuid>>, Vec<&str>) {
    let kinds = named.iter().map(|(account, _)| account.kind().name());
    let owners = named.iter().map(|(account, _)| account.owner());
    let currencies = named.iter().map(|(_, currency)| currency.code());
    (kinds.collect(), owners.collect(), currencies.collect())
}
