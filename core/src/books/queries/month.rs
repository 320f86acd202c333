//! What must hold of a month before its books are closed, and what they come to.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::closed::{AccountSums, MonthProof, PayoutSums};
use super::{Report, Row, SHOWN, run};
use crate::ledger::AccountKind;

/// From when until before when.
type Bounds = (OffsetDateTime, OffsetDateTime);

pub(in crate::books) async fn first_posted_at(
    conn: &mut PgConnection,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!("select min(occurred_at) from ledger.transaction")
        .fetch_one(conn)
        .await
}

/// The payments of which something was posted.
pub(in crate::books) async fn payments_moved(
    conn: &mut PgConnection,
    (begins_at, ends_at): Bounds,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select distinct split_part(cause, '/', 2)::uuid "payment!"
        from ledger.transaction
        where occurred_at >= $1 and occurred_at < $2 and cause like 'payment/%'"#,
        begins_at,
        ends_at,
    )
    .fetch_all(conn)
    .await
}

/// All that must always hold, and that nothing of the month is still under way.
pub(in crate::books) async fn check_month(
    conn: &mut PgConnection,
    (begins_at, ends_at): Bounds,
) -> sqlx::Result<Report> {
    let mut report = Report::nothing_found();
    run(&mut report, conn).await?;
    report.note(
        "gateway",
        "the gateway says the same of every payment as we do",
        differing(conn, ends_at).await?,
    );
    report.note(
        "calls",
        "every call of the gateway is over, and no payment waits for a person",
        open_calls(conn, ends_at).await?,
    );
    report.note(
        "news",
        "all that the gateway told was heard",
        open_notices(conn, ends_at).await?,
    );
    report.note(
        "bank_told",
        "the bank has told of every line that was let go",
        in_transit(conn, ends_at).await?,
    );
    report.note(
        "bank_lines",
        "what the bank told of a line is what was posted for it, and the other way round",
        bank_lines(conn, (begins_at, ends_at)).await?,
    );
    report.note(
        "carried",
        "every balance began as it ended in the month before",
        carried(conn, begins_at).await?,
    );
    report.fine = report.findings.is_empty();
    Ok(report)
}

