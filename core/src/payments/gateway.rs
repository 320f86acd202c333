//! The port: a gateway, seen from here.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{BadSignature, DisputeStatus};
use crate::money::Money;

/// Whoever takes customers' money for us.
///
/// Every call that does something has a key: the same key again is the same call, and is answered alike. An
/// implementation keeps its own time limits, and tells apart what it surely did not do from what nobody knows.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// As it is called in rows and routes.
    fn name(&self) -> &'static str;

    /// How long it holds an amount, as a rule.
    fn holds_for(&self) -> Duration;

    /// Holds the amount for us.
    async fn authorize(&self, key: Uuid, authorize: &Authorize) -> Result<Answer, GatewayError>;

    /// Takes what is held.
    async fn capture(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError>;

    /// Lets go what is held, or gives up what the customer was to confirm.
    async fn void(&self, key: Uuid, reference: &str) -> Result<Answer, GatewayError>;

    /// Gives back some of what was taken.
    async fn refund(&self, key: Uuid, reference: &str, amount: Money) -> Result<Answer, GatewayError>;

    /// How a payment is now. `None`: the gateway never heard of it.
    async fn fetch(&self, payment: Uuid, reference: Option<&str>) -> Result<Option<Seen>, GatewayError>;

    /// The payments that were begun from `from` until before `to`, one page after the other, in the gateway's own order.
    async fn list(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
        after: Option<&str>,
    ) -> Result<Listing, GatewayError>;

    /// The header that signs what it tells us.
    fn signature_header(&self) -> &'static str;

    /// What it tells us, if it is from it: the bytes as they came.
    fn read(&self, signature: &str, body: &[u8], now: OffsetDateTime) -> Result<Notice, Outside>;

    /// How a page asks for a card, so that we never see one. `None`: nothing of the gateway's is needed for that.
    fn card_form(&self) -> Option<CardForm> {
        None
    }

    /// What a customer does on a page of their bank's. `false`: there is no such payment, or no such page of ours; only a
    /// gateway that lives in our own process has one.
    async fn act(&self, _reference: &str, _approve: bool) -> anyhow::Result<bool> {
        Ok(false)
    }

    /// Does what a gateway does by itself. Only one that lives in our own process has anything to do.
    async fn tend(&self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Whether it would answer, in words.
    async fn check(&self) -> anyhow::Result<String>;
}

/// A form for cards that is the gateway's, within a page of ours. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardForm {
    /// By which the gateway knows whose page it is
    #[schema(example = "pk_test_TYooMQauvdEDq54NiTphI7jx")]
    pub publishable_key: String,
    /// What a page loads of the gateway's
    #[schema(example = "https://cards.gateway.example/v1.js")]
    pub script_url: &'static str,
    /// From where scripts and frames of it come, as a policy for content lists them
    #[serde(skip)]
    pub origins: &'static str,
    /// Where it sends cards to
    #[serde(skip)]
    pub sends_to: &'static str,
}

/// What is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    /// Ours, so that the gateway can be asked after it by the same name.
    pub payment: Uuid,
    pub amount: Money,
    /// The gateway's token of how the customer pays.
    pub method: String,
    pub renewal: Renewal,
}

/// Whether an amount is held once more, without its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It never will be: nothing of the customer need be kept.
    Never,
    /// It may be: keep how they pay, and say by which name.
    Later,
    /// It is, now: the name that was said then. A customer who would have to confirm it is not there: that declines.
    Of(String),
}

/// What a gateway says to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call is over, and this is how the payment is now; what was wanted may have been declined.
    Seen(Seen),
    /// It will not be done. A decline is an answer, not an error.
    Refused { code: String, detail: String },
    /// It has been taken on, and is not over.
    Pending,
}

/// A call without an answer.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Surely nothing was done: it can be called again.
    #[error("the gateway was not reached")]
    NotSent(#[source] anyhow::Error),
    /// It may have been done: ask.
    #[error("the gateway did not say whether it was done")]
    Unknown(#[source] anyhow::Error),
}

/// How a payment is at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub reference: String,
    /// The gateway's name for who pays, where it was to keep that.
    pub customer: Option<String>,
    pub news: News,
    /// All of what was captured, whoever asked for them.
    pub refunds: Vec<Refunded>,
    /// Where money is withheld, or was.
    pub disputes: Vec<SeenDispute>,
}

/// A page of payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub items: Vec<Listed>,
    /// What the next page comes after; `None`: this was the last.
    pub next: Option<String>,
}

/// A payment among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Ours, if it is one of ours.
    pub payment: Option<Uuid>,
    pub reference: String,
    pub news: News,
}

/// What is folded into a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub status: SeenStatus,
    pub currency: String,
    /// What is held, or was before it was taken or let go.
    pub authorized_minor: i64,
    pub captured_minor: i64,
    /// By whomever.
    pub refunded_minor: i64,
    /// What the gateway keeps for itself, once it says so.
    pub fee_minor: i64,
    pub capture_before: Option<OffsetDateTime>,
    pub action: Option<Action>,
    pub decline_code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenStatus {
    /// Something is going on: ask again.
    Pending,
    ActionRequired,
    Declined,
    Authorized,
    Lapsed,
    Voided,
    Captured,
}

/// Some of what was captured goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// The key that we asked for it with; `None`: it was made at the gateway itself.
    pub key: Option<Uuid>,
    /// The gateway's name for it.
    pub reference: String,
    pub amount_minor: i64,
    pub status: RefundStatus,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    Pending,
    Done,
    /// Why not.
    Refused(String),
}

/// A customer's bank takes money back, until it is known who is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDispute {
    /// The gateway's name for it.
    pub reference: String,
    pub amount_minor: i64,
    /// In the gateway's words: `fraudulent`.
    pub reason: String,
    pub status: DisputeStatus,
    /// What the gateway wants for it.
    pub fee_minor: i64,
    /// What of that it has given back.
    pub fee_returned_minor: i64,
    /// Until when the gateway takes evidence.
    pub evidence_due_at: Option<OffsetDateTime>,
}

/// What the customer must do: go to a page of their bank's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerAction)]
pub struct Action {
    #[schema(example = "https://bank.example/3ds/1")]
    pub url: String,
}

/// Something that a gateway tells us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The gateway's id of it.
    pub event: String,
    pub kind: String,
    /// The payment it is about, by the gateway's name for it.
    pub reference: Option<String>,
}

/// Why something that we are told is not listened to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    #[error(transparent)]
    Signature(#[from] BadSignature),
    #[error("this is no event: {0}")]
    Unreadable(String),
    #[error("this is an event of the gateway's test mode, and this takes real money, or the other way round")]
    OtherMode,
}
