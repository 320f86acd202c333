//! A gateway that is built in, so that everything runs on a machine without one. It does what real ones do, good and
//! bad, by the token it is given: see `cards`.
//!
//! It keeps books of its own in the schema `sandbox`, tells what happens by signed webhooks, and goes by the clock it is
//! given. Idempotency keys are kept for ever. It takes nobody's money, and a core that is not local refuses to start
//! with it.

mod calls;
mod cards;
mod store;

use std::sync::Arc;

use anyhow::anyhow;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use url::Url;
use uuid::Uuid;

use self::calls::{Call, Done};
use self::store::{Begun, Row, disputes};
use crate::money::Money;
use crate::payments::{
    Action, Answer, Authorize, Gateway, GatewayError, Listed, Listing, News, Notice, Outside, RefundStatus,
    Refunded, Renewal, Seen, SeenStatus, sign, verify,
};
use crate::platform::clock::Clock;
use crate::webhooks::WebhookSender;

const NAME: &str = "sandbox";
const HEADER: &str = "sandbox-signature";
/// Everybody knows them: this is for developers' machines. The first signs, either is good.
const SECRETS: [&[u8]; 2] = [b"sandbox-secret-2", b"sandbox-secret-1"];

pub struct Sandbox {
    db: PgPool,
    clock: Arc<dyn Clock>,
    /// How it reaches us.
    sender: Arc<dyn WebhookSender>,
    base_url: Url,
}

/// How many payments it lists at once.
const PAGE: usize = 100;

/// What it sends.
#[derive(Deserialize)]
struct Sent {
    id: Uuid,
    r#type: String,
    payment: String,
}

