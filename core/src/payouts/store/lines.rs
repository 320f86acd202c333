use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payouts::domain::LineStatus;

/// What somebody is to get, and the entries of the ledger that it pays.
pub(in crate::payouts) struct NewLine {
    pub(in crate::payouts) id: Uuid,
    pub(in crate::payouts) talent: Option<Uuid>,
    pub(in crate::payouts) agency: Option<Uuid>,
    pub(in crate::payouts) sales: i32,
    pub(in crate::payouts) gross_minor: i64,
    pub(in crate::payouts) reversed_minor: i64,
    pub(in crate::payouts) details: Vec<u8>,
    pub(in crate::payouts) entries: Vec<Uuid>,
}

/// All at once, numbered from 1.
pub(in crate::payouts) async fn insert_lines(
    conn: &mut PgConnection,
    batch: Uuid,
    new: &[NewLine],
) -> sqlx::Result<()> {
    let column = |of: fn(&NewLine) -> Uuid| new.iter().map(of).collect::<Vec<_>>();
    let talents: Vec<Option<Uuid>> = new.iter().map(|line| line.talent).collect();
    let agencies: Vec<Option<Uuid>> = new.iter().map(|line| line.agency).collect();
    let sales: Vec<i32> = new.iter().map(|line| line.sales).collect();
    let gross: Vec<i64> = new.iter().map(|line| line.gross_minor).collect();
    let reversed: Vec<i64> = new.iter().map(|line| line.reversed_minor).collect();
    let details: Vec<Vec<u8>> = new.iter().map(|line| line.details.clone()).collect();
    sqlx::query!(
        "insert into payouts.line
            (id, batch_id, number, talent_id, agency_id, sales, gross_minor, reversed_minor, amount_minor, details)
        select id, $1, number, talent, agency, sales, gross, reversed, gross - reversed, details
        from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::bigint[], $7::bigint[], $8::bytea[])
            with ordinality as new (id, talent, agency, sales, gross, reversed, details, number)",
        batch,
        &column(|line| line.id),
        &talents as &[Option<Uuid>],
        &agencies as &[Option<Uuid>],
        &sales,
        &gross,
        &reversed,
        &details,
    )
    .execute(&mut *conn)
    .await?;
    let items = new
        .iter()
        .flat_map(|line| line.entries.iter().map(|entry| (line.id, *entry)));
    let (lines, entries): (Vec<Uuid>, Vec<Uuid>) = items.unzip();
    sqlx::query!(
        "insert into payouts.item (line_id, entry_id) select * from unnest($1::uuid[], $2::uuid[])",
        &lines,
        &entries,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line of a payout, as commands need it.
pub(in crate::payouts) struct Line {
    pub(in crate::payouts) id: Uuid,
    pub(in crate::payouts) talent_id: Option<Uuid>,
    pub(in crate::payouts) agency_id: Option<Uuid>,
    pub(in crate::payouts) sales: i32,
    pub(in crate::payouts) gross_minor: i64,
    pub(in crate::payouts) reversed_minor: i64,
    pub(in crate::payouts) amount_minor: i64,
    pub(in crate::payouts) details: Vec<u8>,
    pub(in crate::payouts) status: LineStatus,
}

/// In their order.
pub(in crate::payouts) async fn lines(conn: &mut PgConnection, batch: Uuid) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"select id, talent_id, agency_id, sales, gross_minor, reversed_minor, amount_minor, details,
            status "status: LineStatus"
        from payouts.line
        where batch_id = $1
        order by number"#,
        batch,
    )
    .fetch_all(conn)
    .await
}

/// How far it is; nobody else changes it until the transaction ends.
pub(in crate::payouts) async fn lock_line(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<LineStatus> {
    sqlx::query_scalar!(
        r#"select status "status: LineStatus" from payouts.line where id = $1 for update"#,
        id
    )
    .fetch_one(conn)
    .await
}

/// All lines of a payout.
pub(in crate::payouts) async fn set_in_transit(conn: &mut PgConnection, batch: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts.line set status = 'in_transit' where batch_id = $1 and status = 'frozen'",
        batch
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a bank said of a line.
pub(in crate::payouts) struct Told<'a> {
    pub(in crate::payouts) sha256: &'a [u8],
    /// Of the file; the heading is 1.
    pub(in crate::payouts) row: u64,
    pub(in crate::payouts) paid: bool,
    pub(in crate::payouts) amount_minor: i64,
}

/// Once for each line.
pub(in crate::payouts) async fn insert_bank_line(
    conn: &mut PgConnection,
    line: Uuid,
    told: &Told<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payouts.bank_line (line_id, sha256, row_number, paid, amount_minor, told_at)
        values ($1, $2, $3, $4, $5, $6)",
        line,
        told.sha256,
        i64::try_from(told.row).ok(),
        told.paid,
        told.amount_minor,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::payouts) async fn settle_line(
    conn: &mut PgConnection,
    id: Uuid,
    status: LineStatus,
    reason: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts.line set status = $2, reason = $3, settled_at = $4 where id = $1",
        id,
        status.name(),
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Another line may pay what this one was to pay.
pub(in crate::payouts) async fn release_line(conn: &mut PgConnection, line: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update payouts.item set released = true where line_id = $1", line)
        .execute(conn)
        .await?;
    Ok(())
}

/// The same of all lines of a payout, which are cancelled.
pub(in crate::payouts) async fn release_batch(conn: &mut PgConnection, batch: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "with cancelled as (
            update payouts.line set status = 'cancelled' where batch_id = $1 returning id
        )
        update payouts.item set released = true from cancelled where line_id = cancelled.id",
        batch,
    )
    .execute(conn)
    .await?;
    Ok(())
}
