use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::redirects::policy::Reason;

/// What somebody asked to have published.
#[derive(Debug)]
pub(in crate::redirects) struct RequestRow {
    pub(in crate::redirects) id: Uuid,
    pub(in crate::redirects) brand: String,
    pub(in crate::redirects) revision: i32,
    /// A canary's; `None`: for everybody.
    pub(in crate::redirects) percent: Option<i16>,
    pub(in crate::redirects) note: String,
    pub(in crate::redirects) reasons: Json<Vec<Reason>>,
    pub(in crate::redirects) compared_with: Option<i32>,
    pub(in crate::redirects) run_at: Option<OffsetDateTime>,
    pub(in crate::redirects) status: String,
    pub(in crate::redirects) requested_by: String,
    pub(in crate::redirects) approved_by: Option<String>,
}

/// A request that is about to be recorded.
pub(in crate::redirects) struct NewRequest<'a> {
    pub(in crate::redirects) id: Uuid,
    pub(in crate::redirects) brand: &'a str,
    pub(in crate::redirects) revision: i32,
    pub(in crate::redirects) percent: Option<i16>,
    pub(in crate::redirects) note: &'a str,
    pub(in crate::redirects) reasons: &'a [Reason],
    pub(in crate::redirects) compared_with: Option<i32>,
    pub(in crate::redirects) run_at: Option<OffsetDateTime>,
    pub(in crate::redirects) status: &'a str,
    pub(in crate::redirects) requested_by: &'a str,
}

pub(in crate::redirects) async fn insert_request(
    conn: &mut PgConnection,
    request: &NewRequest<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.request (
            id, brand, action, revision, percent, note, reasons, compared_with, run_at, status, requested_by,
            created_at
        )
        values (
            $1, $2, case when $4::smallint is null then 'publish' else 'canary' end, $3, $4, $5, $6, $7, $8, $9, $10,
            $11
        )",
        request.id,
        request.brand,
        request.revision,
        request.percent,
        request.note,
        Json(request.reasons) as _,
        request.compared_with,
        request.run_at,
        request.status,
        request.requested_by,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::redirects) async fn request(
    conn: &mut PgConnection,
    brand: &str,
    id: Uuid,
) -> sqlx::Result<Option<RequestRow>> {
    sqlx::query_as!(
        RequestRow,
        r#"select
            id, brand, revision, percent, note, reasons "reasons: Json<Vec<Reason>>", compared_with, run_at, status,
            requested_by, approved_by
        from redirects.request
        where brand = $1 and id = $2"#,
        brand,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Those whose time has come, the longest due first.
pub(in crate::redirects) async fn due_requests(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<RequestRow>> {
    sqlx::query_as!(
        RequestRow,
        r#"select
            id, brand, revision, percent, note, reasons "reasons: Json<Vec<Reason>>", compared_with, run_at, status,
            requested_by, approved_by
        from redirects.request
        where status = 'scheduled' and run_at <= $1
        order by run_at, id
        limit $2"#,
        now,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// How a request goes on.
#[derive(Clone, Copy)]
pub(in crate::redirects) enum Step<'a> {
    /// Approved, to be carried out by the caller's transaction.
    Approve(&'a str),
    /// Approved, to be carried out at its time.
    Schedule(&'a str),
    Reject(&'a str, &'a str),
    Cancel(&'a str),
    /// Carried out at its time, by the caller's transaction.
    Run,
    Fail(&'a str),
}

/// Moves a request on, if it is still where the step begins; false if it is not. Locks it until the caller's
/// transaction ends, so that of two who decide at once the second sees what the first did.
pub(in crate::redirects) async fn step_request(
    conn: &mut PgConnection,
    id: Uuid,
    step: Step<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let (from, to, by, decision, error): (&[&str], _, _, _, _) = match step {
        Step::Approve(by) => (&["pending"], "done", Some(by), None, None),
        Step::Schedule(by) => (&["pending"], "scheduled", Some(by), None, None),
        Step::Reject(by, reason) => (&["pending"], "rejected", Some(by), Some(reason), None),
        Step::Cancel(by) => (&["pending", "scheduled"], "cancelled", Some(by), None, None),
        Step::Run => (&["scheduled"], "done", None, None, None),
        Step::Fail(error) => (&["scheduled"], "failed", None, None, Some(error)),
    };
    let approves = matches!(step, Step::Approve(_) | Step::Schedule(_));
    let ends = to != "scheduled";
    let from: Vec<String> = from.iter().map(|status| (*status).to_owned()).collect();
    let moved = sqlx::query!(
        "update redirects.request
        set status = $3,
            decided_by = coalesce($4, decided_by),
            decided_at = case when $4::text is null then decided_at else $8 end,
            approved_by = case when $7 then $4 else approved_by end,
            decision = coalesce($5, decision),
            error = $6,
            done_at = case when $9 then $8 else done_at end
        where id = $1 and status = any($2)",
        id,
        &from,
        to,
        by,
        decision,
        error,
        approves,
        now,
        ends,
    )
    .execute(conn)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Under which sequence it was carried out, in the same transaction.
pub(in crate::redirects) async fn note_sequence(
    conn: &mut PgConnection,
    id: Uuid,
    sequence: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.request set sequence = $2 where id = $1",
        id,
        sequence
    )
    .execute(conn)
    .await?;
    Ok(())
}
