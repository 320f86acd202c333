use crate::books::Error;
use crate::http::ApiError;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotOver(_) => Self::conflict("month_not_over", detail),
            Error::NotNext(_) => Self::conflict("month_not_next", detail),
            Error::NothingPosted => Self::conflict("nothing_posted", detail),
            Error::NotClosed => Self::not_found("month_not_closed", detail),
            Error::Gateway(cause) => {
                tracing::warn!(error = ?cause, "the gateway does not answer: no month is closed");
                Self::unavailable("gateway_unavailable", detail)
            }
            Error::Cursor(bad) => bad.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
