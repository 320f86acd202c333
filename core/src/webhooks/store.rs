use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) struct NewEndpoint<'a> {
    pub(super) id: Uuid,
    pub(super) brand: &'a str,
    pub(super) url: &'a str,
    pub(super) events: &'a [String],
    pub(super) note: &'a str,
    pub(super) secret: &'a [u8],
    pub(super) created_by: &'a str,
}

pub(super) async fn insert_endpoint(
    conn: &mut PgConnection,
    endpoint: &NewEndpoint<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into webhooks.endpoint (id, brand, url, events, note, secret, created_at, created_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        endpoint.id,
        endpoint.brand,
        endpoint.url,
        endpoint.events,
        endpoint.note,
        endpoint.secret,
        now,
        endpoint.created_by,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many a brand has. Two who add at once wait for each other.
pub(super) async fn count_endpoints(conn: &mut PgConnection, brand: &str) -> sqlx::Result<i64> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtext('webhooks.endpoint'), hashtext($1))",
        brand
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        r#"select count(*) "count!" from webhooks.endpoint where brand = $1"#,
        brand
    )
    .fetch_one(conn)
    .await
}

pub(super) struct EndpointRow {
    pub(super) brand: String,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) note: String,
    pub(super) disabled_at: Option<OffsetDateTime>,
    pub(super) failing_since: Option<OffsetDateTime>,
}

