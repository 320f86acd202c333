//! What people are written about their accounts. All in the caller's transaction.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::domain::Token;
use super::email::Email;
use super::store::{Person, SignUp};
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::platform::mail::{self, Mail, Mailbox, Template};

pub static CONFIRM_SIGN_UP: Template = mail::template!(accounts.confirm_sign_up);
pub static ALREADY_SIGNED_UP: Template = mail::template!(accounts.already_signed_up);
pub static INVITED_TO_STAFF: Template = mail::template!(accounts.invited_to_staff);
pub static RESET_PASSWORD: Template = mail::template!(accounts.reset_password);
pub static PASSWORD_CHANGED: Template = mail::template!(accounts.password_changed);
pub static AGREE_TO_NEW_EMAIL: Template = mail::template!(accounts.agree_to_new_email);
pub static CONFIRM_NEW_EMAIL: Template = mail::template!(accounts.confirm_new_email);
pub static EMAIL_CHANGED: Template = mail::template!(accounts.email_changed);
pub static SECOND_FACTOR_REMOVED: Template = mail::template!(accounts.second_factor_removed);

/// The address of a page of the frontend, with the link's secret where browsers keep it from every server.
pub(super) fn link(app: &App, page: &str, link: &Token) -> String {
    format!("{}#{}", app.config.page(page), link.reveal())
}

pub(super) async fn confirm_sign_up(
    conn: &mut PgConnection,
    app: &App,
    new: &SignUp,
    token: &Token,
) -> anyhow::Result<()> {
    let to = To {
        id: new.id,
        address: &new.email,
        name: &new.name,
        locale: new.locale,
    };
    let context = json!({ "name": new.name, "link": link(app, "confirm-account", token) });
    to.write(conn, app, &CONFIRM_SIGN_UP, context).await
}

pub(super) async fn already_signed_up(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
) -> anyhow::Result<()> {
    let context = json!({
        "name": person.name,
        "sign_in": app.config.page("sign-in"),
        "forgot": app.config.page("forgot-password"),
    });
    To::person(person)
        .write(conn, app, &ALREADY_SIGNED_UP, context)
        .await
}

pub(super) async fn invited_to_staff(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
    link: &str,
) -> anyhow::Result<()> {
    let context = json!({ "name": person.name, "link": link });
    To::person(person)
        .write(conn, app, &INVITED_TO_STAFF, context)
        .await
}

pub(super) async fn reset_password(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
    token: &Token,
) -> anyhow::Result<()> {
    let context = json!({ "name": person.name, "link": link(app, "choose-password", token) });
    To::person(person)
        .write(conn, app, &RESET_PASSWORD, context)
        .await
}

pub(super) async fn password_changed(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
) -> anyhow::Result<()> {
    let context = json!({ "name": person.name, "forgot": app.config.page("forgot-password") });
    To::person(person)
        .write(conn, app, &PASSWORD_CHANGED, context)
        .await
}

/// To the old address.
pub(super) async fn agree_to_new_email(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
    new: &Email,
    token: &Token,
) -> anyhow::Result<()> {
    let context = json!({
        "name": person.name, "email": new.as_str(), "link": link(app, "confirm-email", token),
    });
    To::person(person)
        .write(conn, app, &AGREE_TO_NEW_EMAIL, context)
        .await
}

/// To the new address.
pub(super) async fn confirm_new_email(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
    new: &Email,
    token: &Token,
) -> anyhow::Result<()> {
    let to = To {
        address: new.as_str(),
        ..To::person(person)
    };
    let context = json!({ "name": person.name, "link": link(app, "confirm-email", token) });
    to.write(conn, app, &CONFIRM_NEW_EMAIL, context).await
}

/// To the address that was theirs until now.
pub(super) async fn email_changed(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
    new: &str,
) -> anyhow::Result<()> {
    let context = json!({ "name": person.name, "email": new });
    To::person(person).write(conn, app, &EMAIL_CHANGED, context).await
}

pub(super) async fn second_factor_removed(
    conn: &mut PgConnection,
    app: &App,
    person: &Person,
) -> anyhow::Result<()> {
    let context = json!({ "name": person.name, "forgot": app.config.page("forgot-password") });
    To::person(person)
        .write(conn, app, &SECOND_FACTOR_REMOVED, context)
        .await
}

struct To<'a> {
    id: Uuid,
    address: &'a str,
    name: &'a str,
    locale: Locale,
}

impl<'a> To<'a> {
    fn person(person: &'a Person) -> Self {
        Self {
            id: person.id,
            address: &person.email,
            name: &person.name,
            locale: person.locale,
        }
    }

    /// Each is a mail of its own: people ask for the same more than once.
    async fn write(
        self,
        conn: &mut PgConnection,
        app: &App,
        template: &'static Template,
        context: Value,
    ) -> anyhow::Result<()> {
        let Some(to) = Mailbox::new(self.address, self.name) else {
            anyhow::bail!("the address of person {} is none", self.id);
        };
        let mail = Mail {
            event: format!("{}/{}/{}", template.name, self.id, ids::fresh(app.now())),
            to,
            locale: self.locale,
            template,
            context,
        };
        mail::enqueue(conn, app, mail).await.map(drop)
    }
}
