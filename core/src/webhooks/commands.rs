use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::domain::{BadUrl, EVENTS, MAX_ENDPOINTS, OLD_SECRET_KEPT, Secret, parse_url, secret_place};
use super::jobs::{ask, deliver_to};
use super::store;
use crate::access::Principal;
use crate::app::App;
use crate::ids;
use crate::platform::{audit, sealed};
use crate::redirects;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such endpoint")]
    Unknown,
    #[error("there is no such delivery")]
    NoDelivery,
    #[error("the URL cannot be an endpoint: {0}")]
    Url(#[from] BadUrl),
    #[error("there is no event `{0}`; known: {known}", known = known())]
    Event(String),
    #[error("a note has at most 2,000 characters")]
    Note,
    #[error("a brand has at most {MAX_ENDPOINTS} endpoints")]
    TooMany,
    #[error(transparent)]
    Brand(#[from] redirects::Error),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

fn known() -> String {
    EVENTS.map(|(name, _)| name).join(", ")
}

/// Who wants to be told.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    pub url: String,
    /// Empty: every event.
    pub events: Vec<String>,
    /// What it is, for people to read.
    pub note: String,
}

/// An endpoint with its secret, which nobody can see again.
#[derive(Clone, Debug)]
pub struct Created {
    pub id: Uuid,
    /// `whsec_…`, as receivers' libraries take it.
    pub secret: String,
}

/// Tells `url` what happens to the brand from now on.
pub async fn create_endpoint(
    app: &App,
    principal: &Principal,
    brand: &str,
    endpoint: NewEndpoint,
) -> Result<Created, Error> {
    let NewEndpoint { url, events, note } = endpoint;
    checked(app, &url, &events, &note)?;
    redirects::queries::brand(app, brand).await?;
    let now = app.now();
    let id = ids::fresh(now);
    let (secret, sealed) = fresh_secret(app, id)?;

    let mut tx = app.db.begin().await?;
    if store::count_endpoints(&mut tx, brand).await? >= MAX_ENDPOINTS {
        return Err(Error::TooMany);
    }
    let row = store::NewEndpoint {
        id,
        brand,
        url: &url,
        events: &events,
        note: &note,
        secret: &sealed,
        created_by: &principal.id,
    };
    store::insert_endpoint(&mut tx, &row, now).await?;
    let after = json!({ "endpoint": id, "url": url, "events": events, "note": note });
    let subject = format!("brand/{brand}");
    audit::record(
        &mut tx,
        now,
        principal,
        "webhooks.create",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(Created {
        id,
        secret: secret.reveal(),
    })
}

/// What is to be otherwise; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub note: Option<String>,
    /// On again forgets that it was failing.
    pub enabled: Option<bool>,
}

/// Changes an endpoint, or turns it off or on.
pub async fn change_endpoint(
    app: &App,
    principal: &Principal,
    brand: &str,
    id: Uuid,
    changes: Changes,
) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let before = store::lock_endpoint(&mut tx, brand, id)
        .await?
        .ok_or(Error::Unknown)?;
    let url = changes.url.unwrap_or_else(|| before.url.clone());
    let events = changes.events.unwrap_or_else(|| before.events.clone());
    let note = changes.note.unwrap_or_else(|| before.note.clone());
    checked(app, &url, &events, &note)?;
    store::change_endpoint(&mut tx, id, &url, &events, &note).await?;
    if let Some(enabled) = changes.enabled {
        let disabled = (!enabled).then_some((now, "person"));
        store::disable_endpoint(&mut tx, id, disabled).await?;
    }
    let was = json!({ "endpoint": id, "url": before.url, "events": before.events, "note": before.note,
        "enabled": before.disabled_at.is_none(), "failing_since": rfc3339(before.failing_since) });
    let enabled = changes.enabled.unwrap_or(before.disabled_at.is_none());
    let is = json!({ "endpoint": id, "url": url, "events": events, "note": note, "enabled": enabled });
    let subject = format!("brand/{brand}");
    audit::record(
        &mut tx,
        now,
        principal,
        "webhooks.change",
        &subject,
        Some(was),
        Some(is),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Removes an endpoint with its deliveries.
pub async fn remove_endpoint(app: &App, principal: &Principal, brand: &str, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let before = store::lock_endpoint(&mut tx, brand, id)
        .await?
        .ok_or(Error::Unknown)?;
    store::remove_endpoint(&mut tx, id).await?;
    let was = json!({ "endpoint": id, "url": before.url });
    let subject = format!("brand/{}", before.brand);
    audit::record(
        &mut tx,
        app.now(),
        principal,
        "webhooks.remove",
        &subject,
        Some(was),
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Signs with another secret from now on; for a day with the old one as well.
pub async fn rotate_secret(
    app: &App,
    principal: &Principal,
    brand: &str,
    id: Uuid,
) -> Result<Created, Error> {
    let now = app.now();
    let (secret, sealed) = fresh_secret(app, id)?;
    let mut tx = app.db.begin().await?;
    store::lock_endpoint(&mut tx, brand, id)
        .await?
        .ok_or(Error::Unknown)?;
    store::rotate_secret(&mut tx, id, &sealed, now + OLD_SECRET_KEPT).await?;
    let after = json!({ "endpoint": id, "old_secret_until": rfc3339(Some(now + OLD_SECRET_KEPT)) });
    let subject = format!("brand/{brand}");
    audit::record(
        &mut tx,
        now,
        principal,
        "webhooks.rotate_secret",
        &subject,
        None,
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(Created {
        id,
        secret: secret.reveal(),
    })
}

/// Sends `webhook.test` to one endpoint; the delivery's id.
pub async fn send_test(app: &App, principal: &Principal, brand: &str, id: Uuid) -> Result<Uuid, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    store::lock_endpoint(&mut tx, brand, id)
        .await?
        .ok_or(Error::Unknown)?;
    let data = json!({ "brand": brand, "by": principal.id });
    let body = json!({ "type": "webhook.test", "timestamp": rfc3339(Some(now)), "data": data }).to_string();
    let delivery = deliver_to(&mut tx, app, id, ids::fresh(now), "webhook.test", &body).await?;
    tx.commit().await?;
    Ok(delivery)
}

/// Tries a delivery once more, now.
pub async fn resend(app: &App, brand: &str, endpoint: Uuid, delivery: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::resend(&mut tx, brand, (endpoint, delivery), now).await? {
        return Err(Error::NoDelivery);
    }
    ask(&mut tx, now, delivery, None).await?;
    tx.commit().await?;
    Ok(())
}

fn checked(app: &App, url: &str, events: &[String], note: &str) -> Result<(), Error> {
    parse_url(url, app.config.webhooks_to_private)?;
    let unknown = events
        .iter()
        .find(|event| !EVENTS.iter().any(|(name, _)| name == *event));
    if let Some(event) = unknown {
        return Err(Error::Event(event.clone()));
    }
    if note.chars().count() > 2_000 {
        return Err(Error::Note);
    }
    Ok(())
}

/// Another secret for an endpoint, and the same as the database keeps it.
fn fresh_secret(app: &App, endpoint: Uuid) -> Result<(Secret, Vec<u8>), Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let sealed = sealed::seal(&app.config.data_keys, &secret_place(endpoint), &secret)?;
    Ok((Secret(secret), sealed))
}

fn rfc3339(at: Option<OffsetDateTime>) -> Option<String> {
    at?.format(&time::format_description::well_known::Rfc3339).ok()
}