pub(super) async fn lock_endpoint(
    conn: &mut PgConnection,
    brand: &str,
    id: Uuid,
) -> sqlx::Result<Option<EndpointRow>> {
    sqlx::query_as!(
        EndpointRow,
        "select brand, url, events, note, disabled_at, failing_since
        from webhooks.endpoint
        where id = $1 and brand = $2
        for update",
        id,
        brand,
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn change_endpoint(
    conn: &mut PgConnection,
    id: Uuid,
    url: &str,
    events: &[String],
    note: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhooks.endpoint set url = $2, events = $3, note = $4 where id = $1",
        id,
        url,
        events,
        note
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Turns it off, unless it is off already, or on again with a clean slate.
pub(super) async fn disable_endpoint(
    conn: &mut PgConnection,
    id: Uuid,
    disabled: Option<(OffsetDateTime, &str)>,
) -> sqlx::Result<()> {
    let (at, by) = disabled.unzip();
    sqlx::query!(
        "update webhooks.endpoint
        set disabled_at = $2::timestamptz, disabled_by = $3,
            failing_since = case when $2::timestamptz is null then null else failing_since end
        where id = $1 and (disabled_at is null) <> ($2::timestamptz is null)",
        id,
        at,
        by,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn rotate_secret(
    conn: &mut PgConnection,
    id: Uuid,
    secret: &[u8],
    old_until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhooks.endpoint set old_secret = secret, old_secret_until = $3, secret = $2 where id = $1",
        id,
        secret,
        old_until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn remove_endpoint(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from webhooks.endpoint where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The endpoints that want the event: of one brand, or of all.
pub(super) async fn listeners(
    conn: &mut PgConnection,
    brand: Option<&str>,
    event: &str,
) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from webhooks.endpoint
        where ($1::text is null or brand = $1)
            and disabled_at is null
            and (events = '{}' or $2 = any(events))
        order by id",
        brand,
        event,
    )
    .fetch_all(conn)
    .await
}

/// False: this message was brought to the endpoint before.
pub(super) async fn insert_delivery(
    conn: &mut PgConnection,
    (id, endpoint, message): (Uuid, Uuid, Uuid),
    event: &str,
    body: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into webhooks.delivery (id, endpoint, message, event, body, due_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $6)
        on conflict on constraint delivery_once do nothing",
        id,
        endpoint,
        message,
        event,
        body,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A delivery that is ours to try.
pub(super) struct Leased {
    pub(super) endpoint: Uuid,
    pub(super) brand: String,
    pub(super) url: String,
    pub(super) message: Uuid,
    pub(super) event: String,
    pub(super) body: String,
    pub(super) attempts: i32,
    pub(super) generation: i64,
    pub(super) secret: Vec<u8>,
    pub(super) old_secret: Option<Vec<u8>>,
    pub(super) old_secret_until: Option<OffsetDateTime>,
    pub(super) disabled_at: Option<OffsetDateTime>,
}

/// Leases a delivery that is due, if nobody else tries it.
pub(super) async fn lease(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> sqlx::Result<Option<Leased>> {
    sqlx::query_as!(
        Leased,
        "update webhooks.delivery
        set leased_until = $3, generation = generation + 1
        from webhooks.endpoint
        where delivery.id = $1
            and endpoint.id = delivery.endpoint
            and status = 'pending'
            and due_at <= $2
            and (leased_until is null or leased_until <= $2)
        returning
            delivery.endpoint, brand, url, message, event, body, attempts, generation,
            secret, old_secret, old_secret_until, disabled_at",
        id,
        now,
        until,
    )
    .fetch_optional(conn)
    .await
}

/// How an attempt went, and what is to become of the delivery.
pub(super) struct Attempt<'a> {
    pub(super) number: i32,
    pub(super) at: OffsetDateTime,
    pub(super) status_code: Option<i16>,
    pub(super) error: Option<&'a str>,
    pub(super) answer: &'a str,
    pub(super) latency_ms: i32,
}

pub(super) async fn insert_attempt(
    conn: &mut PgConnection,
    delivery: Uuid,
    attempt: &Attempt<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into webhooks.attempt (delivery, number, at, status_code, error, answer, latency_ms)
        values ($1, $2, $3, $4, $5, $6, $7)",
        delivery,
        attempt.number,
        attempt.at,
        attempt.status_code,
        attempt.error,
        attempt.answer,
        attempt.latency_ms,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: the lease was lost meanwhile, and nothing was changed. A `due_at` leaves it pending.
pub(super) async fn settle(
    conn: &mut PgConnection,
    id: Uuid,
    generation: i64,
    status: &str,
    due_at: Option<OffsetDateTime>,
) -> sqlx::Result<bool> {
    let settled = sqlx::query!(
        "update webhooks.delivery
        set status = $3, due_at = $4, attempts = attempts + 1, leased_until = null
        where id = $1 and generation = $2",
        id,
        generation,
        status,
        due_at,
    )
    .execute(conn)
    .await?;
    Ok(settled.rows_affected() == 1)
}

/// Notes a success, or the first failure of a row; since when deliveries fail.
pub(super) async fn note_failing(
    conn: &mut PgConnection,
    endpoint: Uuid,
    failed_at: Option<OffsetDateTime>,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        "update webhooks.endpoint
        set failing_since = case when $2::timestamptz is null then null else coalesce(failing_since, $2) end
        where id = $1
        returning failing_since",
        endpoint,
        failed_at,
    )
    .fetch_one(conn)
    .await
}

/// A delivery of an endpoint of the brand, to be tried now; false: there is none.
pub(super) async fn resend(
    conn: &mut PgConnection,
    brand: &str,
    (endpoint, id): (Uuid, Uuid),
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let resent = sqlx::query!(
        "update webhooks.delivery
        set status = 'pending', due_at = $4
        from webhooks.endpoint
        where delivery.id = $1
            and delivery.endpoint = $2
            and endpoint.id = delivery.endpoint
            and brand = $3",
        id,
        endpoint,
        brand,
        now,
    )
    .execute(conn)
    .await?;
    Ok(resent.rows_affected() == 1)
}

/// Deliveries whose time has come and that nobody tries: what a lost job leaves behind.
pub(super) async fn overdue(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from webhooks.delivery
        where status = 'pending' and due_at <= $1 and (leased_until is null or leased_until <= $1)
        order by due_at
        limit 1000",
        now,
    )
    .fetch_all(conn)
    .await
}

/// Forgets deliveries that were made before.
pub(super) async fn forget(conn: &mut PgConnection, before: OffsetDateTime) -> sqlx::Result<u64> {
    let forgotten = sqlx::query!(
        "delete from webhooks.delivery where created_at < $1 and status <> 'pending'",
        before
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
