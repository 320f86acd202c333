use sqlx::PgConnection;
use uuid::Uuid;

use crate::accounts::{Error, store};
use crate::app::App;
use crate::platform::files::{self, Key};

/// Forgets who a person was, in the caller's transaction; returns the address they had. Nothing of theirs opens
/// anything from then on, and the address is free.
///
/// # Errors
/// There is no such person, or they are of the staff: what those did must stay known.
pub async fn erase(conn: &mut PgConnection, app: &App, id: Uuid) -> Result<String, Error> {
    let person = store::lock_person(conn, id).await?.ok_or(Error::NoPerson)?;
    if person.is_staff {
        return Err(Error::StaffMember);
    }
    store::delete_sessions(conn, id, None).await?;
    store::delete_links(conn, id).await?;
    store::delete_email_changes(conn, id).await?;
    store::delete_sign_ups(conn, &person.email).await?;
    store::delete_totp(conn, id).await?;
    if let Some(avatar) = store::avatar(conn, id).await? {
        store::set_avatar(conn, id, None).await?;
        files::discard(conn, app.now(), &Key::of_row(&avatar)?).await?;
    }
    store::empty_person(conn, id, app.now()).await?;
    Ok(person.email)
}
