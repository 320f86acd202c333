//! What people are written about orders. All in the caller's transaction.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Error;
use super::domain::Status;
use super::queries::{TalentReader, talent_reader};
use super::secret::OrderKey;
use super::store::Order;
use crate::app::App;
use crate::locale::Locale;
use crate::money::Money;
use crate::platform::mail::{self, Mail, Mailbox, Template};

pub static OPENED: Template = mail::template!(orders.opened);
pub static DECLINED: Template = mail::template!(orders.declined);
pub static ENDED: Template = mail::template!(orders.ended);
pub static DELIVERED: Template = mail::template!(orders.delivered);
pub static PAYMENT_DUE: Template = mail::template!(orders.payment_due);
pub static REFUNDED: Template = mail::template!(orders.refunded);
pub static REDO_ASKED: Template = mail::template!(orders.redo_asked);
pub static REDO_AGREED: Template = mail::template!(orders.redo_agreed);
pub static REDO_DECLINED: Template = mail::template!(orders.redo_declined);
pub static REDONE: Template = mail::template!(orders.redone);
pub static TALENT_REDO: Template = mail::template!(orders.talent_redo);
pub static TALENT_OPENED: Template = mail::template!(orders.talent_opened);
pub static TALENT_ENDED: Template = mail::template!(orders.talent_ended);
pub static TALENT_DELIVERED: Template = mail::template!(orders.talent_delivered);
pub static TALENT_REMINDED: Template = mail::template!(orders.talent_reminded);
pub static TALENT_VIDEO_REFUSED: Template = mail::template!(orders.talent_video_refused);

/// Whoever writes about one order.
struct Letter<'a> {
    app: &'a App,
    order: &'a Order,
    talent: TalentReader,
}

impl<'a> Letter<'a> {
    async fn about(app: &'a App, conn: &mut PgConnection, order: &'a Order) -> Result<Self, Error> {
        let talent = talent_reader(conn, order.talent).await?;
        Ok(Self { app, order, talent })
    }

    /// The link opens the order for whoever has the mail.
    async fn to_customer(
        &self,
        conn: &mut PgConnection,
        template: &'static Template,
        of: impl ToString,
        more: Value,
    ) -> Result<(), Error> {
        let Self { app, order, talent } = self;
        let Some(email) = &order.email else {
            return Ok(());
        };
        let key = OrderKey::open(app, order.id, &order.secret)?;
        let mut context = json!({
            "talent": talent.name,
            "is_to": order.is_to,
            "price": order.price.due(),
            "deadline_at": rfc3339(order.deadline_at)?,
            "link": format!("{}/{}#{}", app.config.page("orders"), order.id, key.reveal()),
        });
        add(&mut context, more);
        self.write(conn, (email, ""), order.locale, template, of, context)
            .await
    }

    async fn to_talent(
        &self,
        conn: &mut PgConnection,
        template: &'static Template,
        of: impl ToString,
        more: Value,
    ) -> Result<(), Error> {
        let Self { app, order, talent } = self;
        if talent.erased {
            return Ok(());
        }
        let share_minor = order.shares.split(order.price.list()).talent_minor;
        let share = Money::new(share_minor, order.price.list().currency()).ok();
        let mut context = json!({
            "name": talent.name,
            "is_to": order.is_to,
            "share": share,
            "deadline_at": rfc3339(order.deadline_at)?,
            "link": app.config.page(&format!("inbox/{}", order.id)),
        });
        add(&mut context, more);
        let to = (talent.email.as_str(), talent.name.as_str());
        self.write(conn, to, talent.locale, template, of, context).await
    }

    async fn write(
        &self,
        conn: &mut PgConnection,
        (address, name): (&str, &str),
        locale: Locale,
        template: &'static Template,
        of: impl ToString,
        context: Value,
    ) -> Result<(), Error> {
        let to = Mailbox::new(address, name);
        let to = to.ok_or_else(|| anyhow::anyhow!("an address that was checked is none"))?;
        let mail = Mail {
            // Behind the name stands the order, by which its mails are found.
            event: format!("{}/{}/{}", template.name, self.order.id, of.to_string()),
            to,
            locale,
            template,
            context,
        };
        mail::enqueue(conn, self.app, mail).await?;
        Ok(())
    }
}

