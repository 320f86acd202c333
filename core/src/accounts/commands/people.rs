use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{passwords, totp};
use crate::access::{Permission, Principal};
use crate::accounts::{Error, domain, store};
use crate::app::App;
use crate::platform::audit;

/// From now on nothing of theirs opens anything: sessions end, keys are refused. Once more is fine.
pub async fn suspend(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let person = manageable(&mut tx, by, id).await?;
    if person.suspended_at.is_none() {
        store::set_suspended(&mut tx, id, Some(app.now())).await?;
        store::delete_sessions(&mut tx, id, None).await?;
        store::delete_links(&mut tx, id).await?;
        record(&mut tx, app, by, &person, "accounts.suspend", Some((false, true))).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// They may sign in again, and their keys open what they may. Who lets staff back in must be able to grant that.
pub async fn reactivate(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let person = manageable(&mut tx, by, id).await?;
    if person.suspended_at.is_some() {
        if let Some(staff) = store::lock_staff(&mut tx, id).await? {
            by.permit_granting(&domain::grants(&staff.grants))?;
        }
        store::set_suspended(&mut tx, id, None).await?;
        record(
            &mut tx,
            app,
            by,
            &person,
            "accounts.reactivate",
            Some((true, false)),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Mails them a link to choose another password, as if they had asked.
pub async fn start_reset(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let person = manageable(&mut tx, by, id).await?;
    if person.suspended_at.is_some() {
        return Err(Error::Suspended);
    }
    passwords::mail_reset(&mut tx, app, &person).await?;
    record(&mut tx, app, by, &person, "accounts.start_reset", None).await?;
    tx.commit().await?;
    Ok(())
}

/// For somebody who lost the device and the recovery codes.
pub async fn remove_second_factor_of(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    manageable(&mut *app.db.acquire().await?, by, id).await?;
    totp::remove(app, by, id).await
}

/// Somebody else, whom the principal may do this to: staff are for those who manage staff.
async fn manageable(conn: &mut PgConnection, by: &Principal, id: Uuid) -> Result<store::Person, Error> {
    let person = store::lock_person(conn, id).await?.ok_or(Error::NoPerson)?;
    if by.staff == Some(id) {
        return Err(Error::Oneself);
    }
    if person.is_staff {
        by.permit(Permission::StaffManage)?;
    }
    Ok(person)
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    person: &store::Person,
    action: &str,
    suspended: Option<(bool, bool)>,
) -> sqlx::Result<()> {
    let (before, after) = suspended.unzip();
    let value = |suspended: bool| json!({ "suspended": suspended });
    let kind = if person.is_staff { "staff" } else { "person" };
    let subject = format!("{kind}/{}", person.id);
    audit::record(
        conn,
        app.now(),
        by,
        action,
        &subject,
        before.map(value),
        after.map(value),
    )
    .await
}
