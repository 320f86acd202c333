use super::domain::{Fault, Payee};
use crate::accounts;
use crate::platform::idempotency::Refused;
use crate::platform::paging::BadCursor;
use crate::platform::throttle::Throttled;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
    #[error("there is no category `{0}`")]
    NoCategory(String),
    #[error("there is a category `{0}` already")]
    CategoryExists(String),
    #[error("talents have the category `{0}`: take it from them first")]
    CategoryInUse(String),
    #[error("name every category once: {0}")]
    Order(String),
    #[error("there is no such talent")]
    NoTalent,
    #[error("this talent takes no orders at present")]
    Unavailable,
    #[error("this talent takes no more orders this week")]
    FullyBooked,
    #[error("this person is a talent already")]
    TalentExists,
    #[error("there is no such agency")]
    NoAgency,
    #[error(
        "a talent and their agency would have more than everything, 10000 basis points: lower one share first"
    )]
    SharesTooHigh,
    #[error("there are no bank details")]
    NoBankDetails,
    #[error("the bank details are no longer what you have seen: look at them again")]
    BankDetailsChanged,
    #[error("another payee has this account: each has one of their own")]
    AccountTaken,
    #[error("there is no such application")]
    NoApplication,
    #[error("this application is {0} already")]
    Decided(&'static str),
    #[error("this link is no longer good: the question was answered, or asked anew")]
    Link,
    #[error(transparent)]
    Idempotency(#[from] Refused),
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Account(#[from] accounts::Error),
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

impl From<Vec<Fault>> for Error {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Invalid(faults)
    }
}

/// There is no such payee.
impl From<Payee> for Error {
    fn from(payee: Payee) -> Self {
        match payee {
            Payee::Talent(_) => Self::NoTalent,
            Payee::Agency(_) => Self::NoAgency,
        }
    }
}
