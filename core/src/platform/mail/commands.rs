use serde_json::{Value, json};
use sqlx::PgConnection;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::queries::Reason;
use super::{Mail, Mailbox, TEST, enqueue, jobs, store};
use crate::access::Principal;
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::platform::audit;

/// Of why an address gets no mail.
const MAX_DETAIL_CHARS: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such mail")]
    Unknown,
    #[error("the mail was not given up: it waits, was sent or was discarded")]
    NotGivenUp,
    #[error("the address gets no mail: remove its suppression first")]
    Suppressed,
    #[error("the mail was given up too long ago: what it was to say is forgotten")]
    Forgotten,
    #[error("there is no such suppression")]
    NoSuppression,
    #[error("this is no mail address")]
    Address,
    #[error("a detail has at most {MAX_DETAIL_CHARS} characters")]
    Detail,
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
/// Has a test mail sent; its id.
pub async fn send_test(app: &App, by: &Principal, to: Mailbox, locale: Locale) -> Result<Uuid, Error> {
    let now = app.now();
    let context = json!({
        "by": by.name,
        "at": now.format(&Rfc3339).map_err(anyhow::Error::from)?,
        "amount": { "amount_minor": 15_000, "currency": "BRL" },
        "link": app.config.base_url.as_str(),
    });
    let mail = Mail {
        event: format!("platform.test/{}", ids::fresh(now)),
        to,
        locale,
        template: &TEST,
        context,
    };
    let mut tx = app.db.begin().await?;
    let id = enqueue(&mut tx, app, mail).await?;
    tx.commit().await?;
    Ok(id)
}

/// Has a mail that was given up tried again, with all its attempts.
pub async fn retry(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let mail = store::lock(&mut tx, id).await?.ok_or(Error::Unknown)?;
    if !mail.given_up {
        return Err(Error::NotGivenUp);
    }
    if !mail.has_context {
        return Err(Error::Forgotten);
    }
    if mail.suppressed {
        return Err(Error::Suppressed);
    }
    store::revive(&mut tx, id).await?;
    jobs::ask(&mut tx, now, &[id]).await?;
    record(
        &mut tx,
        app,
        by,
        "mail.retry",
        &format!("mail/{id}"),
        Some(json!({ "status": mail.status })),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a mail up for good, and forgets what it was to say.
pub async fn discard(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let mail = store::lock(&mut tx, id).await?.ok_or(Error::Unknown)?;
    if !mail.given_up {
        return Err(Error::NotGivenUp);
    }
    store::discard(&mut tx, id, app.now()).await?;
    record(
        &mut tx,
        app,
        by,
        "mail.discard",
        &format!("mail/{id}"),
        Some(json!({ "status": mail.status })),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Sends no more mail to an address, because a person said so. The suppression's id; one that is there already stays
/// as it is.
pub async fn suppress(app: &App, by: &Principal, address: &str, detail: &str) -> Result<Uuid, Error> {
    suppress_because(app, by, address, Reason::Staff, detail).await
}

/// What became of a mail later, as a provider tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    /// It never arrives.
    Hard,
    /// It did not arrive this time.
    Soft,
    /// Its recipient reported it.
    Complaint,
}

/// Takes a bounce in; whether the address gets no more mail. Told twice is told once.
pub async fn bounced(
    app: &App,
    by: &Principal,
    address: &str,
    kind: Bounce,
    detail: &str,
) -> Result<bool, Error> {
    let reason = match kind {
        Bounce::Hard => Reason::Bounced,
        Bounce::Complaint => Reason::Complained,
        Bounce::Soft => {
            check(address, detail)?;
            return Ok(false);
        }
    };
    suppress_because(app, by, address, reason, detail).await?;
    Ok(true)
}

/// Lets an address get mail again.
pub async fn unsuppress(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let reason = store::unsuppress(&mut tx, id)
        .await?
        .ok_or(Error::NoSuppression)?;
    let subject = format!("mail-suppression/{id}");
    record(
        &mut tx,
        app,
        by,
        "mail.unsuppress",
        &subject,
        Some(json!({ "reason": reason })),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn suppress_because(
    app: &App,
    by: &Principal,
    address: &str,
    reason: Reason,
    detail: &str,
) -> Result<Uuid, Error> {
    let address = check(address, detail)?;
    let now = app.now();
    let id = ids::fresh(now);
    let mut tx = app.db.begin().await?;
    let suppressed = store::suppress(&mut tx, id, address.address(), reason, detail, now).await?;
    if suppressed == id {
        let subject = format!("mail-suppression/{id}");
        let after = json!({ "reason": reason });
        audit::record(&mut tx, now, by, "mail.suppress", &subject, None, Some(after)).await?;
    }
    tx.commit().await?;
    Ok(suppressed)
}

fn check(address: &str, detail: &str) -> Result<Mailbox, Error> {
    if detail.chars().count() > MAX_DETAIL_CHARS {
        return Err(Error::Detail);
    }
    Mailbox::new(address, "").ok_or(Error::Address)
}

/// Without the address: nobody can take it out of the audit log again.
async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    action: &str,
    subject: &str,
    before: Option<Value>,
) -> sqlx::Result<()> {
    audit::record(conn, app.now(), by, action, subject, before, None).await
}
