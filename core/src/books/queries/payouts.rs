use sqlx::PgConnection;

use super::{Row, SHOWN};

pub(super) async fn lines(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select 'line/' || id "subject!",
            'is ' || amount_minor || ', and pays entries of ' || coalesce(paid_minor, 0) "detail!",
            count(*) over () "offending!"
        from payouts.line
        left join (
            select line_id, -sum(entry.amount_minor)::bigint as paid_minor
            from payouts.item
            join ledger.entry on entry.id = entry_id
            group by line_id
        ) as paid on line_id = id
        where amount_minor is distinct from paid_minor
        order by id
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn postings(conn: &mut PgConnection) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select cause "subject!",
            'is ' || coalesce(wanted, 'unknown') || ', and the ledger has ' || coalesce(posted, 'nothing') "detail!",
            count(*) over () "offending!"
        from (
            select
                'payout/' || id as cause,
                case status
                    when 'in_transit' then 'approved ' || amount_minor
                    when 'paid' then 'approved ' || amount_minor || ', paid ' || amount_minor
                    when 'rejected' then 'approved ' || amount_minor || ', rejected ' || amount_minor
                end as wanted
            from payouts.line
            where status in ('in_transit', 'paid', 'rejected')
        ) as lines
        full join (
            select
                cause,
                string_agg(replace(kind, 'payout_', '') || ' ' || moved_minor, ', ' order by kind) as posted
            from ledger.transaction
            join lateral (
                select sum(amount_minor) as moved_minor from ledger.entry
                where entry.transaction = transaction.id and amount_minor > 0
            ) as moved on true
            where kind in ('payout_approved', 'payout_paid', 'payout_rejected')
            group by cause
        ) as ledger using (cause)
        where wanted is distinct from posted
        order by cause
        limit $1"#,
        SHOWN,
    )
    .fetch_all(conn)
    .await
}
