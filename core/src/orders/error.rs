use super::domain::Unusable;
use crate::catalogue::Fault;
use crate::platform::paging::BadCursor;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    Promotion(#[from] Unusable),
    #[error("there is no such promotion")]
    NoPromotion,
    #[error("there is a promotion with the code `{0}` already: retire it first, or take another code")]
    PromotionExists(String),
    #[error("the promotion is no longer what you have seen: look at it again")]
    PromotionChanged,
    #[error("this promotion is retired: make another")]
    PromotionRetired,
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
