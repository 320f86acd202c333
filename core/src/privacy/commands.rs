//! One function for each thing that can be done.

use uuid::Uuid;

use super::Error;
use crate::access::Principal;
use crate::app::App;
use crate::platform::{audit, mail};
use crate::{accounts, catalogue, orders, videos};

/// Forgets who a person was, everywhere, for good; see [`PERSONAL_DATA`](super::PERSONAL_DATA).
///
/// # Errors
/// There is no such person, or they are of the staff.
pub async fn erase(app: &App, by: &Principal, person: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let address = accounts::erase(&mut tx, app, person).await?;
    mail::erase(&mut tx, &address).await?;
    catalogue::erase(&mut tx, person, &address).await?;
    orders::erase(app, &mut tx, person, &address).await?;
    videos::erase(&mut tx, app.now(), person).await?;
    let subject = format!("person/{person}");
    audit::record(&mut tx, app.now(), by, "privacy.erase", &subject, None, None).await?;
    tx.commit().await?;
    Ok(())
}