impl Sandbox {
    /// `base_url` is where our own API answers.
    pub fn new(db: PgPool, clock: Arc<dyn Clock>, sender: Arc<dyn WebhookSender>, base_url: &Url) -> Self {
        Self {
            db,
            clock,
            sender,
            base_url: base_url.clone(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!(
            "{}/v1/gateways/{NAME}/{path}",
            self.base_url.as_str().trim_end_matches('/')
        )
    }

    fn action(&self, reference: &str) -> Action {
        Action {
            url: self.url(&format!("actions/{reference}")),
        }
    }

    async fn seen(&self, conn: &mut sqlx::PgConnection, row: Row) -> sqlx::Result<Seen> {
        let refunds = store::refunds(conn, &row.reference).await?;
        Ok(Seen {
            news: self.news(&row),
            refunds: refunds.into_iter().map(Refunded::from).collect(),
            disputes: disputes::of(conn, &row.reference).await?,
            customer: row.customer,
            reference: row.reference,
        })
    }

    fn news(&self, row: &Row) -> News {
        let status = match row.status.as_str() {
            "action_required" => SeenStatus::ActionRequired,
            "authorized" => SeenStatus::Authorized,
            "captured" => SeenStatus::Captured,
            "voided" => SeenStatus::Voided,
            "lapsed" => SeenStatus::Lapsed,
            "declined" => SeenStatus::Declined,
            // `pending`, `capturing`
            _ => SeenStatus::Pending,
        };
        let held = row.held || status == SeenStatus::Captured;
        News {
            status,
            currency: row.currency.clone(),
            authorized_minor: if held { row.amount_minor } else { 0 },
            captured_minor: row.captured_minor,
            refunded_minor: row.refunded_minor,
            fee_minor: row.captured_minor / 50,
            capture_before: held.then_some(row.capture_before),
            action: (status == SeenStatus::ActionRequired).then(|| self.action(&row.reference)),
            decline_code: row.decline_code.clone(),
        }
    }

    /// Does one call in a transaction of its own, once for its key.
    async fn call(
        &self,
        key: Uuid,
        request: serde_json::Value,
        reference: Option<&str>,
        act: impl AsyncFnOnce(&mut Call<'_>) -> anyhow::Result<Done>,
    ) -> Result<Answer, GatewayError> {
        let unknown = |error: anyhow::Error| GatewayError::Unknown(error);
        let now = self.clock.now();
        let mut tx = self.db.begin().await.map_err(|error| unknown(error.into()))?;
        let result: anyhow::Result<Result<Answer, GatewayError>> = async {
            let begun = store::begin(&mut tx, key, &request).await?;
            if let Begun::Otherwise = begun {
                return Ok(Ok(refused(
                    "idempotency_key_reused",
                    "another request had this key",
                )));
            }
            let row = match reference {
                Some(reference) => store::lock(&mut tx, reference, now).await?,
                None => store::of_call(&mut tx, key, now).await?,
            };
            if let Begun::Before(Some(code)) = &begun
                && code != "done"
            {
                return Ok(Ok(refused(code, "as it was refused before")));
            }
            if let (Begun::Before(Some(_)), Some(row)) = (&begun, row.as_ref()) {
                let seen = self.seen(&mut tx, row.clone()).await?;
                return Ok(Ok(over(seen)));
            }
            let again = matches!(begun, Begun::Before(None));
            let mut call = Call {
                conn: &mut tx,
                key,
                now,
                row,
                again,
            };
            match act(&mut call).await? {
                Done::Refused(code) => {
                    store::answered(&mut tx, key, code).await?;
                    Ok(Ok(refused(code, "the sandbox was told to")))
                }
                Done::Now { reference, answers } => {
                    store::answered(&mut tx, key, "done").await?;
                    store::note_payment(&mut tx, key, &reference).await?;
                    let row = store::lock(&mut tx, &reference, now).await?;
                    let row = row.ok_or_else(|| anyhow!("no payment"))?;
                    if !answers {
                        return Ok(Err(unknown(anyhow!("the sandbox was told not to answer"))));
                    }
                    let seen = self.seen(&mut tx, row).await?;
                    Ok(Ok(over(seen)))
                }
                Done::Nothing => Ok(Err(unknown(anyhow!("the sandbox was told to fail")))),
                Done::Busy => Ok(Err(GatewayError::NotSent(anyhow!("429")))),
            }
        }
        .await;
        let answer = result.map_err(unknown)?;
        tx.commit().await.map_err(|error| unknown(error.into()))?;
        answer
    }
}

impl From<store::RefundRow> for Refunded {
    fn from(row: store::RefundRow) -> Self {
        Self {
            key: row.key,
            reference: row.reference,
            amount_minor: row.amount_minor,
            status: RefundStatus::Done,
        }
    }
}

fn refused(code: &str, detail: &str) -> Answer {
    Answer::Refused {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}

fn over(seen: Seen) -> Answer {
    match seen.news.status {
        SeenStatus::Pending => Answer::Pending,
        _ => Answer::Seen(seen),
    }
}

#[async_trait]
impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    fn holds_for(&self) -> Duration {
        cards::HOLD
    }

    async fn authorize(&self, key: Uuid, authorize: &Authorize) -> Result<Answer, GatewayError> {
        let request = json!({
            "authorize": authorize.payment, "amount": authorize.amount, "method": authorize.method,
            "renewal": match &authorize.renewal {
                Renewal::Never => json!("never"),
                Renewal::Later => json!("later"),
                Renewal::Of(customer) => json!({ "of": customer }),
            },
        });
        self.call(key, request, None, async |call| call.authorize(authorize).await)
            .await
    }

    async fn capture(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        let request = json!({ "capture": reference, "amount": amount });
        self.call(key, request, Some(reference), async |call| {
            call.capture(amount).await
        })
        .await
    }

    async fn void(&self, key: Uuid, reference: &str) -> Result<Answer, GatewayError> {
        let request = json!({ "void": reference });
        self.call(key, request, Some(reference), async |call| call.void().await)
            .await
    }

    async fn refund(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError> {
        let request = json!({ "refund": reference, "amount": amount });
        self.call(key, request, Some(reference), async |call| {
            call.refund(amount).await
        })
        .await
    }

    async fn fetch(&self, payment: Uuid, reference: Option<&str>) -> Result<Option<Seen>, GatewayError> {
        let now = self.clock.now();
        let fetched = async {
            let mut tx = self.db.begin().await?;
            let row = match reference {
                Some(reference) => store::lock(&mut tx, reference, now).await?,
                None => store::of_caller(&mut tx, payment, now).await?,
            };
            let seen = match row {
                Some(row) => Some(self.seen(&mut tx, row).await?),
                None => None,
            };
            tx.commit().await?;
            Ok::<_, anyhow::Error>(seen)
        };
        fetched.await.map_err(GatewayError::NotSent)
    }

    async fn list(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listing, GatewayError> {
        let listed = async {
            let mut conn = self.db.acquire().await?;
            store::pass_time(&mut conn, self.clock.now()).await?;
            store::list(&mut conn, (from, to), after, PAGE).await
        };
        let rows: Vec<Row> = listed
            .await
            .map_err(|error| GatewayError::NotSent(error.into()))?;
        let next = rows
            .last()
            .filter(|_| rows.len() == PAGE)
            .map(|last| last.reference.clone());
        let listed = |row: Row| Listed {
            payment: Some(row.caller_reference),
            news: self.news(&row),
            reference: row.reference,
        };
        Ok(Listing {
            items: rows.into_iter().map(listed).collect(),
            next,
        })
    }

    fn signature_header(&self) -> &'static str {
        HEADER
    }

    fn read(&self, signature: &str, body: &[u8], now: OffsetDateTime) -> Result<Notice, Outside> {
        verify(&SECRETS, signature, body, now)?;
        let sent: Sent =
            serde_json::from_slice(body).map_err(|error| Outside::Unreadable(error.to_string()))?;
        Ok(Notice {
            event: sent.id.to_string(),
            kind: sent.r#type,
            reference: Some(sent.payment),
        })
    }

    async fn act(&self, reference: &str, approve: bool) -> anyhow::Result<bool> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let row = store::lock(&mut tx, reference, now).await?;
        let there = row.is_some();
        if row.is_some_and(|row| row.status == "action_required") {
            store::confirm(&mut tx, reference, approve, now).await?;
        }
        tx.commit().await?;
        Ok(there)
    }

    /// What is over by now is over, and whoever waits is told.
    async fn tend(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        store::pass_time(&mut conn, now).await?;
        let url: Url = self.url("events").parse()?;
        for event in store::due_events(&mut conn, now).await? {
            let body = json!({ "id": event.id, "type": event.kind, "payment": event.payment }).to_string();
            let [secret, _] = SECRETS;
            let headers = [(HEADER, sign(secret, now, body.as_bytes()))];
            let told = self.sender.post(&url, &headers, &body).await;
            let told = told.is_ok_and(|reply| (200..300).contains(&reply.status));
            store::told(&mut conn, event.id, (!told).then(|| now + Duration::MINUTE)).await?;
        }
        Ok(())
    }

    async fn check(&self) -> anyhow::Result<String> {
        Ok("the sandbox: it takes nobody's money".to_owned())
    }
}
