use crate::payouts::Month;
use crate::platform::paging::BadCursor;

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not over yet: close the month before")]
    NotOver(Month),
    #[error("months are closed one after the other: {0} is next")]
    NotNext(Month),
    #[error("nothing was ever posted: there is no month to close")]
    NothingPosted,
    #[error("the books of that month are not closed")]
    NotClosed,
    #[error("the gateway does not answer, so nothing can be proven: try again later")]
    Gateway(#[source] anyhow::Error),
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
