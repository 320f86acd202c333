//! What people are written about the catalogue. All in the caller's transaction.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::domain::{BankDetails, NewApplication, Payee, masked};
use super::queries;
use crate::accounts::Token;
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::platform::mail::{self, Mail, Mailbox, Template};

pub static ACCEPTED: Template = mail::template!(catalogue.accepted);
pub static ALREADY_TALENT: Template = mail::template!(catalogue.already_talent);
pub static APPLICATION_RECEIVED: Template = mail::template!(catalogue.application_received);
pub static APPLICATION_REJECTED: Template = mail::template!(catalogue.application_rejected);
pub static APPLICATION_QUESTION: Template = mail::template!(catalogue.application_question);
pub static APPLICATION_TO_STAFF: Template = mail::template!(catalogue.application_to_staff);
pub static APPLICATION_ANSWERED: Template = mail::template!(catalogue.application_answered);
pub static BANK_DETAILS_CHANGED: Template = mail::template!(catalogue.bank_details_changed);

/// To who is a talent now. `link`: by which they choose a password, if they have none.
pub(super) async fn accepted(
    conn: &mut PgConnection,
    app: &App,
    talent: Uuid,
    (address, name): (&str, &str),
    locale: Locale,
    link: Option<&str>,
) -> anyhow::Result<()> {
    let context = json!({
        "name": name,
        "link": link,
        "sign_in": app.config.page("sign-in"),
    });
    let event = format!("catalogue.accepted/{talent}");
    write(conn, app, event, (address, name), locale, &ACCEPTED, context).await
}

/// To a talent whose address applied again, perhaps not by their own hand.
pub(super) async fn already_talent(
    conn: &mut PgConnection,
    app: &App,
    new: &NewApplication,
) -> anyhow::Result<()> {
    let context = json!({ "name": new.name, "sign_in": app.config.page("sign-in") });
    let event = format!("catalogue.already_talent/{}", ids::fresh(app.now()));
    to_applicant(conn, app, event, new, &ALREADY_TALENT, context).await
}

pub(super) async fn application_received(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    new: &NewApplication,
) -> anyhow::Result<()> {
    let context = json!({ "name": new.name });
    let event = format!("catalogue.application_received/{id}");
    to_applicant(conn, app, event, new, &APPLICATION_RECEIVED, context).await
}

pub(super) async fn application_rejected(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    new: &NewApplication,
    reason: &str,
) -> anyhow::Result<()> {
    let context = json!({ "name": new.name, "reason": reason });
    let event = format!("catalogue.application_rejected/{id}");
    to_applicant(conn, app, event, new, &APPLICATION_REJECTED, context).await
}

/// `link`: by which they answer.
pub(super) async fn application_question(
    conn: &mut PgConnection,
    app: &App,
    new: &NewApplication,
    question: &str,
    link: &Token,
) -> anyhow::Result<()> {
    let page = app.config.page("answer-application");
    let context = json!({
        "name": new.name, "question": question, "link": format!("{page}#{}", link.reveal()),
    });
    // There may be several.
    let event = format!("catalogue.application_question/{}", ids::fresh(app.now()));
    to_applicant(conn, app, event, new, &APPLICATION_QUESTION, context).await
}

pub(super) async fn application_to_staff(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    new: &NewApplication,
) -> anyhow::Result<()> {
    let context = json!({
        "name": new.name, "email": new.email, "phone": new.phone, "network": new.network,
        "handle": new.handle, "followers": new.followers, "message": new.message, "id": id,
    });
    let event = format!("catalogue.application/{id}");
    mail::enqueue_to_staff(conn, app, &event, &APPLICATION_TO_STAFF, &context).await
}

pub(super) async fn application_answered(
    conn: &mut PgConnection,
    app: &App,
    link: &Token,
    new: &NewApplication,
    answer: &str,
) -> anyhow::Result<()> {
    let context = json!({ "name": new.name, "answer": answer, "id": link.id });
    let event = format!("catalogue.application_answered/{}", ids::fresh(app.now()));
    mail::enqueue_to_staff(conn, app, &event, &APPLICATION_ANSWERED, &context).await
}

/// To the talent, or to everybody who acts for the agency. `now`: what there is from now on, unless they were removed.
pub(super) async fn bank_details_changed(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
    now: Option<&BankDetails>,
) -> anyhow::Result<()> {
    let event = format!("catalogue.bank_details_changed/{}", ids::fresh(app.now()));
    for reader in queries::payee_readers(conn, payee).await? {
        let context = json!({
            "name": reader.name,
            "agency": reader.agency,
            "bank": now.map(|now| format!("{} - {}", now.bank, now.bank_name)),
            "account": now.map(|now| masked(&now.account_number)),
            "forgot": app.config.page("forgot-password"),
        });
        let to = (reader.email.as_str(), reader.name.as_str());
        let event = event.clone();
        write(
            conn,
            app,
            event,
            to,
            reader.locale,
            &BANK_DETAILS_CHANGED,
            context,
        )
        .await?;
    }
    Ok(())
}

async fn to_applicant(
    conn: &mut PgConnection,
    app: &App,
    event: String,
    new: &NewApplication,
    template: &'static Template,
    context: Value,
) -> anyhow::Result<()> {
    let to = (new.email.as_str(), new.name.as_str());
    write(conn, app, event, to, new.locale, template, context).await
}

async fn write(
    conn: &mut PgConnection,
    app: &App,
    event: String,
    (address, name): (&str, &str),
    locale: Locale,
    template: &'static Template,
    context: Value,
) -> anyhow::Result<()> {
    let to = Mailbox::new(address, name);
    let to = to.ok_or_else(|| anyhow::anyhow!("an address that was checked is none"))?;
    let mail = Mail {
        event,
        to,
        locale,
        template,
        context,
    };
    mail::enqueue(conn, app, mail).await?;
    Ok(())
}
