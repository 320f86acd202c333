use ipnet::IpNet;
use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::links::{self, LinkFault};
use super::sessions::principal;
use super::{hashing, throttles};
use crate::access::{Principal, SignedIn};
use crate::accounts::domain::{NewPassword, Purpose, Token};
use crate::accounts::{Error, mails, store};
use crate::app::App;
use crate::platform::audit;

/// Another password, for somebody who shows the present one. Signs out every other device.
pub async fn change_password(
    app: &App,
    by: &Principal,
    who: SignedIn,
    current: SecretString,
    new: SecretString,
) -> Result<(), Error> {
    let person = confirm_password(app, who, current).await?;
    let password = NewPassword::choose(new, &[&person.email, &person.name])?;
    let hash = hashing::hash(password).await?;

    let mut tx = app.db.begin().await?;
    let locked = store::lock_person(&mut tx, who.person).await?;
    let unchanged = locked.filter(|locked| locked.password == person.password);
    let person = unchanged.ok_or(Error::Credentials)?;
    set(&mut tx, app, by, &person, &hash, Some(who.session)).await?;
    tx.commit().await?;
    Ok(())
}

/// Mails a link to whoever has the address. The caller cannot tell whether anybody has.
pub async fn request_reset(app: &App, network: Option<IpNet>, email: &str) -> Result<(), Error> {
    throttles::mail(app, email, network).await?;
    let mut tx = app.db.begin().await?;
    let person = store::person_by_email(&mut tx, email).await?;
    if let Some(person) = person.filter(|person| person.suspended_at.is_none()) {
        mail_reset(&mut tx, app, &person).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn mail_reset(
    conn: &mut PgConnection,
    app: &App,
    person: &store::Person,
) -> Result<(), Error> {
    let link = links::make(conn, app.now(), Purpose::Password, person.id).await?;
    Ok(mails::reset_password(conn, app, person, &link).await?)
}

/// The password that the link was mailed for. Signs out every device, and no other such link is good any more.
pub async fn complete_reset(app: &App, link: &Token, new: SecretString) -> Result<(), Error> {
    const PURPOSES: [Purpose; 2] = [Purpose::Password, Purpose::Invitation];
    let now = app.now();
    // Looked at first: a password that is refused leaves the link good.
    let person = {
        let mut tx = app.db.begin().await?;
        let (_, person) = links::take(&mut tx, now, link, &PURPOSES).await?;
        store::lock_person(&mut tx, person).await?.ok_or(LinkFault)?
    };
    let password = NewPassword::choose(new, &[&person.email, &person.name])?;
    let hash = hashing::hash(password).await?;

    let mut tx = app.db.begin().await?;
    links::take(&mut tx, now, link, &PURPOSES).await?;
    let person = store::lock_person(&mut tx, person.id).await?.ok_or(LinkFault)?;
    let by = principal(person.id, &person.name, person.is_staff);
    set(&mut tx, app, &by, &person, &hash, None).await?;
    tx.commit().await?;
    Ok(())
}

async fn set(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    person: &store::Person,
    hash: &str,
    keep: Option<Uuid>,
) -> Result<(), Error> {
    store::set_password(conn, person.id, hash).await?;
    store::delete_links(conn, person.id).await?;
    store::delete_sessions(conn, person.id, keep).await?;
    // Somebody's first password is no news to them.
    if person.password.is_some() {
        mails::password_changed(conn, app, person).await?;
    }
    let subject = format!("person/{}", person.id);
    audit::record(
        conn,
        app.now(),
        by,
        "accounts.change_password",
        &subject,
        None,
        None,
    )
    .await?;
    Ok(())
}

/// Refuses whoever is signed in and does not know their password: before what cannot be undone.
pub async fn show_password(app: &App, who: SignedIn, password: SecretString) -> Result<(), Error> {
    confirm_password(app, who, password).await.map(drop)
}

/// Whoever is signed in, once they have shown their password again.
pub(super) async fn confirm_password(
    app: &App,
    who: SignedIn,
    password: SecretString,
) -> Result<store::Person, Error> {
    throttles::confirm(app, who.person).await?;
    let mut conn = app.db.acquire().await?;
    let person = store::find_person(&mut conn, who.person).await?;
    drop(conn);
    let person = person.ok_or(Error::NoPerson)?;
    if hashing::is_password(password, person.password.clone()).await? {
        Ok(person)
    } else {
        Err(Error::WrongPassword)
    }
}
