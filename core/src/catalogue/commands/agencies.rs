use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::talents;
use crate::access::Principal;
use crate::accounts;
use crate::app::App;
use crate::catalogue::domain::line;
use crate::catalogue::{Error, store};
use crate::ids;
use crate::platform::audit;

/// Makes an agency with neither talents nor a share. Its id.
pub async fn create_agency(app: &App, by: &Principal, name: &str) -> Result<Uuid, Error> {
    let name = line("/name", name, 100).map_err(|fault| vec![fault])?;
    let id = ids::fresh(app.now());
    let mut tx = app.db.begin().await?;
    store::insert_agency(&mut tx, id, &name, app.now()).await?;
    record(
        &mut tx,
        app,
        by,
        "create_agency",
        id,
        (None, Some(json!({ "name": name }))),
    )
    .await?;
    tx.commit().await?;
    Ok(id)
}

pub async fn rename_agency(app: &App, by: &Principal, id: Uuid, name: &str) -> Result<(), Error> {
    let name = line("/name", name, 100).map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let before = store::lock_agency(&mut tx, id).await?.ok_or(Error::NoAgency)?;
    if before != name {
        store::rename_agency(&mut tx, id, &name).await?;
        let change = (Some(json!({ "name": before })), Some(json!({ "name": name })));
        record(&mut tx, app, by, "rename_agency", id, change).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a talent a member of an agency, whatever they were a member of before. Once more is fine.
pub async fn join_agency(app: &App, by: &Principal, agency: Uuid, talent: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    store::lock_shares(&mut tx).await?;
    store::lock_agency(&mut tx, agency)
        .await?
        .ok_or(Error::NoAgency)?;
    let before = store::agency_of(&mut tx, talent).await?.ok_or(Error::NoTalent)?;
    if before != Some(agency) {
        store::set_agency(&mut tx, talent, Some(agency)).await?;
        if store::over_shared(&mut tx).await?.is_some() {
            return Err(Error::SharesTooHigh);
        }
        let change = (
            Some(json!({ "agency_id": before })),
            Some(json!({ "agency_id": agency })),
        );
        talents::record(&mut tx, app, by, "join_agency", talent, change.0, change.1).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a talent no member of this agency any more.
pub async fn leave_agency(app: &App, by: &Principal, agency: Uuid, talent: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let before = store::agency_of(&mut tx, talent).await?.ok_or(Error::NoTalent)?;
    if before != Some(agency) {
        return Err(Error::NoTalent);
    }
    store::set_agency(&mut tx, talent, None).await?;
    let change = (
        Some(json!({ "agency_id": agency })),
        Some(json!({ "agency_id": null })),
    );
    talents::record(&mut tx, app, by, "leave_agency", talent, change.0, change.1).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets a person act for an agency, or not any more. Once more is fine.
pub async fn set_manager(
    app: &App,
    by: &Principal,
    agency: Uuid,
    person: Uuid,
    is_to_be: bool,
) -> Result<(), Error> {
    let known = accounts::find_person(app, person).await?;
    let mut tx = app.db.begin().await?;
    store::lock_agency(&mut tx, agency)
        .await?
        .ok_or(Error::NoAgency)?;
    known.ok_or(accounts::Error::NoPerson)?;
    if store::set_manager(&mut tx, agency, person, is_to_be).await? {
        let change = (
            Some(json!({ "manager": person, "is": !is_to_be })),
            Some(json!({ "manager": person, "is": is_to_be })),
        );
        record(&mut tx, app, by, "set_manager", agency, change).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    id: Uuid,
    (before, after): (Option<Value>, Option<Value>),
) -> sqlx::Result<()> {
    let (action, subject) = (format!("catalogue.{verb}"), format!("agency/{id}"));
    audit::record(conn, app.now(), by, &action, &subject, before, after).await
}
