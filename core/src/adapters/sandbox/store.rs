pub(super) mod disputes;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::money::Money;

#[derive(Clone)]
pub(super) struct Row {
    pub(super) reference: String,
    pub(super) caller_reference: Uuid,
    pub(super) customer: Option<String>,
    pub(super) method: String,
    pub(super) amount_minor: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) captured_minor: i64,
    pub(super) refunded_minor: i64,
    pub(super) capture_before: OffsetDateTime,
    pub(super) decline_code: Option<String>,
    /// Whether the amount was ever held.
    pub(super) held: bool,
}

pub(super) struct NewRow<'a> {
    pub(super) reference: &'a str,
    pub(super) caller_reference: Uuid,
    pub(super) customer: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) amount: Money,
    pub(super) status: &'a str,
    pub(super) decline: Option<&'a str>,
    pub(super) done_at: Option<OffsetDateTime>,
    pub(super) capture_before: OffsetDateTime,
    pub(super) created_at: OffsetDateTime,
}

/// What is known of an idempotency key.
pub(super) enum Begun {
    Fresh,
    /// What was answered, if anything was done.
    Before(Option<String>),
    /// With another request.
    Otherwise,
}

/// Claims a key; of two at once the second waits for the first.
pub(super) async fn begin(conn: &mut PgConnection, key: Uuid, request: &Value) -> sqlx::Result<Begun> {
    let inserted = sqlx::query!(
        "insert into sandbox.call (key, request) values ($1, $2) on conflict do nothing",
        key,
        request,
    )
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Begun::Fresh);
    }
    let known = sqlx::query!(
        r#"select request, answer #>> '{}' answer from sandbox.call where key = $1 for update"#,
        key
    )
    .fetch_one(conn)
    .await?;
    Ok(if known.request == *request {
        Begun::Before(known.answer)
    } else {
        Begun::Otherwise
    })
}

