use ipnet::IpNet;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::talents::{NewTalent, take_in};
use crate::access::Principal;
use crate::accounts::{self, Token, TokenKind};
use crate::app::App;
use crate::catalogue::domain::{NewApplication, Status, words};
use crate::catalogue::store::{self, Application};
use crate::catalogue::{Error, mails};
use crate::ids;
use crate::platform::audit;
use crate::platform::idempotency::{self, Caller, Claim, claim};
use crate::platform::throttle::Allowance;

/// Applications from one network.
const FROM: Allowance = Allowance {
    name: "applications from",
    burst: 20,
    every: Duration::minutes(3),
};
/// Applications of one address: somebody else may have typed it.
const OF: Allowance = Allowance {
    name: "applications of",
    burst: 3,
    every: Duration::minutes(20),
};

/// Takes an application down and tells staff. The caller cannot tell from the answer who has one that waits already,
/// which stays the only one, or who is a talent, who is mailed that they are.
///
/// True: the same request was answered before, and changed nothing now.
pub async fn apply(
    app: &App,
    network: Option<IpNet>,
    new: NewApplication,
    request: Option<idempotency::Request>,
) -> Result<bool, Error> {
    let new = new.checked()?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(request) = &request {
        if let Claim::Replay(_) = claim(&mut tx, now, Caller::ANYBODY, request).await? {
            return Ok(true);
        }
        // It is the same for everybody.
        idempotency::answer(&mut tx, Caller::ANYBODY, request, &Value::Null).await?;
    }
    let network = network.map(|network| network.to_string());
    FROM.take(&mut tx, now, &network.unwrap_or_default()).await??;
    OF.take(&mut tx, now, &new.email.to_lowercase()).await??;
    let talent = match accounts::person_by_email(&mut tx, &new.email).await? {
        Some(person) => store::is_talent(&mut tx, person).await?,
        None => false,
    };
    if talent {
        mails::already_talent(&mut tx, app, &new).await?;
    } else {
        let id = ids::fresh(now);
        if store::insert_application(&mut tx, id, &new, now).await? {
            mails::application_received(&mut tx, app, id, &new).await?;
            mails::application_to_staff(&mut tx, app, id, &new).await?;
        }
    }
    tx.commit().await?;
    Ok(false)
}

/// Makes the applicant a talent, and mails them how to go on. The talent's id. Of two at once one wins.
pub async fn accept_application(app: &App, by: &Principal, id: Uuid) -> Result<Uuid, Error> {
    let mut tx = app.db.begin().await?;
    let found = waiting(&mut tx, id).await?;
    let talent = NewTalent {
        email: found.new.email,
        name: found.new.name,
        locale: found.new.locale,
        network: found.new.network,
        handle: found.new.handle,
        followers: found.new.followers,
        phone: found.new.phone,
    };
    let talent = take_in(&mut tx, app, by, talent).await?;
    store::accept_application(&mut tx, id, talent, by, app.now()).await?;
    let after = json!({ "status": Status::Accepted, "talent_id": talent });
    record(&mut tx, app, by, "accept_application", id, found.status, after).await?;
    tx.commit().await?;
    Ok(talent)
}

/// Mails the applicant why not. They may apply again.
pub async fn reject_application(app: &App, by: &Principal, id: Uuid, reason: &str) -> Result<(), Error> {
    let reason = words("/reason", reason).map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let found = waiting(&mut tx, id).await?;
    store::reject_application(&mut tx, id, &reason, by, app.now()).await?;
    mails::application_rejected(&mut tx, app, id, &found.new, &reason).await?;
    let after = json!({ "status": Status::Rejected });
    record(&mut tx, app, by, "reject_application", id, found.status, after).await?;
    tx.commit().await?;
    Ok(())
}

/// Mails the applicant a question, with a link by which they answer. A link of an earlier question is void.
pub async fn ask_applicant(app: &App, by: &Principal, id: Uuid, question: &str) -> Result<(), Error> {
    let question = words("/question", question).map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let found = waiting(&mut tx, id).await?;
    let link = Token::fresh(TokenKind::Link, id)?;
    store::ask_applicant(&mut tx, id, &question, &link.secret_sha256()).await?;
    mails::application_question(&mut tx, app, &found.new, &question, &link).await?;
    let after = json!({ "status": Status::Asked });
    record(&mut tx, app, by, "ask_applicant", id, found.status, after).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the applicant's answer down, once, and tells staff.
pub async fn answer_question(app: &App, link: &Token, answer: &str) -> Result<(), Error> {
    let answer = words("/answer", answer).map_err(|fault| vec![fault])?;
    let mut tx = app.db.begin().await?;
    let found = store::lock_application(&mut tx, link.id).await?;
    let asked = found.filter(|found| {
        let secret = found.answer_sha256.as_deref();
        link.kind == TokenKind::Link && secret.is_some_and(|secret| link.matches(secret))
    });
    let asked = asked.ok_or(Error::Link)?;
    store::answer_question(&mut tx, link.id, &answer).await?;
    mails::application_answered(&mut tx, app, link, &asked.new, &answer).await?;
    tx.commit().await?;
    Ok(())
}

/// One that can still be decided, held until the transaction ends.
async fn waiting(conn: &mut PgConnection, id: Uuid) -> Result<Application, Error> {
    let found = store::lock_application(conn, id).await?;
    let found = found.ok_or(Error::NoApplication)?;
    if found.status.waits() {
        Ok(found)
    } else {
        Err(Error::Decided(found.status.name()))
    }
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    id: Uuid,
    before: Status,
    after: Value,
) -> sqlx::Result<()> {
    let (action, subject) = (format!("catalogue.{verb}"), format!("application/{id}"));
    let before = Some(json!({ "status": before }));
    audit::record(conn, app.now(), by, &action, &subject, before, Some(after)).await
}
