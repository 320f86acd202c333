use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::app::App;
use crate::orders::domain::Payer;
use crate::platform::sealed;

/// Keeps who pays for an order, instead of whom was kept before.
pub(in crate::orders) async fn replace_payer(
    app: &App,
    conn: &mut PgConnection,
    order: Uuid,
    payer: &Payer,
) -> anyhow::Result<()> {
    let plain = serde_json::to_vec(payer)?;
    let details = sealed::seal(&app.config.data_keys, &place(order), &plain).context("sealing a payer")?;
    sqlx::query!(
        "insert into orders.payer (order_id, details, changed_at) values ($1, $2, $3)
        on conflict (order_id) do update set details = excluded.details, changed_at = excluded.changed_at",
        order,
        details,
        app.now(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The inverse of what [`replace_payer`] seals.
pub(in crate::orders) fn open_payer(app: &App, order: Uuid, details: &[u8]) -> anyhow::Result<Payer> {
    let plain = sealed::open(&app.config.data_keys, &place(order), details)?;
    serde_json::from_slice(&plain).context("reading a payer")
}

fn place(order: Uuid) -> String {
    format!("orders.payer/{order}")
}

/// Of those that were not changed since.
pub(in crate::orders) async fn shred_payers(
    conn: &mut PgConnection,
    before: OffsetDateTime,
) -> sqlx::Result<u64> {
    let shredded = sqlx::query!("delete from orders.payer where changed_at <= $1", before);
    Ok(shredded.execute(conn).await?.rows_affected())
}

/// Of everything that somebody ordered.
pub(in crate::orders) async fn delete_payers(
    conn: &mut PgConnection,
    person: Uuid,
    address: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from orders.payer
        using orders.purchase
        where purchase.id = order_id and (customer_id = $1 or lower(email) = lower($2))",
        person,
        address,
    )
    .execute(conn)
    .await?;
    Ok(())
}
