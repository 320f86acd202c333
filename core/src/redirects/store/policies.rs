use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::redirects::Policy;

/// The defaults for a brand that has set nothing, or is none.
pub(in crate::redirects) async fn policy(conn: &mut PgConnection, brand: &str) -> sqlx::Result<Policy> {
    let policy = sqlx::query_as!(
        Policy,
        "select
            four_eyes, max_changed_percent, canary_min_hits, canary_max_lost_points, canary_max_fallback_points,
            canary_auto_abort
        from redirects.policy
        where brand = $1",
        brand,
    )
    .fetch_optional(conn)
    .await?;
    Ok(policy.unwrap_or_default())
}

pub(in crate::redirects) async fn set_policy(
    conn: &mut PgConnection,
    brand: &str,
    policy: &Policy,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.policy (
            brand, four_eyes, max_changed_percent, canary_min_hits, canary_max_lost_points,
            canary_max_fallback_points, canary_auto_abort, changed_at
        )
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (brand) do update
        set four_eyes = excluded.four_eyes,
            max_changed_percent = excluded.max_changed_percent,
            canary_min_hits = excluded.canary_min_hits,
            canary_max_lost_points = excluded.canary_max_lost_points,
            canary_max_fallback_points = excluded.canary_max_fallback_points,
            canary_auto_abort = excluded.canary_auto_abort,
            changed_at = excluded.changed_at",
        brand,
        policy.four_eyes,
        policy.max_changed_percent,
        policy.canary_min_hits,
        policy.canary_max_lost_points,
        policy.canary_max_fallback_points,
        policy.canary_auto_abort,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
