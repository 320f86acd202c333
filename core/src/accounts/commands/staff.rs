use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::sign_up::{Admitted, admit};
use super::{checked_name, people};
use crate::access::{Grant, Principal};
use crate::accounts::{Error, domain, mails, store};
use crate::app::App;
use crate::locale::Locale;
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

/// Adds a person, or lets somebody who has an account work with us; who has no password is mailed how to choose
/// one. Nobody grants what they may not do themselves, there.
pub async fn create_staff(app: &App, by: &Principal, new: NewStaff) -> Result<Uuid, Error> {
    let now = app.now();
    let name = checked_name(&new.name)?;
    let grants = domain::checked(new.grants)?;
    by.permit_granting(&grants)?;

    let mut tx = app.db.begin().await?;
    let Admitted { person: id, link } = admit(&mut tx, app, &new.email, name, Locale::En).await?;
    let person = store::lock_person(&mut tx, id).await?.ok_or(Error::NoPerson)?;
    if person.suspended_at.is_some() || !store::insert_staff(&mut tx, id, now).await? {
        return Err(Error::EmailTaken);
    }
    store::replace_grants(&mut tx, id, &grants).await?;
    // Signed in as what they were: staff are so for less long.
    store::delete_sessions(&mut tx, id, None).await?;
    if let Some(link) = link {
        mails::invited_to_staff(&mut tx, app, &person, &link).await?;
    }
    let after = json!({ "email": person.email, "name": person.name, "grants": grants.list() });
    record(&mut tx, app, by, "accounts.create_staff", id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Another name, other grants. What they had already, they may keep whoever changes the rest. `seen`: the version that the
/// caller has in mind; `None` takes any.
pub async fn change_staff(
    app: &App,
    by: &Principal,
    id: Uuid,
    seen: Option<i64>,
    change: StaffChange,
) -> Result<(), Error> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let wanted = change.grants.map(domain::checked).transpose()?;

    let mut tx = app.db.begin().await?;
    let found = store::lock_staff(&mut tx, id).await?.ok_or(Error::NoStaff)?;
    if seen.is_some_and(|seen| seen != found.version) {
        return Err(Error::StaffChanged);
    }
    let had = domain::grants(&found.grants);
    let (name, grants) = (name.unwrap_or(&found.name), wanted.unwrap_or_else(|| had.clone()));
    if grants != had {
        if by.staff == Some(id) {
            return Err(Error::Oneself);
        }
        by.permit_granting(&grants.beyond(&had))?;
        store::replace_grants(&mut tx, id, &grants).await?;
    }
    store::rename(&mut tx, id, name).await?;
    let before = json!({ "name": found.name, "grants": had.list() });
    let after = json!({ "name": name, "grants": grants.list() });
    if before != after {
        store::count_change(&mut tx, id).await?;
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

/// As [`suspend`](super::suspend), for who is known to be of the staff.
pub async fn suspend_staff(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    is_staff(app, id).await?;
    people::suspend(app, by, id).await
}

/// As [`reactivate`](super::reactivate), for who is known to be of the staff.
pub async fn reactivate_staff(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    is_staff(app, id).await?;
    people::reactivate(app, by, id).await
}

async fn is_staff(app: &App, id: Uuid) -> Result<(), Error> {
    let mut conn = app.db.acquire().await?;
    let is_staff = store::is_staff(&mut conn, id).await?;
    is_staff.then_some(()).ok_or(Error::NoStaff)
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
