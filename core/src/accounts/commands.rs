use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::domain::Token;
use super::store;
use crate::access::{Forbidden, Permission, Principal};
use crate::app::App;
use crate::ids;
use crate::platform::audit;

/// How coarse `last_used_at` is: a busy key is not written at each request.
const USE_NOTED_EVERY: Duration = Duration::MINUTE;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a key's name has 1 to 100 characters")]
    Name,
    #[error("a key expires in the future")]
    Expiry,
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("there is no such key")]
    Unknown,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub permissions: Vec<Permission>,
    pub expires_at: Option<OffsetDateTime>,
}

/// Makes a key and returns its token, which nobody can see again. Nobody grants what they may not do
/// themselves.
pub async fn create_key(app: &App, by: &Principal, key: NewKey) -> Result<Token, Error> {
    let now = app.now();
    if key.name.is_empty() || key.name.chars().count() > 100 {
        return Err(Error::Name);
    }
    if key.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Expiry);
    }
    for permission in &key.permissions {
        by.permit(*permission)?;
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let token = Token::new(ids::fresh(now), secret);
    let mut permissions: Vec<String> = key.permissions.iter().map(ToString::to_string).collect();
    permissions.sort();
    permissions.dedup();

    let mut tx = app.db.begin().await?;
    let row = store::NewKey {
        id: token.key,
        name: &key.name,
        secret_sha256: &token.secret_sha256(),
        permissions: &permissions,
        created_at: now,
        expires_at: key.expires_at,
    };
    store::insert_key(&mut tx, &row).await?;
    let after = json!({ "name": key.name, "permissions": permissions });
    let subject = format!("key/{}", token.key);
    audit::record(
        &mut tx,
        now,
        by,
        "accounts.create_key",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// Refuses the key from now on. Once more is fine.
pub async fn revoke_key(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let Some(key) = store::lock_key(&mut tx, id).await? else {
        return Err(Error::Unknown);
    };
    if key.revoked_at.is_none() {
        store::revoke_key(&mut tx, id, now).await?;
        let before = json!({ "name": key.name });
        audit::record(
            &mut tx,
            now,
            by,
            "accounts.revoke_key",
            &format!("key/{id}"),
            Some(before),
            None,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whose token this is. `None`: nobody's, or the key was revoked or has expired.
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
    Ok(Some(Principal {
        id: format!("key:{}", token.key),
        name: key.name,
        // A permission that this version no longer knows grants nothing.
        permissions: key
            .permissions
            .iter()
            .filter_map(|name| Permission::parse(name))
            .collect(),
    }))
}
