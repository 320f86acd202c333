use std::collections::HashMap;

use futures::TryStreamExt as _;
use time::OffsetDateTime;

use crate::app::App;
use crate::redirects::Error;
use crate::redirects::domain::row;

/// How many changes of what is live are looked at, the newest first.
const LOOKED_AT: i64 = 30;

/// Since when each of these rules has been live without a break, whatever it said meanwhile. Left out are those that
/// are not live, and those that have been for longer than the last 30 changes tell.
pub async fn live_since(
    app: &App,
    brand: &str,
    rules: &[u32],
) -> Result<HashMap<u32, OffsetDateTime>, Error> {
    let wanted: Vec<i32> = rules.iter().map(|rule| row(*rule)).collect();
    let mut changes = sqlx::query!(
        r#"select change.created_at "at!", array(
            select (rule->>'rule')::integer
            from json_array_elements(rules) as rule
            where (rule->>'rule')::integer = any($2) and (rule->>'enabled')::boolean
        ) "live!"
        from (
            select sequence, revision, created_at
            from redirects.publication
            where brand = $1 and action in ('publish', 'rollback', 'promote')
            order by sequence desc
            limit $3
        ) as change
        join redirects.revision on revision.brand = $1 and number = change.revision
        order by sequence desc"#,
        brand,
        &wanted,
        LOOKED_AT,
    )
    .fetch(&app.db);
    let mut since = HashMap::new();
    // Those that every change so far had.
    let mut unbroken = rules.to_vec();
    let mut seen = 0;
    while let Some(change) = changes.try_next().await? {
        unbroken.retain(|rule| change.live.contains(&row(*rule)));
        since.extend(unbroken.iter().map(|rule| (*rule, change.at)));
        seen += 1;
        if unbroken.is_empty() {
            break;
        }
    }
    if seen == LOOKED_AT {
        for rule in unbroken {
            since.remove(&rule);
        }
    }
    Ok(since)
}

/// When what is live of the brand last became it; `None` if nothing was published.
pub async fn last_change(app: &App, brand: &str) -> Result<Option<OffsetDateTime>, Error> {
    let at = sqlx::query_scalar!(
        "select created_at
        from redirects.publication
        where brand = $1 and action in ('publish', 'rollback', 'promote')
        order by sequence desc
        limit 1",
        brand,
    );
    Ok(at.fetch_optional(&app.db).await?)
}
