use super::domain::{BadFile, Month, Status};
use crate::catalogue;
use crate::money::Money;
use crate::platform::idempotency::Refused;
use crate::platform::paging::BadCursor;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not over yet: pay out the month before")]
    NotOver(Month),
    #[error(
        "there is a payout of this month, or one that waits to be approved: approve or cancel that one first"
    )]
    Exists,
    #[error("nobody is to be paid: see the preview for who is carried into the next month, and why")]
    NothingOwed,
    #[error("there is no such payout")]
    Unknown,
    #[error(transparent)]
    NoPayee(catalogue::Error),
    #[error("a payout that is {} can not be {wanted}", .status.name())]
    Illegal { status: Status, wanted: &'static str },
    #[error("whoever made a payout does not approve it: ask another person")]
    SamePerson,
    #[error("it comes to {actual}, not to {said}: look at it again")]
    OtherTotal { said: Money, actual: String },
    #[error(transparent)]
    File(#[from] BadFile),
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    #[error(transparent)]
    Idempotency(#[from] Refused),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

impl From<crate::ledger::Error> for Error {
    fn from(error: crate::ledger::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
