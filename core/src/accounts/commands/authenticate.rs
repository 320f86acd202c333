use time::Duration;

use crate::access::Principal;
use crate::accounts::domain::{self, Token};
use crate::accounts::store;
use crate::app::App;

/// How coarse `last_used_at` is: a busy key is not written at each request.
const USE_NOTED_EVERY: Duration = Duration::MINUTE;

/// Whose token this is, and what it permits now. `None`: nobody's, or the key was revoked or has expired, or its
/// owner is suspended.
pub async fn authenticate(app: &App, token: &Token) -> sqlx::Result<Option<Principal>> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    let Some(key) = store::usable_key(&mut conn, token.key, now).await? else {
        return Ok(None);
    };
    if !token.matches(&key.secret_sha256) {
        return Ok(None);
    }
    if key.last_used_at.is_none_or(|at| now - at >= USE_NOTED_EVERY) {
        store::note_use(&mut conn, token.key, now).await?;
    }
    let own = domain::key_grants(&key.permissions, key.brands);
    let principal = match key.owner {
        // What the owner lost, the key has lost too.
        Some(owner) => Principal {
            id: format!("staff:{}", owner.id),
            name: format!("{} ({})", owner.name, key.name),
            staff: Some(owner.id),
            until: key.expires_at,
            grants: own.meet(&domain::grants(&owner.grants)),
        },
        None => Principal {
            id: format!("key:{}", token.key),
            name: key.name,
            staff: None,
            until: key.expires_at,
            grants: own,
        },
    };
    Ok(Some(principal))
}
