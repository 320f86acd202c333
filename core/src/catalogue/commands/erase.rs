use sqlx::PgConnection;
use uuid::Uuid;

use crate::catalogue::store;

/// Forgets who a talent was, where they were paid out to, and every application from the address, in the caller's
/// transaction. The talent stays, without a name and out of the public's sight: orders refer to it.
pub async fn erase(conn: &mut PgConnection, person: Uuid, address: &str) -> sqlx::Result<()> {
    store::empty_talent(conn, person).await?;
    store::delete_bank_details_of(conn, person).await?;
    store::delete_applications(conn, address).await
}