fn add(context: &mut Value, more: Value) {
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
}

fn rfc3339(at: Option<time::OffsetDateTime>) -> Result<Option<String>, Error> {
    let format = &time::format_description::well_known::Rfc3339;
    let text = at.map(|at| at.format(format)).transpose();
    Ok(text.map_err(anyhow::Error::from)?)
}

/// The amount is held, and the talent is asked.
pub(super) async fn opened(app: &App, conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    letter.to_customer(conn, &OPENED, order.id, json!({})).await?;
    letter.to_talent(conn, &TALENT_OPENED, order.id, json!({})).await
}

/// Little time is left.
pub(super) async fn reminded(app: &App, conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    letter
        .to_talent(conn, &TALENT_REMINDED, order.id, json!({}))
        .await
}

pub(super) async fn declined(app: &App, conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    letter
        .to_customer(conn, &DECLINED, order.payment, json!({}))
        .await
}

/// It ended without a video. Whoever had nothing of it yet is not told: who cancels before anything is held knows that.
pub(super) async fn ended(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    from: Status,
    reason: Option<&str>,
) -> Result<(), Error> {
    let was_open = matches!(from, Status::Open | Status::Delivering | Status::PaymentDue);
    if !was_open {
        return Ok(());
    }
    let letter = Letter::about(app, conn, order).await?;
    let more = json!({ "status": order.status, "reason": reason });
    letter.to_customer(conn, &ENDED, order.id, more.clone()).await?;
    // Who rejected it knows.
    if order.status != Status::Rejected {
        letter.to_talent(conn, &TALENT_ENDED, order.id, more).await?;
    }
    Ok(())
}

pub(super) async fn delivered(app: &App, conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    letter.to_customer(conn, &DELIVERED, order.id, json!({})).await?;
    letter
        .to_talent(conn, &TALENT_DELIVERED, order.id, json!({}))
        .await
}

pub(super) async fn payment_due(app: &App, conn: &mut PgConnection, order: &Order) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    let more = json!({ "until": rfc3339(order.due_at)? });
    letter.to_customer(conn, &PAYMENT_DUE, order.payment, more).await
}

pub(super) async fn refunded(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    amount: Money,
    event: Uuid,
) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    let more = json!({ "amount": amount });
    letter.to_customer(conn, &REFUNDED, event, more).await
}

pub(super) async fn video_refused(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    reason: Option<&str>,
) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    let of = order.upload.unwrap_or(order.id);
    let more = json!({ "reason": reason });
    letter.to_talent(conn, &TALENT_VIDEO_REFUSED, of, more).await
}

/// Staff is to decide whether the video is made once more.
pub(super) async fn redo_asked(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    redo: Uuid,
    reason: &str,
) -> Result<(), Error> {
    let talent = talent_reader(conn, order.talent).await?;
    let context = json!({ "talent": talent.name, "order": order.id, "reason": reason });
    let event = format!("{}/{}/{redo}", REDO_ASKED.name, order.id);
    mail::enqueue_to_staff(conn, app, &event, &REDO_ASKED, &context).await?;
    Ok(())
}

pub(super) async fn redo_decided(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    redo: Uuid,
    agreed: bool,
    answer: Option<&str>,
) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    let template = if agreed { &REDO_AGREED } else { &REDO_DECLINED };
    let more = json!({ "answer": answer });
    letter.to_customer(conn, template, redo, more).await?;
    if agreed {
        letter.to_talent(conn, &TALENT_REDO, redo, json!({})).await?;
    }
    Ok(())
}

/// The other video is here.
pub(super) async fn redone(
    app: &App,
    conn: &mut PgConnection,
    order: &Order,
    redo: Uuid,
) -> Result<(), Error> {
    let letter = Letter::about(app, conn, order).await?;
    letter.to_customer(conn, &REDONE, redo, json!({})).await
}
