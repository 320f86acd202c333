//! How many orders a talent takes. Both are part of their caller's transaction.

use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::queries::{Taker, taker};
use crate::catalogue::{Error, store};

/// Takes a place in this week of a talent's; who they are, and the week's Monday, by which it is given back.
///
/// # Errors
/// The public does not see them, they take no orders, or the week is full.
pub async fn reserve(app: &App, conn: &mut PgConnection, talent: Uuid) -> Result<(Taker, Date), Error> {
    let taker = taker(conn, talent).await?.ok_or(Error::NoTalent)?;
    if !taker.available {
        return Err(Error::Unavailable);
    }
    let monday = app.config.zone.monday(app.now());
    if !store::take(conn, talent, monday).await? {
        return Err(Error::FullyBooked);
    }
    Ok((taker, monday))
}

/// Gives a place back, which was taken.
pub async fn release(conn: &mut PgConnection, talent: Uuid, monday: Date) -> Result<(), Error> {
    Ok(store::give_back(conn, talent, monday).await?)
}
