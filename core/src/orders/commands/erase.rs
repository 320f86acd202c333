use sqlx::PgConnection;

use super::promotions::forget_customer;
use crate::app::App;

/// Forgets who somebody was, by their address. In the caller's transaction.
pub async fn erase(app: &App, conn: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    forget_customer(app, conn, address).await
}
