use sqlx::PgConnection;

use super::{Row, SHOWN};

pub(super) async fn unbalanced(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'transaction/' || transaction "subject!",
            'off by ' || sum(amount_minor) || ' ' || currency "detail!", count(*) over () "offending!"
        from ledger.entry
        group by transaction, currency
        having sum(amount_minor) <> 0
        order by transaction
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn too_few_entries(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'transaction/' || transaction.id "subject!", reference || ' has ' || count(entry.id) "detail!",
            count(*) over () "offending!"
        from ledger.transaction
        left join ledger.entry on entry.transaction = transaction.id
        group by transaction.id
        having count(entry.id) < 2
        order by transaction.id
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn other_currency(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'entry/' || entry.id "subject!",
            entry.currency || ' in an account of ' || coalesce(account.currency, 'nobody') "detail!",
            count(*) over () "offending!"
        from ledger.entry
        left join ledger.account on account.id = entry.account
        where account.currency is distinct from entry.currency
        order by entry.id
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn not_zero(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'currency/' || currency "subject!", 'off by ' || sum(balance_minor) "detail!",
            count(*) over () "offending!"
        from ledger.balance
        group by currency
        having sum(balance_minor) <> 0
        order by currency
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn drifted_balances(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'account/' || account "subject!",
            'is ' || balance_minor || ' after ' || kept || ' entries, and ' || count || ' entries come to ' || sum
                "detail!",
            count(*) over () "offending!"
        from (
            select balance.id account, balance_minor, entries kept, count(entry.id) count,
                coalesce(sum(amount_minor), 0) sum,
                debit_minor <> coalesce(sum(amount_minor) filter (where amount_minor > 0), 0)
                    or credit_minor <> coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0)
                    or entries <> count(entry.id) as drifted
            from ledger.balance
            left join ledger.entry on entry.account = balance.id
            group by balance.id, balance_minor, debit_minor, credit_minor, entries
        ) as compared
        where drifted
        order by account
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn overdrawn_funds(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!", 'customers'' funds are overdrawn by ' || sum(amount_minor) "detail!",
            count(*) over () "offending!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where account.kind = 'customer_funds'
        group by cause
        having sum(amount_minor) > 0
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

/// The platform is not among them: it bears what others no longer have.
pub(super) async fn overdrawn_shares(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!", account.kind || ' ' || account.owner_id || ' gave back ' || sum(amount_minor)
                || ' too much' "detail!",
            count(*) over () "offending!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where account.owner_id is not null and transaction.kind in ('sale', 'refund', 'dispute_lost')
        group by cause, account.id
        having sum(amount_minor) > 0
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn overdrawn_holds(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!", account.kind || ' is at ' || sum(amount_minor) "detail!",
            count(*) over () "offending!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where account.kind in ('dispute_hold', 'in_transit')
        group by cause, account.id
        having sum(case account.kind when 'in_transit' then amount_minor else -amount_minor end) > 0
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn repeated(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!", 'has ' || count(*) || ' of ' || kind "detail!", count(*) over () "offending!"
        from ledger.transaction
        where kind in ('capture', 'sale')
        group by cause, kind
        having count(*) > 1
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}
