use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::is_name;
use crate::access::{Grant, Principal};
use crate::accounts::domain::{self, Email};
use crate::accounts::{Error, store};
use crate::app::App;
use crate::ids;
use crate::platform::audit;

/// Who is to be a member of the staff, and what they may do.
#[derive(Clone, Debug)]
pub struct NewStaff {
    pub email: String,
    pub name: String,
    pub grants: Vec<Grant>,
}

/// What `None` is stays.
#[derive(Clone, Debug, Default)]
pub struct StaffChange {
    pub name: Option<String>,
    /// All that they may from then on.
    pub grants: Option<Vec<Grant>>,
}

/// Adds a person. Nobody grants what they may not do themselves, there.
pub async fn create_staff(app: &App, by: &Principal, new: NewStaff) -> Result<Uuid, Error> {
    let now = app.now();
    let name = checked_name(&new.name)?;
    let email = Email::parse(&new.email).ok_or(Error::NotAnEmail(new.email))?;
    let grants = domain::checked(new.grants)?;
    by.permit_granting(&grants)?;
    let id = ids::fresh(now);

    let mut tx = app.db.begin().await?;
    if !store::insert_staff(&mut tx, id, email.as_str(), name, now).await? {
        return Err(Error::EmailTaken);
    }
    store::replace_grants(&mut tx, id, &grants).await?;
    let after = json!({ "email": email.as_str(), "name": name, "grants": grants.list() });
    record(&mut tx, app, by, "accounts.create_staff", id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Another name, other grants. What they had already, they may keep whoever changes the rest.
pub async fn change_staff(app: &App, by: &Principal, id: Uuid, change: StaffChange) -> Result<(), Error> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let wanted = change.grants.map(domain::checked).transpose()?;

    let mut tx = app.db.begin().await?;
    let found = store::lock_staff(&mut tx, id).await?.ok_or(Error::NoStaff)?;
    let had = domain::grants(&found.grants);
    let (name, grants) = (name.unwrap_or(&found.name), wanted.unwrap_or_else(|| had.clone()));
    if grants != had {
        if by.staff == Some(id) {
            return Err(Error::Oneself);
        }
        by.permit_granting(&grants.beyond(&had))?;
        store::replace_grants(&mut tx, id, &grants).await?;
    }
    store::rename_staff(&mut tx, id, name).await?;
    let before = json!({ "name": found.name, "grants": had.list() });
    let after = json!({ "name": name, "grants": grants.list() });
    if before != after {
        record(
            &mut tx,
            app,
            by,
            "accounts.change_staff",
            id,
            Some(before),
            Some(after),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// From now on none of their keys opens anything. Once more is fine.
pub async fn suspend_staff(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    if by.staff == Some(id) {
        return Err(Error::Oneself);
    }
    suspend(app, by, id, true).await
}

/// Their keys open again what they may. Who lets somebody back in must be able to grant that.
pub async fn reactivate_staff(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    suspend(app, by, id, false).await
}

async fn suspend(app: &App, by: &Principal, id: Uuid, suspended: bool) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let found = store::lock_staff(&mut tx, id).await?.ok_or(Error::NoStaff)?;
    if found.suspended_at.is_some() != suspended {
        let action = if suspended {
            "accounts.suspend_staff"
        } else {
            by.permit_granting(&domain::grants(&found.grants))?;
            "accounts.reactivate_staff"
        };
        store::set_suspended(&mut tx, id, suspended.then(|| app.now())).await?;
        let (before, after) = (
            json!({ "suspended": !suspended }),
            json!({ "suspended": suspended }),
        );
        record(&mut tx, app, by, action, id, Some(before), Some(after)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    action: &str,
    id: Uuid,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> sqlx::Result<()> {
    audit::record(conn, app.now(), by, action, &format!("staff/{id}"), before, after).await
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    if is_name(name) { Ok(name) } else { Err(Error::Name) }
}
