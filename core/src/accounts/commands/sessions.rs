use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{hashing, throttles, totp};
use crate::access::{Grants, Principal, SignedIn};
use crate::accounts::domain::{Kind, Token};
use crate::accounts::{Error, store};
use crate::app::App;
use crate::ids;

/// How long one stays signed in. Staff may do more, so for less long.
const LIFETIME: Duration = Duration::days(30);
const STAFF_LIFETIME: Duration = Duration::hours(12);

/// From where somebody signs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// What their program calls itself.
    pub user_agent: String,
    /// /24 or /48: less than the address.
    pub network: Option<IpNet>,
}

/// Who somebody says they are.
#[derive(Debug)]
pub struct SignIn {
    pub email: String,
    pub password: SecretString,
    /// Of the second factor, or one for when its device is lost.
    pub code: Option<SecretString>,
}

/// What a device shows from now on.
#[derive(Debug)]
pub struct NewSession {
    pub token: Token,
    pub person: Uuid,
    pub expires_at: OffsetDateTime,
}

/// Lets a person in from one more device.
pub async fn sign_in(app: &App, device: &Device, who: SignIn) -> Result<NewSession, Error> {
    let now = app.now();
    throttles::sign_in(app, &who.email, device.network).await?;
    let found = {
        let mut conn = app.db.acquire().await?;
        store::person_by_email(&mut conn, &who.email).await?
    };
    let hash = found.as_ref().and_then(|person| person.password.clone());
    if !hashing::is_password(who.password, hash.clone()).await? {
        return Err(Error::Credentials);
    }
    let found = found.ok_or(Error::Credentials)?;

    let mut tx = app.db.begin().await?;
    let person = store::lock_person(&mut tx, found.id).await?;
    // It may have been changed while it was looked at.
    let person = person.filter(|person| person.password == hash);
    let person = person.ok_or(Error::Credentials)?;
    if person.suspended_at.is_some() {
        return Err(Error::Suspended);
    }
    let code = who.code.as_ref().map(ExposeSecret::expose_secret);
    totp::check(&mut tx, app, person.id, code).await?;
    let session = begin(&mut tx, now, device, person.id).await?;
    tx.commit().await?;
    Ok(session)
}

/// On this device nobody is signed in any more.
pub async fn sign_out(app: &App, by: SignedIn, session: Uuid) -> Result<(), Error> {
    let mut conn = app.db.acquire().await?;
    if store::delete_session(&mut conn, by.person, session).await? {
        Ok(())
    } else {
        Err(Error::NoSession)
    }
}

/// On no device; `keep`: on this one only.
pub async fn sign_out_everywhere(app: &App, by: SignedIn, keep: bool) -> Result<(), Error> {
    let mut conn = app.db.acquire().await?;
    let but = keep.then_some(by.session);
    store::delete_sessions(&mut conn, by.person, but).await?;
    Ok(())
}

pub(super) async fn begin(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    device: &Device,
    person: Uuid,
) -> Result<NewSession, Error> {
    let lifetime = if store::is_staff(conn, person).await? {
        STAFF_LIFETIME
    } else {
        LIFETIME
    };
    let token = Token::fresh(Kind::Session, ids::fresh(now))?;
    let user_agent: String = device.user_agent.chars().take(200).collect();
    let session = store::NewSession {
        id: token.id,
        person_id: person,
        secret_sha256: &token.secret_sha256(),
        created_at: now,
        expires_at: now + lifetime,
        user_agent: &user_agent,
        network: device.network,
    };
    store::insert_session(conn, &session).await?;
    Ok(NewSession {
        token,
        person,
        expires_at: now + lifetime,
    })
}

/// Somebody who proved who they are by other than a session: for the audit log.
pub(super) fn principal(person: Uuid, name: &str, is_staff: bool) -> Principal {
    let kind = if is_staff { "staff" } else { "person" };
    Principal {
        id: format!("{kind}:{person}"),
        name: name.to_owned(),
        staff: None,
        signed_in: None,
        until: None,
        grants: Grants::default(),
    }
}
