use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::links::{self, LinkFault};
use super::sessions::{self, Device, NewSession};
use super::{checked_name, hashing, throttles};
use crate::accounts::domain::{NewPassword, Purpose, Token};
use crate::accounts::email::Email;
use crate::accounts::{Error, mails, store};
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::platform::audit;

/// Who wants an account.
#[derive(Debug)]
pub struct SignUp {
    pub email: String,
    pub name: String,
    pub password: SecretString,
    pub locale: Locale,
    /// Whether they agree to be written to for other than what they asked for.
    pub marketing: bool,
}

/// Mails a link that makes the account, or, to somebody who has one, that they do. The caller cannot tell which.
pub async fn sign_up(app: &App, device: &Device, new: SignUp) -> Result<(), Error> {
    let now = app.now();
    let name = checked_name(&new.name)?;
    let email = Email::parse(&new.email).ok_or(Error::NotAnEmail(new.email))?;
    let password = NewPassword::choose(new.password, &[email.as_str(), name])?;
    throttles::mail(app, email.as_str(), device.network).await?;
    // Also when it is not needed: the answer takes as long.
    let password = hashing::hash(password).await?;

    let mut tx = app.db.begin().await?;
    match store::person_by_email(&mut tx, email.as_str()).await? {
        Some(person) => mails::already_signed_up(&mut tx, app, &person).await?,
        None => {
            let sign_up = store::SignUp {
                id: ids::fresh(now),
                email: email.as_str().to_owned(),
                name: name.to_owned(),
                locale: new.locale,
                password,
                marketing: new.marketing,
            };
            store::insert_sign_up(&mut tx, &sign_up, now).await?;
            let link = links::make(&mut tx, now, Purpose::SignUp, sign_up.id).await?;
            mails::confirm_sign_up(&mut tx, app, &sign_up, &link).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Makes the account that the link was mailed for, and signs its person in.
pub async fn confirm_sign_up(app: &App, device: &Device, link: &Token) -> Result<NewSession, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let (_, subject) = links::take(&mut tx, now, link, &[Purpose::SignUp]).await?;
    let sign_up = store::find_sign_up(&mut tx, subject).await?;
    let sign_up = sign_up.ok_or(LinkFault)?;
    let email = Email::parse(&sign_up.email).ok_or(Error::NotAnEmail(sign_up.email))?;
    let person = store::NewPerson {
        id: ids::fresh(now),
        email: &email,
        name: &sign_up.name,
        locale: sign_up.locale,
        password: Some(&sign_up.password),
        marketing: sign_up.marketing,
        now,
    };
    if !store::insert_person(&mut tx, &person).await? {
        return Err(Error::EmailTaken);
    }
    store::delete_sign_up(&mut tx, sign_up.id).await?;
    let session = sessions::begin(&mut tx, now, device, person.id).await?;
    let by = sessions::principal(person.id, &sign_up.name, false);
    let subject = format!("person/{}", person.id);
    audit::record(&mut tx, now, &by, "accounts.sign_up", &subject, None, None).await?;
    tx.commit().await?;
    Ok(session)
}

/// Somebody whom we let in ourselves.
#[derive(Debug)]
pub struct Admitted {
    pub person: Uuid,
    /// By which they choose their password, a secret for a mail to them: none if they have one.
    pub link: Option<String>,
}

/// Whoever has the address, or somebody new, who is then to choose a password. In the caller's transaction.
pub async fn admit(
    conn: &mut PgConnection,
    app: &App,
    email: &str,
    name: &str,
    locale: Locale,
) -> Result<Admitted, Error> {
    let now = app.now();
    let name = checked_name(name)?;
    let email = Email::parse(email).ok_or_else(|| Error::NotAnEmail(email.to_owned()))?;
    let person = store::NewPerson {
        id: ids::fresh(now),
        email: &email,
        name,
        locale,
        password: None,
        marketing: false,
        now,
    };
    store::insert_person(conn, &person).await?;
    let found = store::person_by_email(conn, email.as_str()).await?;
    let found = found.ok_or(Error::NoPerson)?;
    let link = match found.password {
        Some(_) => None,
        None => {
            let link = links::make(conn, now, Purpose::Invitation, found.id).await?;
            Some(mails::link(app, "choose-password", &link))
        }
    };
    Ok(Admitted {
        person: found.id,
        link,
    })
}
