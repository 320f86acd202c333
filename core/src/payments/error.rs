use super::domain::{BadSignature, Status};
use crate::ledger;
use crate::platform::paging::BadCursor;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such payment")]
    Unknown,
    #[error("there is no gateway `{0}` here")]
    NoGateway(String),
    #[error("a payment that is {} cannot be captured", .0.name())]
    NotCapturable(Status),
    #[error("a payment that is {}, or is being captured, has no hold to renew", .0.name())]
    NotRenewable(Status),
    #[error("this payment is being captured, or was: refund it")]
    TooLateToAbandon,
    #[error("this payment was abandoned")]
    Abandoned,
    #[error("{left_minor} are left to refund, and {wanted_minor} were asked for")]
    TooMuchToRefund { left_minor: i64, wanted_minor: i64 },
    #[error("a payment is refunded in its own currency")]
    OtherCurrency,
    #[error("this payment is held until somebody has looked at it: {0}")]
    Held(String),
    #[error(transparent)]
    Signature(#[from] BadSignature),
    #[error("this is no event: {0}")]
    Unreadable(String),
    #[error("nothing of this payment is held")]
    NotHeld,
    #[error("say why, in 1 to 500 characters: it is kept in the audit log")]
    NoReason,
    #[error(
        "this event is of the gateway's test mode, and this core takes real money, or the other way round"
    )]
    OtherMode,
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
