use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::domain::{BankDetails, Payee};
use crate::catalogue::store::{self, BankDetailsRow};
use crate::catalogue::{Error, mails, queries};
use crate::platform::audit;

/// Says where a payee is paid out to from now on, and tells them by mail. The same again changes nothing.
///
/// `acting`: who must be that talent or act for that agency; `None` for staff. `seen`: the version that the caller has in
/// mind; `None` takes any, or none.
pub async fn set_bank_details(
    app: &App,
    by: &Principal,
    payee: Payee,
    acting: Option<Uuid>,
    seen: Option<i64>,
    new: BankDetails,
) -> Result<(), Error> {
    let new = new.checked()?;
    let mut tx = app.db.begin().await?;
    let before = held(&mut tx, app, payee, acting, seen).await?;
    if before.as_ref().is_some_and(|before| before.details == new) {
        return Ok(());
    }
    if !store::replace_bank_details(&mut tx, app, payee, &new).await? {
        return Err(Error::AccountTaken);
    }
    mails::bank_details_changed(&mut tx, app, payee, Some(&new)).await?;
    let before = before.map(|before| before.details.for_audit());
    record(&mut tx, app, by, "set", payee, before, Some(new.for_audit())).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets where a payee is paid out to, and tells them by mail. `acting` and `seen` as in [`set_bank_details`].
pub async fn remove_bank_details(
    app: &App,
    by: &Principal,
    payee: Payee,
    acting: Option<Uuid>,
    seen: Option<i64>,
) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let before = held(&mut tx, app, payee, acting, seen).await?;
    let before = before.ok_or(Error::NoBankDetails)?.details;
    store::delete_bank_details(&mut tx, payee).await?;
    mails::bank_details_changed(&mut tx, app, payee, None).await?;
    record(&mut tx, app, by, "remove", payee, Some(before.for_audit()), None).await?;
    tx.commit().await?;
    Ok(())
}

/// What there is, as the caller has seen it; nobody else changes it until the transaction ends.
async fn held(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    acting: Option<Uuid>,
    seen: Option<i64>,
) -> Result<Option<BankDetailsRow>, Error> {
    store::lock_payee(conn, payee).await?;
    // Asked once the lock is held: until then somebody may have stopped to act for the agency.
    if !queries::is_payee(conn, payee, acting).await? {
        return Err(payee.into());
    }
    let found = store::bank_details(conn, app, payee).await?;
    let version = found.as_ref().map(|found| found.version);
    if seen.is_some() && seen != version {
        return Err(Error::BankDetailsChanged);
    }
    Ok(found)
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    payee: Payee,
    before: Option<Value>,
    after: Option<Value>,
) -> sqlx::Result<()> {
    let action = format!("catalogue.{verb}_bank_details");
    audit::record(conn, app.now(), by, &action, &payee.subject(), before, after).await
}
