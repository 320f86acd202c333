//! Who did what to whom, and what it was before and after. Postgres lets nobody change or delete an entry.

mod export;
pub mod http;
mod queries;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use export::{EXPORT_LIMIT, Format};
pub use queries::{Entry, Filter, list};

use crate::access::Principal;
use crate::ids;

/// Adds an entry to the audit log, in the transaction of the change it tells of.
///
/// `action` is `feature.verb` (`redirects.publish`), `subject` names the thing (`brand/acme`), `before` and
/// `after` show what changed; none of them may hold a secret, nor anything by which a customer could be known.
pub async fn record(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    principal: &Principal,
    action: &str,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into platform.audit (id, at, principal_id, principal_name, action, subject, before, after)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        ids::fresh(now),
        now,
        principal.id,
        principal.lasting_name(),
        action,
        subject,
        before,
        after,
    )
    .execute(conn)
    .await?;
    Ok(())
}
