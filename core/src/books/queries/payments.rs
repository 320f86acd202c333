use sqlx::PgConnection;

use super::{Row, SHOWN};

pub(super) async fn captures(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!",
            'captured ' || coalesce(captured_minor, 0) || ', and the ledger has ' || coalesce(posted_minor, 0) "detail!",
            count(*) over () "offending!"
        from (
            select 'payment/' || id as cause, captured_minor from payments.payment where captured_minor > 0
        ) as captured
        full join (
            select cause, sum(amount_minor) as posted_minor
            from ledger.transaction
            join ledger.entry on entry.transaction = transaction.id
            where transaction.kind = 'capture' and amount_minor > 0
            group by cause
        ) as posted using (cause)
        where captured_minor is distinct from posted_minor
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn refunds(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!",
            'refunded ' || coalesce(refunded_minor, 0) || ', the ledger has ' || coalesce(posted_minor, 0)
                || ', and the gateway did ' || coalesce(done_minor, 0) "detail!",
            count(*) over () "offending!"
        from (
            select 'payment/' || id as cause, refunded_minor from payments.payment where refunded_minor > 0
        ) as refunded
        full join (
            select cause, -sum(amount_minor) as posted_minor
            from ledger.transaction
            join ledger.entry on entry.transaction = transaction.id
            join ledger.account on account.id = entry.account
            where transaction.kind = 'refund' and account.kind = 'gateway'
            group by cause
        ) as posted using (cause)
        full join (
            select 'payment/' || payment as cause, sum(amount_minor) as done_minor
            from payments.operation
            where kind = 'refund' and status = 'succeeded'
            group by payment
        ) as done using (cause)
        where refunded_minor is distinct from posted_minor or refunded_minor is distinct from done_minor
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn fees(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!",
            'the gateway keeps ' || coalesce(kept_minor, 0) || ', and the ledger has ' || coalesce(posted_minor, 0) "detail!",
            count(*) over () "offending!"
        from (
            select 'payment/' || payment.id as cause, fee_minor + coalesce(disputed.minor, 0) as kept_minor
            from payments.payment
            left join (
                select payment, sum(fee_minor - fee_returned_minor)::bigint as minor
                from payments.dispute
                group by payment
            ) as disputed on disputed.payment = payment.id
            where fee_minor + coalesce(disputed.minor, 0) <> 0
        ) as kept
        full join (
            select cause, sum(amount_minor)::bigint as posted_minor
            from ledger.transaction
            join ledger.entry on entry.transaction = transaction.id
            join ledger.account on account.id = entry.account
            where account.kind = 'fees'
            group by cause
            having sum(amount_minor) <> 0
        ) as posted using (cause)
        where kept_minor is distinct from posted_minor
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn disputes(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'payment/' || dispute.payment "subject!",
            'the dispute ' || dispute.id || ' is ' || dispute.status || ', and the ledger has '
                || coalesce(posted.kinds, 'nothing of it') "detail!",
            count(*) over () "offending!"
        from payments.dispute
        left join lateral (
            select string_agg(transaction.kind, ', ' order by transaction.kind) as kinds
            from ledger.transaction
            where transaction.reference in (
                'dispute_opened/' || dispute.id, 'dispute_won/' || dispute.id, 'dispute_lost/' || dispute.id
            )
        ) as posted on true
        where posted.kinds is distinct from case dispute.status
            when 'opened' then 'dispute_opened'
            when 'won' then 'dispute_opened, dispute_won'
            else 'dispute_lost, dispute_opened'
        end
        order by dispute.id
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}
