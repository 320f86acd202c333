//! One attempt of one mail.

use anyhow::Context as _;
use uuid::Uuid;

use super::queries::Reason;
use super::store::{self, Waiting};
use super::{Mailbox, Outgoing, SendError, place};
use crate::app::App;
use crate::ids;
use crate::platform::alerts::{Alert, Code};
use crate::platform::jobs::Job;
use crate::platform::{sealed, telemetry};

/// Characters of an error that are kept.
const KEPT_CHARS: usize = 1_000;

/// Sends a mail that waits, and notes how that went; does nothing where none waits.
///
/// # Errors
/// It is to be tried again. At the job's last attempt the mail is dead instead, which staff see and retry among mails.
pub(super) async fn deliver(app: &App, job: &Job, id: Uuid) -> anyhow::Result<()> {
    let waiting = store::waiting(&mut *app.db.acquire().await?, id).await?;
    let Some(waiting) = waiting else {
        return Ok(());
    };
    if waiting.suppressed {
        return end(app, id, &waiting, "suppressed", None).await;
    }
    let sent = match compose(app, id, &waiting) {
        Ok(outgoing) => {
            let sending = app.mail_transport.send(&outgoing);
            telemetry::call("mail", "send", sending, |sent| match sent {
                Ok(()) => "ok",
                Err(SendError::Refused(_)) => "refused",
                Err(SendError::Failed(_)) => "failed",
            })
            .await
        }
        // Another release may know the template, or have the key.
        Err(error) => Err(SendError::Failed(format!("{error:#}"))),
    };
    app.faults.hit("mail.sent_but_not_noted");
    match sent {
        Ok(()) => end(app, id, &waiting, "sent", None).await,
        Err(SendError::Refused(error)) => end(app, id, &waiting, "refused", Some(&kept(&error))).await,
        Err(SendError::Failed(error)) => {
            let error = kept(&error);
            if job.attempts_limit.is_some_and(|limit| job.attempts >= limit) {
                return end(app, id, &waiting, "dead", Some(&error)).await;
            }
            store::note_failure(&mut *app.db.acquire().await?, id, &error).await?;
            Err(anyhow::Error::msg(error))
        }
    }
}

fn compose(app: &App, id: Uuid, waiting: &Waiting) -> anyhow::Result<Outgoing> {
    let mut templates = app.handler.templates().iter();
    let template = templates
        .find(|known| known.name == waiting.template)
        .with_context(|| format!("there is no template {} any more", waiting.template))?;
    let context = sealed::open(&app.config.data_keys, &place(id), &waiting.context)?;
    let context = serde_json::from_slice(&context).context("reading a mail's context")?;
    let rendered = template.render(waiting.locale, &app.config.zone, &context)?;
    Ok(Outgoing {
        id,
        message_id: waiting.message_id.clone(),
        from: app.config.mail.from.clone(),
        to: Mailbox::new(&waiting.recipient_address, &waiting.recipient_name)
            .context("the recipient has no address any more")?,
        date: app.now(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    })
}

async fn end(
    app: &App,
    id: Uuid,
    waiting: &Waiting,
    status: &'static str,
    error: Option<&str>,
) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, id, status, error, now).await? {
        return Ok(());
    }
    if status == "refused" {
        let (suppression, detail) = (ids::fresh(now), error.unwrap_or_default());
        store::suppress(
            &mut tx,
            suppression,
            &waiting.recipient_address,
            Reason::Refused,
            detail,
            now,
        )
        .await?;
    }
    tx.commit().await?;
    let template = &waiting.template;
    metrics::counter!("marquee_mails_total", "template" => template.clone(), "status" => status).increment(1);
    tracing::info!(mail = %id, template, status, "mail {id}: {status}");
    if status == "dead" {
        let detail = format!("a mail was given up: see `marquee mail show {id}`");
        app.alert(&Alert::new(Code::MailDead, template, detail).about("mail", id));
    }
    Ok(())
}

/// Postgres has no text with a null byte.
fn kept(error: &str) -> String {
    error
        .chars()
        .filter(|char| *char != '\0')
        .take(KEPT_CHARS)
        .collect()
}
