use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// False: one is waiting already.
pub(in crate::orders) async fn insert_redo(
    conn: &mut PgConnection,
    (id, order): (Uuid, Uuid),
    reason: &str,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into orders.redo (id, order_id, reason, asked_at) values ($1, $2, $3, $4)
        on conflict (order_id) where status in ('asked', 'agreed') do nothing",
        id,
        order,
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// What staff decides of the one that was asked for; its id. `None`: none waits for it.
pub(in crate::orders) async fn decide_redo(
    conn: &mut PgConnection,
    order: Uuid,
    agreed: bool,
    answer: Option<&str>,
    principal: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "update orders.redo set status = $2, answer = $3, principal_id = $4, decided_at = $5
        where order_id = $1 and status = 'asked'
        returning id",
        order,
        if agreed { "agreed" } else { "declined" },
        answer,
        principal,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// A redo that staff agreed to, and what the talent is sending for it.
pub(in crate::orders) struct AgreedRedo {
    pub(in crate::orders) id: Uuid,
    pub(in crate::orders) upload: Option<Uuid>,
}

/// The caller holds the order.
pub(in crate::orders) async fn agreed_redo(
    conn: &mut PgConnection,
    order: Uuid,
) -> sqlx::Result<Option<AgreedRedo>> {
    sqlx::query_as!(
        AgreedRedo,
        "select id, upload_id upload from orders.redo where order_id = $1 and status = 'agreed'",
        order
    )
    .fetch_optional(conn)
    .await
}

/// The order whose video an upload is to replace.
pub(in crate::orders) async fn order_of_redo(
    conn: &mut PgConnection,
    upload: Uuid,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select order_id from orders.redo where upload_id = $1 and status = 'agreed'",
        upload
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::orders) async fn set_redo_upload(
    conn: &mut PgConnection,
    id: Uuid,
    upload: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!("update orders.redo set upload_id = $2 where id = $1", id, upload)
        .execute(conn)
        .await?;
    Ok(())
}

pub(in crate::orders) async fn finish_redo(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders.redo set status = 'done', done_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When an order was delivered, if it was.
pub(in crate::orders) async fn delivered_at(
    conn: &mut PgConnection,
    order: Uuid,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        r#"select min(at) from orders.history where order_id = $1 and to_status = 'delivered'"#,
        order
    )
    .fetch_one(conn)
    .await
}
