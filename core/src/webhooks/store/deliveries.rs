use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// False: this message was brought to the endpoint before.
pub(in crate::webhooks) async fn insert_delivery(
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
pub(in crate::webhooks) struct Leased {
    pub(in crate::webhooks) endpoint: Uuid,
    pub(in crate::webhooks) brand: String,
    pub(in crate::webhooks) url: String,
    pub(in crate::webhooks) message: Uuid,
    pub(in crate::webhooks) event: String,
    pub(in crate::webhooks) body: String,
    pub(in crate::webhooks) attempts: i32,
    pub(in crate::webhooks) generation: i64,
    pub(in crate::webhooks) secret: Vec<u8>,
    pub(in crate::webhooks) old_secret: Option<Vec<u8>>,
    pub(in crate::webhooks) old_secret_until: Option<OffsetDateTime>,
    pub(in crate::webhooks) disabled_at: Option<OffsetDateTime>,
}

/// Leases a delivery that is due, if nobody else tries it.
pub(in crate::webhooks) async fn lease(
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
pub(in crate::webhooks) struct Attempt<'a> {
    pub(in crate::webhooks) number: i32,
    pub(in crate::webhooks) at: OffsetDateTime,
    pub(in crate::webhooks) status_code: Option<i16>,
    pub(in crate::webhooks) error: Option<&'a str>,
    pub(in crate::webhooks) answer: &'a str,
    pub(in crate::webhooks) latency_ms: i32,
}

pub(in crate::webhooks) async fn insert_attempt(
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
pub(in crate::webhooks) async fn settle(
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

/// A delivery of an endpoint of the brand, to be tried now; false: there is none.
pub(in crate::webhooks) async fn resend(
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
pub(in crate::webhooks) async fn overdue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
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
pub(in crate::webhooks) async fn forget(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> sqlx::Result<u64> {
    let forgotten = sqlx::query!(
        "delete from webhooks.delivery where created_at < $1 and status <> 'pending'",
        before
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}
