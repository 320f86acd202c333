//! Customers who want their money back, by script.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{Row, tell};
use crate::payments::{DisputeStatus, SeenDispute};

/// When those are decided that are.
const DECIDED_AFTER: Duration = Duration::HOUR;
const EVIDENCE_TAKEN: Duration = Duration::days(7);

/// The whole payment is disputed, from now on; `ends`: how that is decided.
pub(in super::super) async fn open(
    conn: &mut PgConnection,
    row: &Row,
    ends: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sandbox.dispute (reference, payment, amount_minor, status, evidence_due_at, ends, ends_at)
        values ('sd_' || $1, $1, $2, 'opened', $3, $4, $5)
        on conflict do nothing",
        row.reference,
        row.amount_minor,
        now + EVIDENCE_TAKEN,
        ends,
        ends.map(|_| now + DECIDED_AFTER),
    )
    .execute(&mut *conn)
    .await?;
    tell(conn, &row.reference, "disputed", now).await
}

/// Of one payment, or of all: what is to be decided by now is.
pub(in super::super) async fn decide(
    conn: &mut PgConnection,
    payment: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"with decided as (
            update sandbox.dispute set status = ends, ends_at = null
            where ends_at <= $1 and ($2::text is null or payment = $2)
            returning payment, status
        )
        insert into sandbox.event (id, payment, kind, made_at, due_at)
        select gen_random_uuid(), payment, 'payment.dispute_' || status, $1, $1 from decided"#,
        now,
        payment,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in super::super) async fn of(conn: &mut PgConnection, payment: &str) -> sqlx::Result<Vec<SeenDispute>> {
    sqlx::query_as!(
        SeenDispute,
        r#"select reference, amount_minor, 'fraudulent' "reason!", status "status: DisputeStatus",
            0::bigint "fee_minor!", 0::bigint "fee_returned_minor!", evidence_due_at "evidence_due_at?"
        from sandbox.dispute
        where payment = $1
        order by reference"#,
        payment,
    )
    .fetch_all(conn)
    .await
}
