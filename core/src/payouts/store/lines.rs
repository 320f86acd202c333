use std::collections::HashMap;

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

/// How far each is; nobody else changes them until the transaction ends. In one order, so that two who need some of the
/// same do not lock each other out.
pub(in crate::payouts) async fn lock_lines(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, LineStatus>> {
    let rows = sqlx::query!(
        r#"select id, status "status: LineStatus" from payouts.line where id = any($1) order by id for update"#,
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.status)).collect())
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
    pub(in crate::payouts) line: Uuid,
    /// Of the file; the heading is 1.
    pub(in crate::payouts) row: u64,
    pub(in crate::payouts) paid: bool,
    /// Why not, if the bank said why.
    pub(in crate::payouts) reason: Option<&'a str>,
    pub(in crate::payouts) amount_minor: i64,
}

/// Settles each line as it was told by a file, once. Another line may pay what a rejected one was to pay.
pub(in crate::payouts) async fn settle_lines(
    conn: &mut PgConnection,
    sha256: &[u8],
    told: &[Told<'_>],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let lines: Vec<Uuid> = told.iter().map(|told| told.line).collect();
    let paid: Vec<bool> = told.iter().map(|told| told.paid).collect();
    let reasons: Vec<Option<&str>> = told.iter().map(|told| told.reason).collect();
    let rows: Vec<Option<i64>> = told.iter().map(|told| i64::try_from(told.row).ok()).collect();
    let amounts: Vec<i64> = told.iter().map(|told| told.amount_minor).collect();
    sqlx::query!(
        "update payouts.line
        set status = case when paid then 'paid' else 'rejected' end, reason = told.reason, settled_at = $4
        from unnest($1::uuid[], $2::boolean[], $3::text[]) as told (line, paid, reason)
        where id = told.line",
        &lines,
        &paid,
        &reasons as &[Option<&str>],
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into payouts.bank_line (line_id, sha256, row_number, paid, amount_minor, told_at)
        select line, $1, row_number, paid, amount_minor, $6
        from unnest($2::uuid[], $3::bigint[], $4::boolean[], $5::bigint[])
            as told (line, row_number, paid, amount_minor)",
        sha256,
        &lines,
        &rows as &[Option<i64>],
        &paid,
        &amounts,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let rejected = told.iter().filter(|told| !told.paid).map(|told| told.line);
    let rejected: Vec<Uuid> = rejected.collect();
    sqlx::query!(
        "update payouts.item set released = true where line_id = any($1)",
        &rejected
    )
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
