use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(in crate::webhooks) struct NewEndpoint<'a> {
    pub(in crate::webhooks) id: Uuid,
    pub(in crate::webhooks) brand: &'a str,
    pub(in crate::webhooks) url: &'a str,
    pub(in crate::webhooks) events: &'a [String],
    pub(in crate::webhooks) note: &'a str,
    pub(in crate::webhooks) secret: &'a [u8],
    pub(in crate::webhooks) created_by: &'a str,
}

pub(in crate::webhooks) async fn insert_endpoint(
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
pub(in crate::webhooks) async fn count_endpoints(conn: &mut PgConnection, brand: &str) -> sqlx::Result<i64> {
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

pub(in crate::webhooks) struct EndpointRow {
    pub(in crate::webhooks) brand: String,
    pub(in crate::webhooks) url: String,
    pub(in crate::webhooks) events: Vec<String>,
    pub(in crate::webhooks) note: String,
    pub(in crate::webhooks) disabled_at: Option<OffsetDateTime>,
    pub(in crate::webhooks) failing_since: Option<OffsetDateTime>,
}

pub(in crate::webhooks) async fn lock_endpoint(
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

pub(in crate::webhooks) async fn change_endpoint(
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
pub(in crate::webhooks) async fn disable_endpoint(
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

pub(in crate::webhooks) async fn rotate_secret(
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

pub(in crate::webhooks) async fn remove_endpoint(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from webhooks.endpoint where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The endpoints that want the event: of one brand, or of all.
pub(in crate::webhooks) async fn listeners(
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

/// Notes a success, or the first failure of a row; since when deliveries fail.
pub(in crate::webhooks) async fn note_failing(
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