pub(super) async fn answered(conn: &mut PgConnection, key: Uuid, answer: &str) -> sqlx::Result<()> {
    let answer = Value::from(answer);
    sqlx::query!("update sandbox.call set answer = $2 where key = $1", key, answer)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn note_payment(conn: &mut PgConnection, key: Uuid, reference: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update sandbox.call set payment = $2 where key = $1",
        key,
        reference
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: there is one for this caller's payment.
pub(super) async fn insert(conn: &mut PgConnection, row: &NewRow<'_>) -> sqlx::Result<bool> {
    let currency = row.amount.currency();
    let inserted = sqlx::query!(
        "insert into sandbox.payment
            (reference, caller_reference, method, amount_minor, currency, status, decline_code, done_at, capture_before,
            held, created_at, customer)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $6 = 'authorized', $10, $11)
        on conflict do nothing",
        row.reference,
        row.caller_reference,
        row.method,
        row.amount.amount_minor(),
        currency.code(),
        row.status,
        row.decline,
        row.done_at,
        row.capture_before,
        row.created_at,
        row.customer,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Whether somebody is known by this name for whom something was held.
pub(super) async fn is_known(conn: &mut PgConnection, customer: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from sandbox.payment where customer = $1 and held) "known!""#,
        customer,
    )
    .fetch_one(conn)
    .await
}

/// As it is by now, until the caller's transaction ends.
pub(super) async fn lock(
    conn: &mut PgConnection,
    reference: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Row>> {
    disputes::decide(conn, Some(reference), now).await?;
    pass_time_for(conn, Some(reference), now).await?;
    sqlx::query_as!(
        Row,
        "select reference, caller_reference, customer, method, amount_minor, currency, status, captured_minor, refunded_minor,
            capture_before, decline_code, held
        from sandbox.payment
        where reference = $1
        for update",
        reference,
    )
    .fetch_optional(conn)
    .await
}

/// Those that were begun between two times, after one of them.
pub(super) async fn list(
    conn: &mut PgConnection,
    (from, to): (OffsetDateTime, OffsetDateTime),
    after: Option<&str>,
    limit: usize,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        "select reference, caller_reference, customer, method, amount_minor, currency, status, captured_minor, refunded_minor,
            capture_before, decline_code, held
        from sandbox.payment
        where created_at >= $1 and created_at < $2
            and ($3::text is null or (created_at, reference) > (
                select last.created_at, last.reference from sandbox.payment as last where last.reference = $3
            ))
        order by created_at, reference
        limit $4",
        from,
        to,
        after,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn of_caller(
    conn: &mut PgConnection,
    payment: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Row>> {
    let reference = sqlx::query_scalar!(
        "select reference from sandbox.payment where caller_reference = $1",
        payment
    )
    .fetch_optional(&mut *conn)
    .await?;
    match reference {
        Some(reference) => lock(conn, &reference, now).await,
        None => Ok(None),
    }
}

pub(super) async fn of_call(
    conn: &mut PgConnection,
    key: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Row>> {
    let reference = sqlx::query_scalar!("select payment from sandbox.call where key = $1", key)
        .fetch_optional(&mut *conn)
        .await?;
    match reference.flatten() {
        Some(reference) => lock(conn, &reference, now).await,
        None => Ok(None),
    }
}

/// What is over by now.
pub(super) async fn pass_time(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<()> {
    disputes::decide(conn, None, now).await?;
    pass_time_for(conn, None, now).await
}

async fn pass_time_for(
    conn: &mut PgConnection,
    reference: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"with due as (
            select reference from sandbox.payment
            where ($2::text is null or reference = $2)
                and (done_at <= $1 or (status in ('authorized', 'action_required') and capture_before <= $1))
            order by reference
            for update
        ), passed as (
            update sandbox.payment
            set status = case status when 'pending' then 'authorized' when 'capturing' then 'captured' else 'lapsed' end,
                captured_minor = case status when 'capturing' then amount_minor else captured_minor end,
                held = held or status = 'pending',
                done_at = null
            from due
            where payment.reference = due.reference
            returning payment.reference, status
        )
        insert into sandbox.event (id, payment, kind, made_at, due_at)
        select gen_random_uuid(), reference, 'payment.' || status, $1, $1 from passed"#,
        now,
        reference,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// At once, or being done until then.
pub(super) async fn capture(
    conn: &mut PgConnection,
    reference: &str,
    captured_minor: i64,
    done_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update sandbox.payment
        set status = case when $3::timestamptz is null then 'captured' else 'capturing' end,
            captured_minor = $2, done_at = $3
        where reference = $1",
        reference,
        captured_minor,
        done_at,
    )
    .execute(&mut *conn)
    .await?;
    match done_at {
        None => tell(conn, reference, "captured", now).await,
        Some(_) => Ok(()),
    }
}

pub(super) async fn void(conn: &mut PgConnection, reference: &str, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update sandbox.payment set status = 'voided', done_at = null where reference = $1",
        reference
    )
    .execute(&mut *conn)
    .await?;
    tell(conn, reference, "voided", now).await
}

pub(super) async fn confirm(
    conn: &mut PgConnection,
    reference: &str,
    approve: bool,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let status = if approve { "authorized" } else { "declined" };
    sqlx::query!(
        "update sandbox.payment
        set status = $2, held = $3, decline_code = case when $3 then null else 'not_confirmed' end
        where reference = $1",
        reference,
        status,
        approve,
    )
    .execute(&mut *conn)
    .await?;
    tell(conn, reference, status, now).await
}

pub(super) async fn refund(
    conn: &mut PgConnection,
    key: Uuid,
    reference: &str,
    amount_minor: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update sandbox.payment set refunded_minor = refunded_minor + $2 where reference = $1",
        reference,
        amount_minor,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update sandbox.call set refunded_minor = $2, payment = $3 where key = $1",
        key,
        amount_minor,
        reference,
    )
    .execute(&mut *conn)
    .await?;
    tell(conn, reference, "refunded", now).await
}

pub(super) struct RefundRow {
    pub(super) key: Option<Uuid>,
    pub(super) reference: String,
    pub(super) amount_minor: i64,
}

/// Those that were asked for, and those that were made on a page of its own.
pub(super) async fn refunds(conn: &mut PgConnection, reference: &str) -> sqlx::Result<Vec<RefundRow>> {
    sqlx::query_as!(
        RefundRow,
        r#"select key, 'sr_' || key "reference!", refunded_minor "amount_minor!" from sandbox.call
        where payment = $1 and refunded_minor > 0
        union all
        select null, reference, amount_minor from sandbox.refund where payment = $1"#,
        reference
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn tell(
    conn: &mut PgConnection,
    reference: &str,
    what: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sandbox.event (id, payment, kind, made_at, due_at)
        values (gen_random_uuid(), $1, 'payment.' || $2::text, $3, $3)",
        reference,
        what,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) payment: String,
    pub(super) kind: String,
}

pub(super) async fn due_events(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as!(
        Event,
        "select id, payment, kind from sandbox.event where due_at <= $1 order by made_at limit 100",
        now
    )
    .fetch_all(conn)
    .await
}

/// Told, unless it is to be told again at a time; after twenty times nobody listens.
pub(super) async fn told(
    conn: &mut PgConnection,
    event: Uuid,
    again_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update sandbox.event
        set attempts = attempts + 1, due_at = case when attempts < 20 then $2::timestamptz end
        where id = $1",
        event,
        again_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
