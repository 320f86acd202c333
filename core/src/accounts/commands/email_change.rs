use ipnet::IpNet;
use secrecy::SecretString;
use serde_json::json;

use super::links::{self, LinkFault};
use super::passwords::confirm_password;
use super::sessions::principal;
use super::throttles;
use crate::access::SignedIn;
use crate::accounts::domain::{Purpose, Token};
use crate::accounts::email::Email;
use crate::accounts::{Error, mails, store};
use crate::app::App;
use crate::ids;
use crate::platform::audit;

/// Mails a link to the old address and one to the new: the change is made once both were used. An older wish is
/// void.
pub async fn change_email(
    app: &App,
    who: SignedIn,
    network: Option<IpNet>,
    email: String,
    password: SecretString,
) -> Result<(), Error> {
    let now = app.now();
    let email = Email::parse(&email).ok_or(Error::NotAnEmail(email))?;
    confirm_password(app, who, password).await?;
    throttles::mail(app, email.as_str(), network).await?;

    let mut tx = app.db.begin().await?;
    let person = store::lock_person(&mut tx, who.person).await?;
    let person = person.ok_or(Error::NoPerson)?;
    if person.email.eq_ignore_ascii_case(email.as_str()) {
        return Err(Error::SameEmail);
    }
    store::delete_email_changes(&mut tx, person.id).await?;
    let change = ids::fresh(now);
    store::insert_email_change(&mut tx, change, person.id, &email, now).await?;
    let old = links::make(&mut tx, now, Purpose::EmailOld, change).await?;
    let new = links::make(&mut tx, now, Purpose::EmailNew, change).await?;
    mails::agree_to_new_email(&mut tx, app, &person, &email, &old).await?;
    mails::confirm_new_email(&mut tx, app, &person, &email, &new).await?;
    tx.commit().await?;
    Ok(())
}

/// One of the two addresses agrees. Whether the change is made now: else the other has yet to.
pub async fn confirm_email(app: &App, link: &Token) -> Result<bool, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let purposes = [Purpose::EmailOld, Purpose::EmailNew];
    let (purpose, change) = links::take(&mut tx, now, link, &purposes).await?;
    let old = purpose == Purpose::EmailOld;
    let change = store::agree(&mut tx, change, old, now).await?.ok_or(LinkFault)?;
    if change.agreed {
        let person = store::lock_person(&mut tx, change.person_id).await?;
        let person = person.ok_or(LinkFault)?;
        if !store::set_email(&mut tx, person.id, &change.email).await? {
            return Err(Error::EmailTaken);
        }
        store::delete_email_changes(&mut tx, person.id).await?;
        mails::email_changed(&mut tx, app, &person, &change.email).await?;
        let by = principal(person.id, &person.name, person.is_staff);
        let subject = format!("person/{}", person.id);
        // Of customers nothing is written down that could not be forgotten.
        let told = |email: &str| person.is_staff.then(|| json!({ "email": email }));
        let (before, after) = (told(&person.email), told(&change.email));
        audit::record(
            &mut tx,
            now,
            &by,
            "accounts.change_email",
            &subject,
            before,
            after,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(change.agreed)
}
