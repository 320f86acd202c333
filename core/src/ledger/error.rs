use super::domain::Refused;
use crate::platform::paging::BadCursor;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{0}` was posted before, and was something else")]
    OtherContent(String),
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It was closed in the same moment.
    #[error("the books of that month are closed: post it once more")]
    MonthClosed,
    #[error("there is no such account")]
    NoAccount,
    #[error("there is no such transaction")]
    NoTransaction,
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.constraint()) {
            Some("month_open") => Self::MonthClosed,
            _ => Self::Unexpected(error.into()),
        }
    }
}
