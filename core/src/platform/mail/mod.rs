//! Mail to people: asked for in the transaction of what it tells of, sent later by a job, at least once.
//!
//! ```text
//! enqueue ─▶ waiting ─▶ sent
//!              │ the recipient's server refuses the address, which is then suppressed: refused
//!              │ the address is suppressed: suppressed
//!              │ every attempt failed: dead, and somebody is told
//!              └ staff retry what was given up, or discard it
//! ```
//!
//! A feature declares its templates with `template!` in a file `mails.rs`, and asks for a mail with
//! [`enqueue`]. A process that dies between sending and noting sends again, with the same `Message-ID`.

mod commands;
mod deliver;
pub mod http;
pub mod jobs;
mod mailbox;
pub mod queries;
mod store;
mod template;
mod transport;

use std::slice;

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

pub use commands::{Bounce, Error, bounced, discard, retry, send_test, suppress, unsuppress};
pub use mailbox::Mailbox;
pub(crate) use template::template;
pub use template::{Parts, Rendered, Template};
pub use transport::{MailTransport, Outgoing, SendError};

use self::store::NewMail;
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::platform::sealed;

/// Sent on demand, to see whether mail arrives.
pub static TEST: Template = template!(platform.test);

/// What is to be written to whom.
#[derive(Clone, Debug)]
pub struct Mail<C> {
    /// What it tells of, by an id: `accounts.signed_up/0197…`. With recipient and template it makes one mail,
    /// however often it is asked for.
    pub event: String,
    pub to: Mailbox,
    pub locale: Locale,
    pub template: &'static Template,
    /// What the template is filled with: an object. It is kept sealed and forgotten once the mail is sent, so links
    /// that open something may be in it.
    pub context: C,
}

/// Has a mail sent, in the caller's transaction; its id. Asking twice for the same event, recipient and template makes
/// one.
///
/// # Errors
/// The database, a context that is no JSON, or a template that `worker.rs` does not list.
pub async fn enqueue(
    conn: &mut PgConnection,
    app: &App,
    mail: Mail<impl Serialize + Send>,
) -> anyhow::Result<Uuid> {
    let new = NewMail::of(app, mail)?;
    let inserted = store::insert(conn, slice::from_ref(&new), app.now()).await?;
    if inserted.is_empty() {
        return Ok(store::asked_before(conn, &new).await?);
    }
    jobs::ask(conn, app.now(), &inserted).await?;
    Ok(new.id)
}

/// The same of several mails, in as many statements as one takes.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_each(
    conn: &mut PgConnection,
    app: &App,
    mails: Vec<Mail<impl Serialize + Send>>,
) -> anyhow::Result<()> {
    let new = mails.into_iter().map(|mail| NewMail::of(app, mail));
    let new = new.collect::<anyhow::Result<Vec<_>>>()?;
    let inserted = store::insert(conn, &new, app.now()).await?;
    jobs::ask(conn, app.now(), &inserted).await
}

impl NewMail {
    fn of(app: &App, mail: Mail<impl Serialize>) -> anyhow::Result<Self> {
        let Mail {
            event,
            to,
            locale,
            template,
            context,
        } = mail;
        let mut known = app.handler.templates().iter();
        anyhow::ensure!(
            known.any(|known| known.name == template.name),
            "worker.rs does not list the template {}",
            template.name
        );
        let id = ids::fresh(app.now());
        Ok(Self {
            id,
            event,
            to,
            template: template.name,
            locale,
            context: sealed::seal(&app.config.data_keys, &place(id), &serde_json::to_vec(&context)?)?,
            message_id: format!("{id}@{}", app.config.base_url.host_str().unwrap_or("marquee")),
        })
    }
}

/// Has a mail sent to everybody in `STAFF_EMAIL`, in the caller's transaction.
///
/// # Errors
/// As [`enqueue`].
pub async fn enqueue_to_staff(
    conn: &mut PgConnection,
    app: &App,
    event: &str,
    template: &'static Template,
    context: &(impl Serialize + Sync),
) -> anyhow::Result<()> {
    for to in &app.config.mail.staff {
        let mail = Mail {
            event: event.to_owned(),
            to: to.clone(),
            locale: Locale::default(),
            template,
            context,
        };
        enqueue(conn, app, mail).await?;
    }
    Ok(())
}

/// Forgets every mail to an address, in the caller's transaction: what is to be done when a person is erased. What still
/// waits is not sent. That the address gets no mail, if so, is kept.
///
/// # Errors
/// The database.
pub async fn erase(conn: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    store::erase(conn, address).await
}

/// Where a mail's context is sealed for.
fn place(id: Uuid) -> String {
    format!("platform.mail/{id}")
}
