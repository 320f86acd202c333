use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::access::{Principal, SignedIn};
use crate::accounts::domain::{self, Kind, Token};
use crate::accounts::store;
use crate::app::App;

/// How coarse `last_used_at` is: what is busy is not written at each request.
const USE_NOTED_EVERY: Duration = Duration::MINUTE;

/// Whose token this is, and what it permits now. `None`: nobody's, or what it opened is no more, or its person is
/// suspended.
pub async fn authenticate(app: &App, token: &Token) -> sqlx::Result<Option<Principal>> {
    let now = app.now();
    let mut conn = app.db.acquire().await?;
    match token.kind {
        Kind::Key => by_key(&mut conn, token, now).await,
        Kind::Session => by_session(&mut conn, token, now).await,
        // It is for one thing only, and says so where that is done.
        Kind::Link => Ok(None),
    }
}

async fn by_key(
    conn: &mut PgConnection,
    token: &Token,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Principal>> {
    let Some(key) = store::usable_key(conn, token.id, now).await? else {
        return Ok(None);
    };
    if !token.matches(&key.secret_sha256) {
        return Ok(None);
    }
    if key.last_used_at.is_none_or(|at| now - at >= USE_NOTED_EVERY) {
        store::note_use(conn, token.id, now).await?;
    }
    let own = domain::key_grants(&key.permissions, key.brands);
    let principal = match key.owner {
        // What the owner lost, the key has lost too.
        Some(owner) => Principal {
            id: format!("staff:{}", owner.id),
            name: format!("{} ({})", owner.name, key.name),
            staff: Some(owner.id),
            signed_in: None,
            until: key.expires_at,
            grants: own.meet(&domain::grants(&owner.grants)),
        },
        None => Principal {
            id: format!("key:{}", token.id),
            name: key.name,
            staff: None,
            signed_in: None,
            until: key.expires_at,
            grants: own,
        },
    };
    Ok(Some(principal))
}

async fn by_session(
    conn: &mut PgConnection,
    token: &Token,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Principal>> {
    let Some(session) = store::usable_session(conn, token.id, now).await? else {
        return Ok(None);
    };
    if !token.matches(&session.secret_sha256) {
        return Ok(None);
    }
    if now - session.last_used_at >= USE_NOTED_EVERY {
        store::note_session_use(conn, token.id, now).await?;
    }
    let person = session.person_id;
    let kind = if session.is_staff { "staff" } else { "person" };
    Ok(Some(Principal {
        id: format!("{kind}:{person}"),
        name: session.name,
        staff: session.is_staff.then_some(person),
        signed_in: Some(SignedIn {
            person,
            session: token.id,
        }),
        // Signing in again renews it: what a person makes need not end with it.
        until: None,
        grants: domain::grants(&session.grants),
    }))
}
