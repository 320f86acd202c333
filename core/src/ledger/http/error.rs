use crate::http::ApiError;
use crate::ledger::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::OtherContent(_) => Self::conflict("posted_otherwise", detail),
            Error::Refused(_) => Self::conflict("posting_refused", detail),
            Error::MonthClosed => Self::conflict("month_closed", detail),
            Error::NoAccount => Self::not_found("account_unknown", detail),
            Error::NoTransaction => Self::not_found("transaction_unknown", detail),
            Error::Cursor(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
