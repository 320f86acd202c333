use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::videos::domain::Visibility;
use crate::videos::{Error, store};

/// Lets whoever has a link, or everybody, see what was made of an upload, in the caller's transaction. Safe to do twice.
///
/// # Errors
/// Nothing that can be played was made of it.
pub async fn release(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    upload: Uuid,
    is_public: bool,
) -> Result<(), Error> {
    let visibility = if is_public {
        Visibility::Public
    } else {
        Visibility::Private
    };
    if store::release(conn, upload, visibility, now).await? {
        Ok(())
    } else {
        Err(Error::NotPlayable)
    }
}

/// Nobody is to see it any more, in the caller's transaction; links to its files that were given out end within two hours.
/// Safe to do twice.
pub async fn withhold(conn: &mut PgConnection, upload: Uuid) -> Result<(), Error> {
    Ok(store::withhold(conn, upload).await?)
}
