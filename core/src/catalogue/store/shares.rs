use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Principal;
use crate::catalogue::domain::Whose;

/// Nobody else changes who gets what until the transaction ends.
pub(in crate::catalogue) async fn lock_shares(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("lock table catalogue.share in share row exclusive mode")
        .execute(conn)
        .await?;
    Ok(())
}

/// What was set last. `None`: nothing, or that there is none of one's own.
pub(in crate::catalogue) async fn share(conn: &mut PgConnection, whose: Whose) -> sqlx::Result<Option<i32>> {
    let share = sqlx::query_scalar!(
        "select share_bp
        from catalogue.share
        where kind = $1 and subject_id is not distinct from $2
        order by id desc
        limit 1",
        whose.kind(),
        whose.subject(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(share.flatten())
}

pub(in crate::catalogue) async fn insert_share(
    conn: &mut PgConnection,
    whose: Whose,
    share_bp: Option<i32>,
    by: &Principal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into catalogue.share (kind, subject_id, share_bp, principal_id, principal_name, at)
        values ($1, $2, $3, $4, $5, $6)",
        whose.kind(),
        whose.subject(),
        share_bp,
        by.id,
        by.name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A talent who together with their agency has more than everything.
pub(in crate::catalogue) async fn over_shared(conn: &mut PgConnection) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select talent.id
        from catalogue.talent
        join catalogue.share_now as agency on agency.kind = 'agency' and agency.subject_id = agency_id
        join catalogue.share_now as usual on usual.kind = 'default'
        left join catalogue.share_now as own on own.kind = 'talent' and own.subject_id = talent.id
        where coalesce(own.share_bp, usual.share_bp) + agency.share_bp > 10000
        limit 1"
    )
    .fetch_optional(conn)
    .await
}