/// What differs of payments that were begun later is for their months.
async fn differing(conn: &mut PgConnection, ends_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select coalesce('payment/' || payment, difference.gateway || '/' || subject) "subject!",
            kind || ': ' || detail "detail!", count(*) over () "offending!"
        from payments.difference
        left join payments.payment on payment.id = payment
        where settled_at is null and (payment.id is null or payment.created_at < $1)
        order by difference.id
        limit $2"#,
        ends_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

async fn open_calls(conn: &mut PgConnection, ends_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'payment/' || payment.id "subject!",
            coalesce('waits for a person: ' || held_reason, 'its ' || operation.kind || ' is ' || operation.status)
                "detail!",
            count(*) over () "offending!"
        from payments.payment
        left join payments.operation on operation.payment = payment.id
            and operation.status in ('ready', 'sent', 'unknown', 'held') and operation.created_at < $1
        where payment.created_at < $1 and (held_reason is not null or operation.id is not null)
        order by payment.id
        limit $2"#,
        ends_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

async fn open_notices(conn: &mut PgConnection, ends_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'notice/' || id "subject!", gateway || ' told of ' || kind || ', and it waits' "detail!",
            count(*) over () "offending!"
        from payments.notice
        where status = 'received' and received_at < $1
        order by id
        limit $2"#,
        ends_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

async fn in_transit(conn: &mut PgConnection, ends_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'line/' || line.id "subject!",
            amount_minor || ' ' || currency || ' are on their way: take in what the bank says of payout ' || batch.id
                "detail!",
            count(*) over () "offending!"
        from payouts.line
        join payouts.batch on batch.id = batch_id
        where line.status = 'in_transit' and approved_at < $1
        order by line.id
        limit $2"#,
        ends_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

/// Whichever of the two is of the month, the other must be there.
async fn bank_lines(conn: &mut PgConnection, (begins_at, ends_at): Bounds) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'line/' || line "subject!",
            'the bank told ' || coalesce(told, 'nothing') || ', and posted was ' || coalesce(posted, 'nothing')
                "detail!",
            count(*) over () "offending!"
        from (
            select line_id as line, case when paid then 'paid ' else 'rejected ' end || amount_minor as told, told_at
            from payouts.bank_line
        ) as bank
        full join (
            select
                split_part(cause, '/', 2)::uuid as line,
                replace(transaction.kind, 'payout_', '') || ' ' || amount_minor as posted,
                occurred_at
            from ledger.transaction
            join ledger.entry on entry.transaction = transaction.id and amount_minor > 0
            where transaction.kind in ('payout_paid', 'payout_rejected')
        ) as ledger using (line)
        where told is distinct from posted
            and (told_at >= $1 and told_at < $2 or occurred_at >= $1 and occurred_at < $2)
        order by line
        limit $3"#,
        begins_at,
        ends_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

async fn carried(conn: &mut PgConnection, begins_at: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select kind || '/' || currency "subject!",
            'ended at ' || coalesce(closed_minor, 0) || ', and began at ' || coalesce(opened_minor, 0) "detail!",
            count(*) over () "offending!"
        from (
            select sums->>'kind' as kind, sums->>'currency' as currency, (sums->>'closing_minor')::bigint as closed_minor
            from books.closed_month
            cross join jsonb_array_elements(proof->'accounts') as sums
            where ends_at = $1
        ) as closed
        full join (
            select account.kind, account.currency, sum(amount_minor)::bigint as opened_minor
            from ledger.transaction
            join ledger.entry on entry.transaction = transaction.id
            join ledger.account on account.id = entry.account
            where occurred_at < $1
            group by account.kind, account.currency
        ) as opened using (kind, currency)
        where coalesce(closed_minor, 0) <> coalesce(opened_minor, 0)
            and exists (select from books.closed_month where ends_at = $1)
        order by currency, kind
        limit $2"#,
        begins_at,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

/// What the month comes to, as it is now.
pub(in crate::books) async fn prove(
    conn: &mut PgConnection,
    (begins_at, ends_at): Bounds,
    payments_compared: usize,
) -> sqlx::Result<MonthProof> {
    let digest = sqlx::query!(
        r#"select transactions "transactions!", entries "entries!", encode(sha256, 'hex') "sha256!"
        from books.digest($1, $2)"#,
        begins_at,
        ends_at,
    )
    .fetch_one(&mut *conn)
    .await?;
    Ok(MonthProof {
        transactions: digest.transactions,
        entries: digest.entries,
        sha256: digest.sha256,
        accounts: accounts(conn, (begins_at, ends_at)).await?,
        payments_compared: i64::try_from(payments_compared).unwrap_or(i64::MAX),
        payouts: payouts(conn, (begins_at, ends_at)).await?,
    })
}

async fn accounts(conn: &mut PgConnection, (begins_at, ends_at): Bounds) -> sqlx::Result<Vec<AccountSums>> {
    sqlx::query_as!(
        AccountSums,
        r#"select
            account.currency, account.kind "kind: AccountKind",
            coalesce(sum(amount_minor) filter (where occurred_at < $1), 0)::bigint "opening_minor!",
            coalesce(sum(amount_minor) filter (where occurred_at >= $1 and amount_minor > 0), 0)::bigint "debit_minor!",
            coalesce(-sum(amount_minor) filter (where occurred_at >= $1 and amount_minor < 0), 0)::bigint "credit_minor!",
            sum(amount_minor)::bigint "closing_minor!"
        from ledger.transaction
        join ledger.entry on entry.transaction = transaction.id
        join ledger.account on account.id = entry.account
        where occurred_at < $2
        group by account.currency, account.kind
        order by account.currency, account.kind"#,
        begins_at,
        ends_at,
    )
    .fetch_all(conn)
    .await
}

async fn payouts(conn: &mut PgConnection, (begins_at, ends_at): Bounds) -> sqlx::Result<PayoutSums> {
    sqlx::query_as!(
        PayoutSums,
        r#"select
            count(*) filter (where kind = 'payout_approved') "approved!",
            count(*) filter (where kind = 'payout_paid') "paid!",
            count(*) filter (where kind = 'payout_rejected') "rejected!"
        from ledger.transaction
        where occurred_at >= $1 and occurred_at < $2"#,
        begins_at,
        ends_at,
    )
    .fetch_one(conn)
    .await
}
