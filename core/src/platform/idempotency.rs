//! A retried request takes effect once: the caller's key and the answer it got are written in the command's
//! own transaction.

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::access::Principal;

/// A request that carries an `Idempotency-Key`.
#[derive(Clone, Debug)]
pub struct Request {
    pub key: String,
    /// Of method, path and body: what must be the same in a retry.
    pub sha256: [u8; 32],
}

/// Whose key it is: two callers may use the same one for different requests.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a>(&'a str);

impl<'a> Caller<'a> {
    /// Whoever asks for what is open to everybody.
    pub const ANYBODY: Self = Self("anybody");

    /// A principal, by its id.
    pub fn of(principal: &'a str) -> Self {
        Self(principal)
    }
}

impl<'a> From<&'a Principal> for Caller<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self(&principal.id)
    }
}

/// What [`claim`] found.
#[derive(Debug)]
pub enum Claim {
    /// Do the work, then [`answer`] in the same transaction.
    Fresh,
    /// It was done before: this was answered.
    Replay(Value),
}

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("this idempotency key was used with another request")]
    OtherRequest,
    #[error("a request with this idempotency key is being worked on")]
    InFlight,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Claims the key for the caller, in the command's transaction.
pub async fn claim<'a>(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    caller: impl Into<Caller<'a>>,
    request: &Request,
) -> Result<Claim, Refused> {
    claim_answering(conn, now, caller, request, None).await
}

/// The same, where it is known before what will be answered: no [`answer`] is needed then.
pub async fn claim_answering<'a>(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    caller: impl Into<Caller<'a>>,
    request: &Request,
    answer: Option<&Value>,
) -> Result<Claim, Refused> {
    let Caller(caller) = caller.into();
    // A lock that does not wait tells a request in flight from one that is done. What is done takes none: it would last
    // until the caller's transaction is rolled back, which for one that is only dropped is some time after the answer, and
    // the next retry would be told that this one is in flight.
    let fresh = sqlx::query!(
        "insert into platform.idempotency_key (caller, key, request_sha256, answer, created_at)
        select $1::text, $2::text, $3, $4, $5
        where case
            when exists (select from platform.idempotency_key where caller = $1 and key = $2) then false
            else pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))
        end
        on conflict do nothing",
        caller,
        request.key,
        &request.sha256[..],
        answer,
        now,
    )
    .execute(&mut *conn)
    .await?;
    if fresh.rows_affected() == 1 {
        return Ok(Claim::Fresh);
    }
    let known = known(conn, caller, request).await?;
    known.map(Claim::Replay).ok_or(Refused::InFlight)
}

/// What was answered, if it was done.
async fn known(conn: &mut PgConnection, caller: &str, request: &Request) -> Result<Option<Value>, Refused> {
    let known = sqlx::query!(
        "select request_sha256, answer from platform.idempotency_key where caller = $1 and key = $2",
        caller,
        request.key,
    )
    .fetch_optional(conn)
    .await?;
    match known {
        None => Ok(None),
        Some(known) if known.request_sha256 == request.sha256 => {
            Ok(Some(known.answer.unwrap_or(Value::Null)))
        }
        Some(_) => Err(Refused::OtherRequest),
    }
}

/// Keeps the answer for retries, in the transaction that did the work.
pub async fn answer<'a>(
    conn: &mut PgConnection,
    caller: impl Into<Caller<'a>>,
    request: &Request,
    answer: &Value,
) -> sqlx::Result<()> {
    let Caller(caller) = caller.into();
    sqlx::query!(
        "update platform.idempotency_key set answer = $3 where caller = $1 and key = $2",
        caller,
        request.key,
        answer,
    )
    .execute(conn)
    .await?;
    Ok(())
}
