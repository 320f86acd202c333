use sqlx::PgConnection;
use uuid::Uuid;

use super::promotions::forget_customer;
use crate::app::App;
use crate::orders::store;

/// Forgets who ordered, in the caller's transaction; what was ordered of whom and for how much stays, for the books.
pub async fn erase(app: &App, conn: &mut PgConnection, person: Uuid, address: &str) -> sqlx::Result<()> {
    // While it is still known whose orders they are.
    store::delete_payers(conn, person, address).await?;
    store::erase(conn, person, address).await?;
    forget_customer(app, conn, address).await
}
