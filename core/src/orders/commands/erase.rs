use sqlx::PgConnection;
use uuid::Uuid;

use super::promotions::forget_customer;
use crate::app::App;
use crate::orders::store;

/// Forgets who ordered, in the caller's transaction; what was ordered of whom and for how much stays, for the books.
pub async fn erase(app: &App, conn: &mut PgConnection, person: Uuid, address: &str) -> sqlx::Result<()> {
    store::erase(conn, person, address).await?;
    forget_customer(app, conn, address).await
}
