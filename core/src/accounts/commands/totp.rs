use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::passwords::confirm_password;
use crate::access::{Principal, SignedIn};
use crate::accounts::domain::{SecondFactor, recovery_codes, recovery_sha256};
use crate::accounts::{Error, mails, store};
use crate::app::App;
use crate::platform::{audit, sealed};

/// What a person's app is to keep. Shown once.
#[derive(Debug)]
pub struct NewSecondFactor {
    pub url: String,
    pub base32: String,
}

/// Begins a second factor: it counts once a code has proven that it was kept.
pub async fn begin_second_factor(
    app: &App,
    who: SignedIn,
    password: SecretString,
) -> Result<NewSecondFactor, Error> {
    let person = confirm_password(app, who, password).await?;
    let mut secret = vec![0; 20];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let sealed = sealed::seal(&app.config.data_keys, &place(person.id), &secret)?;
    let factor = SecondFactor::new(secret, &person.email)?;

    let mut tx = app.db.begin().await?;
    if !store::replace_unconfirmed_totp(&mut tx, person.id, &sealed, app.now()).await? {
        return Err(Error::HasSecondFactor);
    }
    tx.commit().await?;
    Ok(NewSecondFactor {
        url: factor.url()?,
        base32: factor.base32(),
    })
}

/// From now on signing in takes a code, too. Returns codes for when the device is lost, shown once.
pub async fn confirm_second_factor(
    app: &App,
    by: &Principal,
    who: SignedIn,
    code: &str,
) -> Result<Vec<String>, Error> {
    super::throttles::confirm(app, who.person).await?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let totp = store::lock_totp(&mut tx, who.person).await?;
    let totp = totp.ok_or(Error::NoSecondFactor)?;
    if totp.confirmed_at.is_some() {
        return Err(Error::HasSecondFactor);
    }
    let step = factor(app, who.person, &totp)?.step(code, now, totp.step);
    let step = step.ok_or(Error::WrongCode)?;
    let codes = recovery_codes()?;
    let kept: Vec<Vec<u8>> = codes.iter().map(|code| recovery_sha256(code)).collect();
    store::confirm_totp(&mut tx, who.person, step, &kept, now).await?;
    record(&mut tx, app, by, who.person, "accounts.add_second_factor").await?;
    tx.commit().await?;
    Ok(codes)
}

/// From now on the password is enough.
pub async fn remove_second_factor(
    app: &App,
    by: &Principal,
    who: SignedIn,
    password: SecretString,
) -> Result<(), Error> {
    let person = confirm_password(app, who, password).await?;
    remove(app, by, person.id).await
}

pub(super) async fn remove(app: &App, by: &Principal, id: Uuid) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let person = store::lock_person(&mut tx, id).await?.ok_or(Error::NoPerson)?;
    if !store::delete_totp(&mut tx, id).await? {
        return Err(Error::NoSecondFactor);
    }
    mails::second_factor_removed(&mut tx, app, &person).await?;
    record(&mut tx, app, by, id, "accounts.remove_second_factor").await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the code is good, where the person has a second factor at all; it is then used up.
pub(super) async fn check(
    conn: &mut PgConnection,
    app: &App,
    person: Uuid,
    code: Option<&str>,
) -> Result<(), Error> {
    let totp = store::lock_totp(conn, person).await?;
    let Some(totp) = totp.filter(|totp| totp.confirmed_at.is_some()) else {
        return Ok(());
    };
    let code = code.ok_or(Error::CodeNeeded)?;
    if let Some(step) = factor(app, person, &totp)?.step(code, app.now(), totp.step) {
        store::take_step(conn, person, step).await?;
        return Ok(());
    }
    if store::take_recovery_code(conn, person, &recovery_sha256(code)).await? {
        return Ok(());
    }
    Err(Error::WrongCode)
}

fn factor(app: &App, person: Uuid, totp: &store::Totp) -> Result<SecondFactor, Error> {
    let secret = sealed::open(&app.config.data_keys, &place(person), &totp.secret)?;
    Ok(SecondFactor::new(secret, "")?)
}

fn place(person: Uuid) -> String {
    format!("accounts.totp/{person}")
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    person: Uuid,
    action: &str,
) -> sqlx::Result<()> {
    audit::record(
        conn,
        app.now(),
        by,
        action,
        &format!("person/{person}"),
        None,
        None,
    )
    .await
}
