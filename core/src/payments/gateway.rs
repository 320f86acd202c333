//! The port: a gateway, seen from here.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::BadSignature;
use crate::money::Money;

/// Whoever takes customers' money for us.
///
/// Every call that does something has a key: the same key again is the same call, and is answered alike. An
/// implementation keeps its own time limits, and tells apart what it surely did not do from what nobody knows.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// As it is called in rows and routes.
    fn name(&self) -> &'static str;

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

    /// The header that signs what it tells us.
    fn signature_header(&self) -> &'static str;

    /// What it tells us, if it is from it: the bytes as they came.
    fn read(&self, signature: &str, body: &[u8], now: OffsetDateTime) -> Result<Notice, Outside>;

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

/// What is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    /// Ours, so that the gateway can be asked after it by the same name.
    pub payment: Uuid,
    pub amount: Money,
    /// The gateway's token of how the customer pays.
    pub method: String,
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
    pub news: News,
    /// Refunds that were asked for by us, as far as they are over.
    pub refunds: Vec<Refunded>,
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

/// A refund, by the key it was asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    pub key: Uuid,
    /// Why not, if it was refused.
    pub refused: Option<String>,
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
}
